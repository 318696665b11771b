// Words: what is one, what it folds to, and where listed phrases stand.
#include "actors/validator/words.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace longwave;

namespace {

std::vector<std::string> folded_of(std::string_view text) {
  const word_list words(text);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) out.emplace_back(words.folded(i));
  return out;
}

std::size_t hits_of(std::string_view phrase, phrase_options options, std::string_view text) {
  phrase_set set;
  set.add(phrase_kind::place, phrase, options);
  set.seal();
  std::vector<phrase_hit> hits;
  set.find(word_list(text), hits);
  return hits.size();
}

} // namespace

TEST_CASE("words: letters and digits make words, everything else parts them") {
  CHECK(folded_of("Warm, toward-the WAR... (2102)!") ==
        std::vector<std::string>{"warm", "toward", "the", "war", "2102"});
  CHECK(folded_of("").empty());
  CHECK(folded_of(" ... — ! ").empty());
}

TEST_CASE("words: apostrophes stay inside, possessive endings do not count") {
  CHECK(folded_of("It\u2019s Julie's, don't the traders' say") ==
        std::vector<std::string>{"it", "julie", "don't", "the", "traders", "say"});
  const word_list words("It\u2019s");
  CHECK(words.folded_whole(0) == "it's");
  CHECK(folded_of("The Institute'll come") == std::vector<std::string>{"the", "institute", "come"});
}

TEST_CASE("words: letters beyond ASCII are folded and kept") {
  CHECK(folded_of("ÉCOLE Ärger ЖУК ΣΟΦΙΑ") == std::vector<std::string>{"école", "ärger", "жук", "σοφια"});
  CHECK(folded_of("밤의 라디오") == std::vector<std::string>{"밤의", "라디오"});
  CHECK(folded_of("N\u00ADC\u200BR").size() == 1);
  CHECK(folded_of("N\u00ADC\u200BR").front() == "ncr");
}

TEST_CASE("words: bytes that are no UTF-8 part words and do no harm") {
  CHECK(folded_of("one\xFF\xFEtwo") == std::vector<std::string>{"one", "two"});
  CHECK(folded_of("cut \xE2\x80").size() == 1);
  CHECK(folded_of("\xC0\xAF" "\xED\xA0\x80 x") == std::vector<std::string>{"x"});
}

TEST_CASE("words: a token joined to digits by a hyphen is marked") {
  const word_list words("304-555-APP and well-known T-60");
  std::vector<bool> joined;
  for (std::size_t i = 0; i < words.size(); ++i) joined.push_back(words[i].joined);
  // 304 555 APP and well known T 60
  CHECK(joined == std::vector<bool>{true, true, true, false, false, false, true, false});
}

TEST_CASE("words: hyphenated words are spoken as one") {
  CHECK(word_list("A well-known, two-headed cow").spoken_count() == 4);
  CHECK(word_list("one - two").spoken_count() == 2);
}

TEST_CASE("words: an opening is six words without case and punctuation") {
  CHECK(word_list("\"Hey, folks! It's a well-known thing, you see...\"").opening(6) ==
        "hey folks its a wellknown thing");
  CHECK(word_list("Short one.").opening(6) == "short one");
  CHECK(word_list("").opening(6).empty());
}

TEST_CASE("words: text hashes ignore case and punctuation, not words or their order") {
  const auto hash = [](std::string_view t) { return word_list(t).text_hash(); };
  CHECK(hash("Rain, tonight.") == hash("  rain tonight "));
  CHECK(hash("rain tonight") != hash("tonight rain"));
  CHECK(hash("rain tonight") != hash("raintonight"));
}

TEST_CASE("words: phrases match whole words only") {
  CHECK(hits_of("app", {}, "Appalachia wraps the map") == 0);
  CHECK(hits_of("app", {}, "the APP, an app's icon") == 2);
  CHECK(hits_of("war", {}, "warm toward warning") == 0);
  CHECK(hits_of("app", {}, "call 304-555-APP now") == 0);
}

TEST_CASE("words: exact case means each word as listed") {
  const phrase_options exact{.exact_case = true};
  CHECK(hits_of("Brotherhood of Steel", exact, "the Brotherhood of Steel's men") == 1);
  CHECK(hits_of("Brotherhood of Steel", exact, "a brotherhood of steel and sweat") == 0);
  CHECK(hits_of("Railroad", exact, "the old railroad tracks") == 0);
  CHECK(hits_of("Railroad", exact, "the Railroad") == 1);
  CHECK(hits_of("NCR", exact, "ncr Ncr NCR") == 1);
}

TEST_CASE("words: plurals are added to a singular and never taken from a plural") {
  const phrase_options plural{.with_plural = true};
  CHECK(hits_of("sole survivor", plural, "sole survivors, a sole survivor") == 2);
  CHECK(hits_of("synths", plural, "a synth") == 0);
  CHECK(hits_of("synths", plural, "the Synths") == 1);
  CHECK(hits_of("city", plural, "two cities") == 1);
  CHECK(hits_of("box", plural, "two boxes") == 1);
  CHECK(hits_of("box", {}, "two boxes") == 0);
}

TEST_CASE("words: a phrase does not reach over the end of a sentence unless it may") {
  CHECK(hits_of("new vegas", {}, "Something new. Vegas it is not.") == 0);
  CHECK(hits_of("Mr. House", {.exact_case = true}, "say Mr. House and Mr House") == 2);
  CHECK(hits_of("stay safe friends", {}, "Stay safe! Friends wait.") == 0);
  CHECK(hits_of("stay safe friends", {.across_sentences = true}, "Stay safe! Friends wait.") == 1);
}

TEST_CASE("words: a phrase with digits of its own may be hyphenated") {
  CHECK(hits_of("vault 76", {}, "out of Vault-76 and Vault 76") == 2);
  CHECK(hits_of("vault", {}, "out of Vault-76") == 0);
}

TEST_CASE("words: longer phrases come first at the same place") {
  phrase_set set;
  set.add(phrase_kind::stage_keyword, "confirmed", {.tag = 2});
  set.add(phrase_kind::stage_keyword, "confirmed sightings", {.tag = 1});
  set.seal();
  std::vector<phrase_hit> hits;
  set.find(word_list("two confirmed sightings"), hits);
  REQUIRE(hits.size() == 2);
  CHECK(set.tag(hits[0]) == 1);
  CHECK(hits[0].count == 2);
  CHECK(set.tag(hits[1]) == 2);
}

TEST_CASE("words: a hash set knows its words and bounds what it shares") {
  std::string many;
  for (int i = 0; i < 500; ++i) many += "w" + std::to_string(i) + "x ";
  const word_list words(many);
  const word_hash_set set(words);
  REQUIRE(set.distinct().size() == 500);
  std::size_t found = 0;
  for (std::size_t i = 0; i < words.size(); ++i) found += set.contains(words[i].hash) ? 1 : 0;
  CHECK(found == 500);
  CHECK(set.may_miss_at_most(0, set.distinct()));
  const word_list other_words("quite different things here");
  const word_hash_set other(other_words);
  CHECK_FALSE(set.contains(other_words[0].hash));
  CHECK_FALSE(other.may_miss_at_most(400, set.distinct()));
  CHECK(word_hash_set(word_list("")).distinct().empty());
}
