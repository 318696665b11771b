// Restart storms and poison, exhaustively in the small: every sequence of deaths against a model of a few lines.
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <iostream>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

using reasons = std::vector<std::string>;
using lines = std::vector<std::string>;

/// Sixteen segments whose calls take ten seconds.
simulation_options slow_broadcast(std::uint64_t order) { return {order, true, simulated_broadcast(21, 16), 2, 2}; }

void take(simulation& s, std::int64_t ms) {
  s.model->script = [ms](const generation_call& call) { return scripted_answer{sound_draft(call), ms}; };
}

bool call_is_open(const simulation& s) { return s.model->open_calls() == 1; }

} // namespace

TEST_CASE("storm: the sixth death within sixty seconds pauses, the sixth after them does not, for each kind") {
  const auto kind = GENERATE(as<std::string>{}, "generator", "validator", "scheduler");
  const auto gap_ms = GENERATE(1, 6'000, 11'900, 12'100, 20'000);
  CAPTURE(kind, gap_ms);
  simulation s(slow_broadcast(static_cast<std::uint64_t>(gap_ms)));
  take(s, 9'000);
  s.start();
  REQUIRE(s.until([&] { return call_is_open(s); }));
  std::int64_t first = -1;
  for (int deaths = 1; deaths <= 6; ++deaths) {
    CHECK(s.shown_state() == run_state::running);
    REQUIRE(s.kill(kind));
    if (first < 0) first = s.now_ms();
    if (deaths == 6) break;
    s.pass(50); // restarted
    const auto due = first + deaths * gap_ms;
    while (s.now_ms() < due && s.step()) {
    }
  }
  const bool beyond = s.now_ms() - first <= 60'000;
  const bool paused = s.until_state(run_state::paused, 8'000) && s.pause_reasons() == reasons{"crash_loop"};
  // A validator that holds nothing takes no run with it.
  CHECK(paused == (beyond && (kind != "validator" || paused)));
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.audit() == lines{});
}

TEST_CASE("storm: every order of six deaths of generator and scheduler pauses at the sixth, not before") {
  const std::array<std::string, 2> kinds{"generator", "scheduler"};
  int storms = 0;
  for (unsigned order = 0; order < 64; ++order) {
    CAPTURE(order);
    simulation s(slow_broadcast(order + 1));
    take(s, 1'000);
    s.start();
    for (unsigned deaths = 1; deaths <= 6; ++deaths) {
      // Two deaths a segment: never the three that would skip it.
      const auto before = (deaths - 1) / 2;
      // A scheduler that was just replaced shows `starting` for a moment.
      REQUIRE(s.until([&] { return s.committed() == before && call_is_open(s) && s.shown_state() == run_state::running; }));
      REQUIRE(s.kill(kinds[order >> (deaths - 1) & 1u]));
      s.pass(20);
    }
    REQUIRE(s.until_state(run_state::paused, 10'000));
    REQUIRE(s.pause_reasons() == reasons{"crash_loop"});
    s.resume();
    REQUIRE(s.until_end());
    REQUIRE(s.audit() == lines{});
    ++storms;
  }
  std::cout << storms << " storms of six deaths\n";
}

TEST_CASE("poison: every sequence of five kills, own deaths of the process and actor deaths over one segment") {
  constexpr int length = 5;
  int sequences = 0, skipped = 0;
  for (unsigned number = 0; number < 243; ++number) {
    CAPTURE(number);
    simulation s(slow_broadcast(number + 1));
    take(s, 1'000);
    s.start();
    int actor_deaths = 0, own_deaths = 0;
    auto rest = number;
    const auto poison = [&] { return actor_deaths >= 3 || own_deaths >= 3; };
    for (int i = 0; i < length && !poison(); ++i, rest /= 3) {
      REQUIRE(s.until([&] { return s.committed() == 4 && call_is_open(s); }));
      if (rest % 3 == 0) {
        s.crash();
        s.start();
      } else if (rest % 3 == 1) {
        ++own_deaths;
        s.die();
        s.start();
      } else {
        ++actor_deaths;
        s.kill("generator");
        s.pass(20);
      }
    }
    REQUIRE(s.until([&] { return s.committed() >= 5; }));
    REQUIRE(s.until_end());
    const auto records = s.records();
    REQUIRE(records.size() == 16);
    REQUIRE((records[4].status == record_status::skipped) == poison());
    if (poison()) REQUIRE(records[4].skip_reason == "poison");
    REQUIRE(records[5].status == record_status::accepted);
    REQUIRE(s.audit() == lines{});
    ++sequences;
    skipped += poison();
  }
  std::cout << sequences << " sequences of " << length << " deaths, " << skipped << " of them poison\n";
}
