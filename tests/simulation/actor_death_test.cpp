// Actors that die: by fault plan and at random moments, each kind, once and too often.
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

using lines = std::vector<std::string>;
using reasons = std::vector<std::string>;

simulation_options broadcast(const std::string& plan = "", std::uint64_t order = 21) {
  return {order, true, simulated_broadcast(21, 16, plan), 2, 2};
}

void take(simulation& s, std::int64_t ms) {
  s.model->script = [ms](const generation_call& call) { return scripted_answer{sound_draft(call), ms}; };
}

const std::string& undisturbed() {
  static const std::string text = [] {
    simulation s(broadcast());
    s.start();
    REQUIRE(s.until_end());
    return canonical_output(s.records());
  }();
  return text;
}

const std::vector<std::string> kinds{"generator", "validator", "retry", "scheduler", "committer", "monitor"};

} // namespace

TEST_CASE("each kind of actor dies once over a segment: restarted, made again, nothing lost and nothing twice") {
  const auto kind = GENERATE(from_range(kinds));
  CAPTURE(kind);
  // The retry actor only ever holds a failed attempt.
  const std::string plan = kind == "retry" ? R"({"segment":5,"attempt":1,"fault":"empty"})"
                                           : "{\"call\":5,\"fault\":\"crash:" + kind + "\"}";
  simulation s(broadcast(plan));
  take(s, 1'000);
  s.start();
  if (kind == "retry") {
    REQUIRE(s.until([&] { return s.loop() && s.loop()->phase() == run_phase::retrying && s.committed() == 4; }));
    s.kill(kind);
  }
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  CHECK(s.events().at("actor_restarted") == 1);
  if (kind == "retry") CHECK(s.records()[4].status == record_status::accepted);
  else CHECK(canonical_output(s.records()) == undisturbed());
  if (kind == "validator") CHECK(s.model->calls[5] == 2);
  if (kind == "committer" || kind == "monitor") CHECK(s.model->calls[5] == 1); // the text was safe already
  CHECK(s.audit() == lines{});
}

TEST_CASE("an actor that dies over a segment each time has it skipped at its third death") {
  const auto kind = GENERATE(as<std::string>{}, "generator", "validator", "scheduler");
  CAPTURE(kind);
  simulation s(broadcast("{\"segment\":5,\"fault\":\"crash:" + kind + "\"}"));
  take(s, 1'000);
  s.start();
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  const auto records = s.records();
  REQUIRE(records.size() == 16);
  CHECK(records[4].status == record_status::skipped);
  CHECK(records[4].skip_reason == "poison");
  CHECK(records[5].status == record_status::accepted);
  CHECK(s.events().at("actor_restarted") == 3);
  CHECK(s.audit() == lines{});
}

TEST_CASE("a retry actor that dies over a segment each time has it skipped at its third death") {
  simulation s(broadcast());
  s.model->script = [](const generation_call& call) {
    return scripted_answer{call.seq == 5 ? bad_draft(call) : sound_draft(call), 1'000};
  };
  s.start();
  for (int deaths = 0; deaths < 3; ++deaths) {
    REQUIRE(s.until([&] {
      return s.loop() && s.committed() == 4 &&
             (s.loop()->phase() == run_phase::retrying || s.loop()->phase() == run_phase::validating);
    }));
    s.kill("retry");
    REQUIRE(s.until([&] { return s.events().count("actor_restarted") && s.events().at("actor_restarted") > static_cast<unsigned>(deaths); }));
  }
  REQUIRE(s.until_end());
  CHECK(s.records()[4].status == record_status::skipped);
  CHECK(s.audit() == lines{});
}

TEST_CASE("deaths of different actors over one segment add up") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  for (const std::string kind : {"generator", "scheduler", "generator"}) {
    REQUIRE(s.until([&] { return s.committed() == 4 && s.model->open_calls() == 1; }));
    s.kill(kind);
    s.pass(100);
  }
  REQUIRE(s.until([&] { return s.committed() == 5; }));
  REQUIRE(s.until_end());
  CHECK(s.records()[4].skip_reason == "poison");
  CHECK(s.audit() == lines{});
}

TEST_CASE("the sixth death within a minute pauses the run with crash_loop") {
  const auto kind = GENERATE(as<std::string>{}, "generator", "scheduler");
  CAPTURE(kind);
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  for (int deaths = 1; deaths <= 6; ++deaths) {
    // Two deaths a segment: never the three that would skip it.
    const auto seq = static_cast<std::uint64_t>((deaths + 1) / 2 + 1);
    REQUIRE(s.until([&] { return s.committed() == seq - 1 && s.model->open_calls() == 1; }));
    CHECK(s.shown_state() == run_state::running);
    REQUIRE(s.kill(kind));
    s.pass(100);
  }
  REQUIRE(s.until_state(run_state::paused, 10'000));
  CHECK(s.pause_reasons() == reasons{"crash_loop"});
  const auto done = s.committed();
  s.pass(120'000);
  CHECK(s.committed() == done);
  s.resume();
  REQUIRE(s.until_end());
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

TEST_CASE("deaths further apart than the intensity pause nothing") {
  simulation s(broadcast());
  take(s, 13'000);
  s.start();
  for (int deaths = 1; deaths <= 15; ++deaths) {
    REQUIRE(s.until([&] { return s.committed() == static_cast<std::uint64_t>(deaths) && s.model->open_calls() == 1; }));
    s.kill("generator");
  }
  REQUIRE(s.until_end());
  CHECK(s.events().count("run_pausing") == 0);
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

TEST_CASE("committer, retry and monitor beyond the intensity end the engine, and the next process goes on") {
  const auto kind = GENERATE(as<std::string>{}, "committer", "retry", "monitor");
  CAPTURE(kind);
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 2; }));
  for (int deaths = 1; deaths <= 6; ++deaths) {
    CHECK_FALSE(s.collapsed());
    s.kill(kind);
    s.pass(50);
  }
  CHECK(s.collapsed());
  s.start();
  REQUIRE(s.until_end());
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

TEST_CASE("a committer that dies while a run is being stored does not lose the run") {
  simulation s(broadcast());
  s.start();
  while (!s.kill("committer")) s.step();
  for (int i = 0; i < 3; ++i) s.step();
  REQUIRE(s.until_end());
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

TEST_CASE("a monitor that dies around the last segment still finishes the run") {
  // At every step of the end in turn.
  for (int late = 0; late < 60; ++late) {
    simulation s(broadcast("", static_cast<std::uint64_t>(late)));
    s.start();
    REQUIRE(s.until([&] { return s.committed() == 15; }));
    for (int i = 0; i < late && !s.outcome(); ++i) s.step();
    if (s.outcome()) break;
    s.kill("monitor");
    REQUIRE(s.until_end(60'000));
    CHECK(s.shown_state() == run_state::completed);
    CHECK(canonical_output(s.records()) == undisturbed());
    const auto differences = s.audit();
    CAPTURE(late);
    CHECK(differences == lines{});
  }
}

TEST_CASE("scheduler and monitor die together at every moment of a segment") {
  for (int late = 0; late < 60; ++late) {
    CAPTURE(late);
    simulation s(broadcast("", static_cast<std::uint64_t>(late)));
    s.start();
    REQUIRE(s.until([&] { return s.committed() == 7; }));
    for (int i = 0; i < late; ++i) s.step();
    s.kill("scheduler");
    s.kill("monitor");
    REQUIRE(s.until_end(600'000));
    CHECK(canonical_output(s.records()) == undisturbed());
    const auto differences = s.audit();
    CHECK(differences == lines{});
  }
}

TEST_CASE("any actor dies at any moment: two deaths a segment at most, the output does not change") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    simulation s(broadcast("", seed));
    random_stream chance(seed, 0, 0, "deaths");
    s.model->script = [&](const generation_call& call) {
      return scripted_answer{sound_draft(call), static_cast<std::int64_t>(chance.below(30'000))};
    };
    s.start();
    std::uint64_t seq = 0;
    int deaths = 0;
    while (!s.outcome()) {
      s.pass(static_cast<std::int64_t>(chance.below(12'000)));
      for (auto n = chance.below(30); n > 0; --n) s.step();
      if (s.collapsed()) s.start();
      if (s.shown_state() == run_state::paused) s.resume();
      if (s.committed() != seq) deaths = 0;
      seq = s.committed();
      if (deaths < 2 && s.alive() && !s.outcome()) deaths += s.kill(kinds[chance.below(kinds.size())]);
    }
    CHECK(s.outcome()->state == run_state::completed);
    CHECK(canonical_output(s.records()) == undisturbed());
    const auto differences = s.audit();
    CHECK(differences == lines{});
  }
}
