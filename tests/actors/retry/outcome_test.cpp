// The retry policy: what spends an attempt, what waits, what ends a segment.
#include "actors/retry/outcome.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace longwave;

namespace {

failed_attempt failing(outcome_class c, std::vector<violation> violations = {}) {
  return {1, c, "detail", std::move(violations)};
}

struct settings {
  int max_attempts = 3;
  bool validation = true;
  std::int64_t retry_after_ms = 0;
  std::int64_t stall_after_ms = 1'800'000;
  std::int64_t outage_wait_ms = 60'000;
  bool refused_connection = false;
};

retry_decision decide(const attempt_state& state, const failed_attempt& failed, const settings& s = {}) {
  return decide_retry(state, failed, s.max_attempts, s.validation, s.retry_after_ms, s.stall_after_ms,
                      s.outage_wait_ms, s.refused_connection);
}

const violation critical_year{"year_beyond_cutoff", "temporal", severity::critical, "year", "2281"};
const violation weak_story{"story_incorporation", "story", severity::quality, "weak", ""};

failed_attempt untold() { return failing(outcome_class::rejected, {weak_story}); }

} // namespace

TEST_CASE("outcome: transport classes spend an attempt and wait longer each time") {
  for (outcome_class c : {outcome_class::transport, outcome_class::stall, outcome_class::incomplete,
                          outcome_class::empty, outcome_class::loop}) {
    INFO(to_string(c));
    attempt_state state;
    auto d = decide(state, failing(c));
    CHECK(d.step == next_step::again);
    CHECK(d.wait_ms == 1'000);
    CHECK(d.after.attempt == 2);
    d = decide(d.after, failing(c));
    CHECK(d.step == next_step::again);
    CHECK(d.wait_ms == 2'000);
    CHECK(d.after.attempt == 3);
    d = decide(d.after, failing(c));
    CHECK(d.step == next_step::skip);
    CHECK(d.skip_reason == "max_retries_exceeded");
    CHECK(d.after.attempt == 3);
    REQUIRE(d.after.history.size() == 3);
    for (int i = 0; i < 3; ++i) CHECK(d.after.history[static_cast<std::size_t>(i)].attempt == i + 1);
    CHECK(d.after.rejected == 0);
  }
}

TEST_CASE("outcome: waits are capped at thirty seconds") {
  attempt_state state;
  state.attempt = 9;
  CHECK(decide(state, failing(outcome_class::stall), {.max_attempts = 20}).wait_ms == 30'000);
}

TEST_CASE("outcome: a rejected draft is asked for again at once, up to the limit") {
  attempt_state state;
  const auto bad = failing(outcome_class::rejected, {critical_year});
  auto d = decide(state, bad);
  CHECK(d.step == next_step::again);
  CHECK(d.wait_ms == 0);
  CHECK(d.after.rejected == 1);
  d = decide(d.after, bad);
  CHECK(d.step == next_step::again);
  d = decide(d.after, bad);
  CHECK(d.step == next_step::skip);
  CHECK(d.after.rejected == 3);
  CHECK(d.after.history.size() == 3);
}

TEST_CASE("outcome: exactly max_attempts calls are made, whatever the limit") {
  for (int most : {0, 1, 2, 3, 5, 10}) {
    attempt_state state;
    int calls = 0;
    for (;;) {
      ++calls;
      const auto d = decide(state, failing(outcome_class::stall), {.max_attempts = most});
      state = d.after;
      if (d.step == next_step::skip) break;
      REQUIRE(calls < 20);
    }
    CHECK(calls == std::max(most, 1));
  }
}

TEST_CASE("outcome: without validation only the retries for content fall away") {
  CHECK(decide({}, failing(outcome_class::rejected, {critical_year}), {.validation = false}).step == next_step::skip);
  CHECK(decide({}, failing(outcome_class::transport), {.validation = false}).step == next_step::again);
  CHECK(decide({}, failing(outcome_class::empty), {.validation = false}).step == next_step::again);
}

TEST_CASE("outcome: interruptions count nothing") {
  attempt_state state;
  state.attempt = 2;
  state.rejected = 1;
  const auto d = decide(state, failing(outcome_class::interrupted));
  CHECK(d.step == next_step::again);
  CHECK(d.wait_ms == 0);
  CHECK(nlohmann::json(d.after) == nlohmann::json(state));
}

TEST_CASE("outcome: configuration and quota pause at once and leave the segment open") {
  attempt_state state;
  state.attempt = 3;
  for (auto [c, step] : {std::pair{outcome_class::config, next_step::pause_config},
                         std::pair{outcome_class::quota, next_step::pause_quota}}) {
    const auto d = decide(state, failing(c));
    CHECK(d.step == step);
    CHECK(nlohmann::json(d.after) == nlohmann::json(state));
  }
}

TEST_CASE("outcome: a refusal is asked once more") {
  auto d = decide({}, failing(outcome_class::refused), {.max_attempts = 5});
  CHECK(d.step == next_step::again);
  CHECK(d.after.attempt == 2);
  CHECK(d.after.rejected == 0);
  d = decide(d.after, failing(outcome_class::refused), {.max_attempts = 5});
  CHECK(d.step == next_step::skip);
  CHECK(d.skip_reason == "refused");
  attempt_state last;
  last.attempt = 3;
  d = decide(last, failing(outcome_class::refused));
  CHECK(d.step == next_step::skip);
  CHECK(d.skip_reason == "max_retries_exceeded");
}

TEST_CASE("outcome: a busy backend is waited for and spends nothing") {
  attempt_state state;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 7; ++i) {
    const auto d = decide(state, failing(outcome_class::busy));
    REQUIRE(d.step == next_step::wait_busy);
    waits.push_back(d.wait_ms);
    CHECK(d.after.attempt == 1);
    CHECK(d.after.history.empty());
    state = d.after;
  }
  CHECK(waits == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000});
  CHECK(decide({}, failing(outcome_class::busy), {.retry_after_ms = 120'000}).wait_ms == 120'000);
}

TEST_CASE("outcome: busy waiting ends in a pause after stall-after, not before") {
  attempt_state state;
  std::int64_t waited = 0;
  for (int calls = 0;; ++calls) {
    REQUIRE(calls < 1'000);
    const auto d = decide(state, failing(outcome_class::busy), {.retry_after_ms = 7'000, .stall_after_ms = 60'000});
    state = d.after;
    if (d.step == next_step::pause_busy) break;
    waited += d.wait_ms;
  }
  CHECK(waited == 60'000);
  CHECK(state.attempt == 1);
  CHECK(state.busy_ms == 0);
}

TEST_CASE("outcome: refused connections are waited out before they spend an attempt") {
  attempt_state state;
  const settings s{.refused_connection = true};
  std::int64_t waited = 0;
  auto d = decide(state, failing(outcome_class::transport), s);
  while (d.step == next_step::wait_outage) {
    REQUIRE(d.wait_ms > 0);
    CHECK(d.after.attempt == 1);
    waited += d.wait_ms;
    d = decide(d.after, failing(outcome_class::transport), s);
  }
  CHECK(waited == 60'000);
  CHECK(d.step == next_step::again);
  CHECK(d.after.attempt == 2);
  CHECK(d.wait_ms == 1'000);
  // The wait is a segment's, not an attempt's.
  d = decide(d.after, failing(outcome_class::transport), s);
  CHECK(d.step == next_step::again);
  CHECK(d.after.attempt == 3);
  CHECK(decide(d.after, failing(outcome_class::transport), s).step == next_step::skip);
}

TEST_CASE("outcome: without an outage wait a refused connection spends at once") {
  const settings no_wait{.outage_wait_ms = 0, .refused_connection = true};
  CHECK(decide({}, failing(outcome_class::transport), no_wait).after.attempt == 2);
  CHECK(decide({}, failing(outcome_class::transport)).step == next_step::again);
}

TEST_CASE("outcome: two weak tellings drop the story from the third attempt") {
  auto d = decide({}, untold());
  CHECK(d.step == next_step::again);
  CHECK_FALSE(d.drop_story);
  d = decide(d.after, untold());
  CHECK(d.step == next_step::again);
  CHECK(d.drop_story);
  CHECK(d.after.attempt == 3);
  CHECK(drops_story(d.after));
  // A lost call changes nothing of it.
  d = decide(d.after, failing(outcome_class::busy));
  CHECK(d.drop_story);
  d = decide(d.after, failing(outcome_class::interrupted));
  CHECK(d.drop_story);
}

TEST_CASE("outcome: a graver failure is not the story's") {
  auto d = decide({}, failing(outcome_class::rejected, {critical_year, weak_story}));
  CHECK(d.after.incorporation_failures == 0);
  d = decide(d.after, untold());
  CHECK(d.after.incorporation_failures == 1);
  CHECK_FALSE(d.drop_story);
  CHECK(decide({}, failing(outcome_class::stall)).after.incorporation_failures == 0);
}

TEST_CASE("outcome: a sound answer handed in by mistake cannot go on for ever") {
  attempt_state state;
  for (int i = 0; i < 2; ++i) state = decide(state, failing(outcome_class::ok)).after;
  CHECK(decide(state, failing(outcome_class::ok)).step == next_step::skip);
}

TEST_CASE("outcome: state survives JSON") {
  attempt_state state;
  state.attempt = 3;
  state.rejected = 1;
  state.incorporation_failures = 1;
  state.refusals = 1;
  state.busy_ms = 12'345;
  state.outage_ms = 678;
  state.actor_deaths = 2;
  state.process_deaths = 1;
  state.history = {{1, outcome_class::rejected, "one", {critical_year, weak_story}},
                   {2, outcome_class::stall, "two", {}}};
  const auto back = nlohmann::json::parse(nlohmann::json(state).dump()).get<attempt_state>();
  CHECK(nlohmann::json(back) == nlohmann::json(state));
  REQUIRE(back.history.size() == 2);
  CHECK(back.history[0].violations.at(0) == critical_year);
  CHECK(back.history[1].outcome == outcome_class::stall);
  CHECK(back.process_deaths == 1);
  auto j = nlohmann::json(state);
  j["history"][0]["outcome"] = "strange";
  CHECK_THROWS_AS(j.get<attempt_state>(), nlohmann::json::exception);
}

TEST_CASE("outcome: steps have names") {
  CHECK(to_string(next_step::again) == "again");
  CHECK(to_string(next_step::pause_busy) == "pause_busy");
}
