// What the next prompt is told.
#include "actors/retry/feedback.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

const violation year_a{"year_beyond_cutoff", "temporal", severity::critical, "The year 2281 lies after 2102.", "2281"};
const violation year_b{"year_beyond_cutoff", "temporal", severity::critical, "The year 2282 lies after 2102.", "2282"};
const violation faction{"forbidden_faction", "lore", severity::critical, "The faction \"NCR\" is forbidden.", "NCR"};
const violation region{"foreign_name", "regional", severity::critical, "\"Mojave\" is out of reach.", "Mojave"};
const violation tone{"tone_missing", "tone", severity::quality, "Nothing carries the tone.", ""};
const violation shortness{"too_short", "format", severity::warning, "The text has 3 words.", ""};
const violation weak{"story_incorporation", "story", severity::quality, "The planned story is told too weakly.", ""};

attempt_state after(std::vector<failed_attempt> history) {
  attempt_state s;
  s.attempt = static_cast<int>(history.size()) + 1;
  s.history = std::move(history);
  return s;
}

} // namespace

TEST_CASE("feedback: a first attempt and lost calls have none") {
  CHECK(feedback_block({}).empty());
  CHECK(feedback_block(after({{1, outcome_class::stall, "no answer", {}}})).empty());
  CHECK(feedback_block(after({{1, outcome_class::transport, "reset", {}}})).empty());
}

TEST_CASE("feedback: it names the attempt, every error and each guidance once") {
  const std::string block = feedback_block(after({{1, outcome_class::rejected, "", {year_a, year_b, faction}}}));
  CHECK_THAT(block, Catch::StartsWith("Attempt 1 "));
  CHECK(count(block, year_a.message) == 1);
  CHECK(count(block, year_b.message) == 1);
  CHECK(count(block, faction.message) == 1);
  CHECK(count(block, "\nTime: ") == 1);
  CHECK(count(block, "\nLore: ") == 1);
  CHECK(count(block, "\nVoice: ") == 0);
  CHECK(count(block, "\nPlace: ") == 0);
  CHECK(block.back() == '\n');
}

TEST_CASE("feedback: each family has its guidance") {
  CHECK(count(feedback_block(after({{1, outcome_class::rejected, "", {region}}})), "\nPlace: ") == 1);
  CHECK(count(feedback_block(after({{1, outcome_class::rejected, "", {tone}}})), "\nVoice: ") == 1);
  CHECK(count(feedback_block(after({{1, outcome_class::rejected, "", {weak}}})), "\nStory: ") == 1);
}

TEST_CASE("feedback: warnings are not told") {
  CHECK(feedback_block(after({{1, outcome_class::rejected, "", {shortness}}})).empty());
  const std::string block = feedback_block(after({{1, outcome_class::rejected, "", {year_a, shortness}}}));
  CHECK(count(block, shortness.message) == 0);
}

TEST_CASE("feedback: only the latest draft's errors are told") {
  const std::string block = feedback_block(
    after({{1, outcome_class::rejected, "", {year_a}}, {2, outcome_class::rejected, "", {faction}}}));
  CHECK_THAT(block, Catch::StartsWith("Attempt 2 "));
  CHECK(count(block, year_a.message) == 0);
  CHECK(count(block, faction.message) == 1);
  CHECK(count(block, "\nTime: ") == 0);
}

TEST_CASE("feedback: a lost call does not hide what was wrong before") {
  const attempt_state rejected = after({{1, outcome_class::rejected, "", {year_a}}});
  const attempt_state then_lost =
    after({{1, outcome_class::rejected, "", {year_a}}, {2, outcome_class::stall, "no answer", {}}});
  CHECK(feedback_block(then_lost) == feedback_block(rejected));
}

TEST_CASE("feedback: an answer that was no script gets advice") {
  for (outcome_class c :
       {outcome_class::incomplete, outcome_class::empty, outcome_class::loop, outcome_class::refused}) {
    INFO(to_string(c));
    CHECK_THAT(feedback_block(after({{1, c, "x", {}, true}})), Catch::StartsWith("Attempt 1 "));
  }
}

TEST_CASE("feedback: only a full token limit asks for less, not a server that died in the middle") {
  const failed_attempt cut{1, outcome_class::incomplete, "cut at the token limit", {}, true};
  const failed_attempt died{1, outcome_class::incomplete, "the connection ended in the middle", {}, false};
  CHECK_THAT(feedback_block(after({cut})), Catch::Contains("write less"));
  CHECK(feedback_block(after({died})).empty());
  // What was wrong with the draft before still holds.
  CHECK(feedback_block(after({cut, died})) == feedback_block(after({cut})));
}

TEST_CASE("feedback: a text that hardly engages gets its own line, and no other family's") {
  const violation dull{"engagement_low", "engagement", severity::quality,
                       "The text hardly engages (0.250 of at least 0.500); speak to your listeners, as yourself (0.250); "
                       "say what was not said before, in other words (0.500); move somebody (0.000).", ""};
  const std::string block = feedback_block(after({{1, outcome_class::rejected, "", {dull}}}));
  CHECK(count(block, dull.message) == 1);
  CHECK(count(block, "\nEngagement: ") == 1);
  for (const auto* other : {"\nTime: ", "\nLore: ", "\nVoice: ", "\nPlace: ", "\nStory: "}) CHECK(count(block, other) == 0);
}
