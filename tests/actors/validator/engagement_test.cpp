// Engagement scores by hand: each term alone, the weights, and both sides of the folder lines.
#include "actors/validator/engagement.hpp"
#include "actors/validator/repetition.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

segment_record spoken(std::string text) {
  segment_record r;
  r.seq = 1;
  r.text = std::move(text);
  return r;
}

/// Five sentences, no word twice, of which `moved` carry a question; `you` makes it speak to somebody.
segment_record sentences(int moved, bool speaks = true) {
  static const char* const plain[] = {"Rain falls upon grey roofs", "Seven carts crossed there", "Nobody counted them",
                                      "Iron wheels turn slowly", "Clouds move east"};
  std::string text = speaks ? "You heard it. " : "They heard it. ";
  for (int i = 0; i < 5; ++i) text += std::string(plain[i]) + (i < moved ? "? " : ". ");
  return spoken(text);
}

} // namespace

TEST_CASE("engagement: three terms of 1 make 1, and each counts with its weight", "[engagement]") {
  const auto whole = engagement_of(sentences(5));
  CHECK(whole.voice == 1.0);
  CHECK(whole.variety == 1.0);
  CHECK(whole.emotion == 1.0);
  CHECK(whole.score == 1.0);
  const auto cold = engagement_of(sentences(0));
  CHECK(cold.emotion == 0.0);
  CHECK(cold.score == 0.7);
  const auto nobody = engagement_of(sentences(5, false));
  CHECK(nobody.voice == 0.6);
  CHECK(nobody.score == 0.84);
}

TEST_CASE("engagement: 0.7 is approved, below is review, 0.5 is review, below is rejected", "[engagement]") {
  CHECK(engagement_of(sentences(0)).folder == review_folder::approved); // .4 + .3 + 0
  auto weak = sentences(0);
  weak.violations = {{"filler_missing", "voice", severity::warning, "No filler.", ""}}; // voice .9
  CHECK(engagement_of(weak).score == 0.66);
  CHECK(engagement_of(weak).folder == review_folder::review);
  engagement_numbers at_line;
  at_line.review_from = 0.66;
  CHECK(engagement_of(weak, at_line).folder == review_folder::review);
  at_line.review_from = 0.661;
  CHECK(engagement_of(weak, at_line).folder == review_folder::rejected);
  auto dull = sentences(0, false);
  dull.variety.flags = {"opening", "near_duplicate"};
  CHECK(engagement_of(dull).score == 0.24);
  CHECK(engagement_of(dull).folder == review_folder::rejected);
}

TEST_CASE("engagement: letters beyond ASCII belong to their word, apostrophes of both kinds and capitals are the same", "[engagement]") {
  const auto voice_of = [](const std::string& word) {
    auto text = sentences(5, false);
    text.text = word + " heard it. " + text.text;
    return engagement_of(text).voice;
  };
  CHECK(voice_of("You") == 1.0);
  CHECK(voice_of("YOU") == 1.0);
  CHECK(voice_of("You\xe2\x80\x99ve") == 1.0);
  CHECK(voice_of("You've") == 1.0);
  CHECK(voice_of("You\xc3\xa9") == 0.6); // one word, which speaks to nobody
  CHECK(voice_of("\xc3\xa9you") == 0.6);
}

TEST_CASE("engagement: a critical violation is never approved", "[engagement]") {
  auto r = sentences(5);
  r.violations = {{"forbidden_faction", "lore", severity::critical, "Named.", "x"}};
  const auto e = engagement_of(r);
  CHECK(e.score == 1.0);
  CHECK(e.folder == review_folder::review);
  CHECK(e.kind == "lore");
}

TEST_CASE("engagement: the gravest issue names the folder, and every issue is listed", "[engagement]") {
  auto r = sentences(0, false);
  r.violations = {{"too_long", "format", severity::warning, "Long.", ""}};
  const auto e = engagement_of(r);
  CHECK(e.kind == "voice"); // it speaks to nobody
  CHECK(e.issues.size() == 3);
  for (const auto& issue : e.issues) CHECK(is_review_issue(issue.kind));
  CHECK_FALSE(is_review_issue("looks"));
}

TEST_CASE("engagement: the same words again and again lower variety, and any bytes have a score", "[engagement]") {
  std::string mantra;
  for (int i = 0; i < 60; ++i) mantra += "you and me, ";
  CHECK(engagement_of(spoken(mantra)).variety == 0.5);
  for (const auto& text : {std::string(), std::string("\xff\xfe\x00!?", 5), std::string("안녕하세요. 여러분!")}) {
    const auto e = engagement_of(spoken(text));
    CHECK(e.score >= 0.0);
    CHECK(e.score <= 1.0);
  }
}

TEST_CASE("engagement: a draft below the last line is rejected, one on it is not", "[engagement]") {
  auto r = sentences(0);
  r.violations = {{"filler_missing", "voice", severity::warning, "No filler.", ""}}; // scores .66
  verdict v;
  v.violations = r.violations;
  v.digest = std::make_shared<const recent_text>();
  engagement_numbers at_line;
  at_line.review_from = 0.66;
  judge_engagement(v, r.text, at_line);
  CHECK(v.accepted());
  CHECK(v.violations.size() == 1);
  CHECK(v.digest);
  at_line.review_from = 0.661;
  judge_engagement(v, r.text, at_line);
  CHECK_FALSE(v.accepted());
  CHECK(v.valid()); // a matter of quality: no critical violation is made of it
  CHECK_FALSE(v.engaging);
  CHECK_FALSE(v.digest);
  REQUIRE(v.violations.size() == 2);
  CHECK(v.violations[1] == violation{"engagement_low", "engagement", severity::quality,
                                     "The text hardly engages (0.660 of at least 0.661); move somebody (0.000).", ""});
  judge_engagement(v, r.text, at_line);
  CHECK(v.violations.size() == 2); // said once
}

TEST_CASE("engagement: what is rejected anyway is not scored as well", "[engagement]") {
  verdict v;
  v.violations = {{"forbidden_faction", "lore", severity::critical, "NCR is forbidden.", "NCR"}};
  judge_engagement(v, "Mud. Mud. Mud. Mud. Mud.");
  CHECK(v.violations.size() == 1);
  CHECK(v.engaging);
  verdict untold;
  untold.story_told = false;
  judge_engagement(untold, "Mud. Mud. Mud. Mud. Mud.");
  CHECK(untold.violations.empty());
  verdict dull;
  judge_engagement(dull, "Mud. Mud. Mud. Mud. Mud.");
  CHECK_FALSE(dull.accepted());
}
