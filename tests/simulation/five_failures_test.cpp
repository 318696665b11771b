// The five-failure policy against a model of five lines: every sequence of up to seven events.
#include "tests/support/run_loop_trial.hpp"
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

enum class event { accepted, skipped, crash, interruption, restart };
constexpr auto all_events =
  std::to_array({event::accepted, event::skipped, event::crash, event::interruption, event::restart});
constexpr int longest = 7;

/// What the contract says (8.2, 8.3): all of it.
struct model {
  int streak = 0;
  int deaths = 0;
  bool paused = false;

  void apply(event e) {
    if (paused) { // a person resumes before anything else can happen
      paused = false;
      streak = 0;
    }
    if (e == event::accepted) streak = deaths = 0;
    if (e == event::crash) ++deaths;
    if (e == event::skipped || deaths == 3) {
      deaths = 0;
      paused = ++streak == 5;
    }
  }
};

struct trial {
  loop_trial run;
  std::uint64_t generation = 1;

  trial() : run([] {
      auto c = endless_stories();
      c.max_attempts = 1;
      return c;
    }()) {
    run.keep_events = false;
    run.start();
    run.serve();
  }

  void apply(event e) {
    if (run.loop->state() == run_state::paused) {
      run.loop->resume("");
      run.serve();
    }
    switch (e) {
      case event::accepted: run.accept(); break;
      case event::skipped: run.fail(outcome_class::empty); break;
      case event::crash: run.loop->replaced({"generator", 0, ++generation, false, ""}); break;
      case event::interruption:
        run.loop->pause("control", "");
        run.loop->grace_over(run.graces.back().second);
        run.serve();
        run.graces.clear();
        run.loop->resume("");
        break;
      case event::restart: run.start(); break;
    }
    run.serve();
  }

  std::string differs(const model& m) const {
    const auto& head = run.loop->head();
    const bool paused = run.loop->state() == run_state::paused;
    if (paused != m.paused) return paused ? "paused" : "not paused";
    if (paused && head.pause_reasons != std::vector<std::string>{"consecutive_failures"}) return "paused for another reason";
    if (head.consecutive_failures != static_cast<std::uint64_t>(m.streak))
      return "counts " + std::to_string(head.consecutive_failures) + " failures";
    if (!paused && !run.out()) return "no attempt is out";
    if (!paused && run.order->state.actor_deaths != m.deaths)
      return "counts " + std::to_string(run.order->state.actor_deaths) + " deaths";
    return {};
  }
};

std::string spelled(std::uint64_t number, int length) {
  std::string names;
  for (int i = 0; i < length; ++i, number /= all_events.size()) names += "askir"[number % all_events.size()];
  return names;
}

/// One sequence; returns where the run differs from the model, or nothing.
std::string play(std::uint64_t number, std::uint64_t& pauses) {
  trial t;
  model m;
  auto rest = number;
  for (int i = 0; i < longest; ++i, rest /= all_events.size()) {
    const auto e = all_events[rest % all_events.size()];
    t.apply(e);
    m.apply(e);
    pauses += m.paused;
    if (const auto how = t.differs(m); !how.empty())
      return "after " + std::to_string(i + 1) + " events of " + spelled(number, longest) + " the run " + how +
             "; the model counts " + std::to_string(m.streak) + " failures and " + std::to_string(m.deaths) + " deaths";
  }
  return {};
}

} // namespace

TEST_CASE("test_high_failure_pause: all sequences of seven events agree with the model after each event") {
  std::uint64_t sequences = 1;
  for (int i = 0; i < longest; ++i) sequences *= all_events.size();
  const std::uint64_t workers = std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
  std::vector<std::string> wrong(workers); // the assertions of the test library are for one thread
  std::vector<std::uint64_t> pauses(workers);
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&, worker] {
      for (auto number = worker; number < sequences && wrong[worker].empty(); number += workers)
        wrong[worker] = play(number, pauses[worker]);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& difference : wrong) CHECK(difference == "");
  // Every shorter sequence is the beginning of one of these.
  std::cout << sequences << " sequences of " << longest << " events, "
            << std::accumulate(pauses.begin(), pauses.end(), std::uint64_t{0}) << " pauses\n";
}

TEST_CASE("a streak survives any number of restarts and pauses exactly at the fifth failure") {
  for (int restarts = 0; restarts <= 3; ++restarts) {
    trial t;
    for (int failure = 1; failure <= 5; ++failure) {
      CHECK(t.run.loop->state() == run_state::running);
      for (int i = 0; i < restarts; ++i) t.apply(event::restart);
      t.apply(event::skipped);
    }
    CHECK(t.run.loop->state() == run_state::paused);
    t.run.start(); // a restart does not wash the pause away
    t.run.serve();
    CHECK(t.run.loop->state() == run_state::paused);
    CHECK(t.run.loop->facts()->consecutive_failures == 5);
  }
}

// -- through the whole system -----------------------------------------------------------------------------------------

TEST_CASE("test_high_failure_pause through the whole system: five skipped segments pause, resume starts at zero") {
  simulation s({3, true, simulated_broadcast(3, 40, R"({"segment":"4-9","fault":"http500"})"), 2, 2});
  s.start();
  REQUIRE(s.until_state(run_state::paused));
  CHECK(s.committed() == 8);
  CHECK(s.pause_reasons() == std::vector<std::string>{"consecutive_failures", "backend_down"});
  CHECK(s.model->calls.count(9) == 0);
  s.pass(20'000);
  CHECK(s.committed() == 8);
  s.crash();
  s.start(); // the reason is stored; that the backend is down is looked at anew
  REQUIRE(s.until_state(run_state::paused));
  CHECK(s.pause_reasons() == std::vector<std::string>{"consecutive_failures"});
  s.pass(60'000);
  CHECK(s.committed() == 8);
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  CHECK(s.audit() == std::vector<std::string>{});
}

TEST_CASE("four failures, a success and four failures do not pause the whole system") {
  simulation s({4, true,
                simulated_broadcast(4, 40, "{\"segment\":\"2-5\",\"fault\":\"empty\"}\n{\"segment\":\"7-10\",\"fault\":\"reset\"}"),
                2, 2});
  s.change_config([](run_config& c) { c.segments_per_hour = 2; }); // 80 segments: lost ones do not abort the run
  s.start();
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  CHECK(s.events().count("run_pausing") == 0);
  CHECK(s.audit() == std::vector<std::string>{});
}

TEST_CASE("a generator that dies three times over each of five segments pauses the whole system") {
  // Every death is a minute from the next: the restart intensity is not what pauses.
  simulation s({5, true, simulated_broadcast(5, 40, R"({"segment":"2-6","fault":"crash:generator"})"), 2, 2});
  s.model->script = [](const generation_call& call) { return scripted_answer{sound_draft(call), 1'000}; };
  s.start();
  while (!s.loop() || s.loop()->facts()->consecutive_failures < 5) {
    REQUIRE(s.until_state(run_state::paused, 7'200'000));
    if (s.loop()->facts()->consecutive_failures == 5) break;
    CHECK(s.pause_reasons() == std::vector<std::string>{"crash_loop"});
    s.pass(61'000);
    s.resume();
    REQUIRE(s.until_state(run_state::running));
  }
  CHECK(s.committed() == 6);
  const auto reasons = s.pause_reasons();
  CHECK(std::find(reasons.begin(), reasons.end(), "consecutive_failures") != reasons.end());
  s.resume();
  REQUIRE(s.until_end());
  for (int at = 1; at <= 5; ++at) CHECK(s.records()[static_cast<std::size_t>(at)].skip_reason == "poison");
  CHECK(s.audit() == std::vector<std::string>{});
}
