// Tone, fillers, catch-phrases, guidelines.
#include "actors/validator/voice.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;

namespace {

std::vector<violation> found_in(const dj_profile& profile, const std::string& text, bool due = true) {
  phrase_set phrases;
  const voice_rules rules = add_voice_phrases(phrases, profile);
  phrases.seal();
  const word_list words(text);
  std::vector<phrase_hit> hits;
  phrases.find(words, hits);
  std::vector<violation> out;
  judge_voice(rules, phrases, hits, words, due, out);
  return out;
}

bool has(const std::vector<violation>& violations, std::string_view rule) {
  return std::any_of(violations.begin(), violations.end(), [&](const violation& v) { return v.rule == rule; });
}

const std::string plain = "The bridge at the mill stands again and the carts roll over it since dawn, slow and heavy.";

} // namespace

TEST_CASE("voice: a tone without any of its markers is a quality issue") {
  dj_profile p;
  p.tone = "Hopeful, wistful";
  const auto found = found_in(p, plain);
  REQUIRE(has(found, "tone_missing"));
  CHECK(found.front().level == severity::quality);
  CHECK(found.front().category == "tone");
  CHECK_FALSE(has(found_in(p, plain + " We believe it."), "tone_missing"));
  CHECK(has(found_in(p, plain + " We are believers in a canyon."), "tone_missing"));
  CHECK_FALSE(has(found_in(p, "Too short to tell."), "tone_missing"));
}

TEST_CASE("voice: tone words without markers switch nothing on") {
  dj_profile p;
  p.tone = "wistful, dry";
  CHECK(found_in(p, plain).empty());
}

TEST_CASE("voice: guidelines are flagged by whole phrases") {
  dj_profile p;
  p.dont_rules = {"Never sound polished or slick", "Don't be aggressive", "Do not get cynical"};
  CHECK(has(found_in(p, "It went perfectly."), "dont_guideline"));
  CHECK(has(found_in(p, "We will crush them."), "dont_guideline"));
  CHECK(has(found_in(p, "It will never work."), "dont_guideline"));
  CHECK(found_in(p, "The war made us warm toward warnings; destroy the nest.").empty());
  CHECK(found_in(p, "Furthermore, thus it stands.").empty());
  CHECK(found_in(p, "Perfectly pristine.").size() == 1);
}

TEST_CASE("voice: fillers are asked for only where prosody names them") {
  dj_profile p;
  CHECK(found_in(p, plain + plain).empty());
  p.voice_prosody = "soft, with filler words";
  CHECK(has(found_in(p, plain + plain), "filler_missing"));
  CHECK(found_in(p, plain + plain).front().level == severity::warning);
  CHECK_FALSE(has(found_in(p, plain + " Um, yes, that it does."), "filler_missing"));
  CHECK_FALSE(has(found_in(p, plain + " You know how it goes."), "filler_missing"));
}

TEST_CASE("voice: like as a verb is no filler") {
  dj_profile p;
  p.voice_prosody = "filler";
  CHECK(has(found_in(p, plain + " I like the sound of it, and it looks like rain."), "filler_missing"));
  CHECK_FALSE(has(found_in(p, plain + " It was, like, enormous."), "filler_missing"));
}

TEST_CASE("voice: a profile's own fillers replace the built-in ones") {
  dj_profile p;
  p.voice_prosody = "filler";
  p.filler_words = {"gosh"};
  CHECK(has(found_in(p, plain + " Um, you know, yes, it does so."), "filler_missing"));
  CHECK_FALSE(has(found_in(p, plain + " Gosh, yes, it surely does."), "filler_missing"));
}

TEST_CASE("voice: a catch-phrase is missed only in long texts that were to have one") {
  dj_profile p;
  p.catchphrases = {"Keep your lantern lit, folks!"};
  std::string fifty;
  for (int i = 0; i < 50; ++i) fifty += "word ";
  CHECK_FALSE(has(found_in(p, fifty), "catchphrase_missing"));
  CHECK(has(found_in(p, fifty + "more"), "catchphrase_missing"));
  CHECK_FALSE(has(found_in(p, fifty + "more", false), "catchphrase_missing"));
  CHECK_FALSE(has(found_in(p, fifty + "So keep your lantern lit... Folks?"), "catchphrase_missing"));
}

TEST_CASE("voice: a smooth voice does not hesitate") {
  dj_profile p;
  p.tone = "suave, romantic";
  CHECK(has(found_in(p, "Well, uh, welcome."), "informal_words"));
  CHECK_FALSE(has(found_in(p, "I like you. Welcome."), "informal_words"));
  p.tone = "nervous";
  CHECK_FALSE(has(found_in(p, "Well, uh, welcome."), "informal_words"));
}

TEST_CASE("voice: catch-phrases are listed once in order") {
  phrase_set phrases;
  dj_profile p;
  p.catchphrases = {"first line", "second line"};
  add_voice_phrases(phrases, p);
  phrases.seal();
  const word_list words("Second line. First line! second line");
  std::vector<phrase_hit> hits;
  phrases.find(words, hits);
  CHECK(catchphrases_in(phrases, hits) == std::vector<std::string>{"second line", "first line"});
}
