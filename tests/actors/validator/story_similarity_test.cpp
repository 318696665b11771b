// Nearness of stories: golden values by hand, both ways to HIGH, and what a duplicate leads to.
#include "actors/validator/story_similarity.hpp"

#include "actors/retry/outcome.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

std::shared_ptr<const known_story> told(std::string id, canonical_core core, std::string_view text) {
  known_story s;
  s.id = std::move(id);
  s.title = "T " + s.id;
  s.core = std::move(core);
  s.words = word_set_of(text);
  return std::make_shared<const known_story>(std::move(s));
}

const canonical_core hospital{"hospital", "isolation", "ghost", "debt", "inversion"};
const canonical_core rural{"rural", "contamination", "body", "infection", "ambiguity"};

} // namespace

TEST_CASE("story similarity: nothing before a story is no observation of anything") {
  const auto seen = observe_similarity(hospital, word_set_of("one two three"), {});
  CHECK(seen.closest_story_id.empty());
  CHECK(seen.signal == "LOW");
}

TEST_CASE("story similarity: signals follow the shared words at their limits") {
  // Of ten different words in both together, five, three and two are shared.
  const story_memory memory{told("a", rural, "w1 w2 w3 w4 w5 a1 a2")};
  const auto high = observe_similarity(hospital, word_set_of("w1 w2 w3 w4 w5 b1 b2 b3"), memory);
  CHECK(high.text_similarity == Approx(0.5));
  CHECK(high.signal == "HIGH");
  const auto medium = observe_similarity(hospital, word_set_of("w1 w2 w3 b1 b2 b3"), memory);
  CHECK(medium.text_similarity == Approx(0.3));
  CHECK(medium.signal == "MEDIUM");
  const auto low = observe_similarity(hospital, word_set_of("w1 w2 b1 b2 b3"), memory);
  CHECK(low.text_similarity == Approx(0.2));
  CHECK(low.signal == "LOW");
  CHECK(low.canonical_matches == 0);
}

TEST_CASE("story similarity: case, punctuation and order of words do not count") {
  const story_memory memory{told("a", rural, "The door stood open, all night.")};
  const auto seen = observe_similarity(rural, word_set_of("ALL night the DOOR stood open"), memory);
  CHECK(seen.text_similarity == Approx(1.0));
  CHECK(seen.canonical_matches == 5);
  CHECK(seen.signal == "HIGH");
}

TEST_CASE("story similarity: the nearest by words and core together is named, the newest of equals") {
  const story_memory memory{told("far", rural, "x y z"), told("core", hospital, "w1 w2 q1 q2"),
                            told("same", hospital, "w1 w2 q1 q2")};
  const auto seen = observe_similarity(hospital, word_set_of("w1 w2 p1 p2"), memory);
  CHECK(seen.closest_story_id == "same");
  CHECK(seen.closest_title == "T same");
  CHECK(seen.canonical_matches == 5);
}

TEST_CASE("story similarity: a duplicate is asked for twice more, the last time on another skeleton, then skipped") {
  similarity_observation seen;
  seen.closest_story_id = "horror_story_20000101_000000_0001";
  seen.text_similarity = 0.61;
  failed_attempt failed;
  failed.outcome = outcome_class::rejected;
  failed.violations = {duplicate_story(seen)};
  attempt_state state;
  CHECK_FALSE(changes_template(state));
  auto first = decide_retry(state, failed, 3, true, 0, 0, 0, false);
  CHECK(first.step == next_step::again);
  CHECK_FALSE(changes_template(first.after));
  auto second = decide_retry(first.after, failed, 3, true, 0, 0, 0, false);
  CHECK(second.step == next_step::again);
  CHECK(changes_template(second.after));
  auto third = decide_retry(second.after, failed, 3, true, 0, 0, 0, false);
  CHECK(third.step == next_step::skip);
  CHECK(third.skip_reason == "duplicate");
}

TEST_CASE("story similarity: a duplicate with a graver fault is skipped for the fault") {
  failed_attempt failed;
  failed.outcome = outcome_class::rejected;
  failed.violations = {duplicate_story({}), {"empty", "format", severity::critical, "The text is empty.", ""}};
  attempt_state state;
  state.attempt = 3;
  CHECK(decide_retry(state, failed, 3, true, 0, 0, 0, false).skip_reason == "max_retries_exceeded");
}
