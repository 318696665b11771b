// Pauses and stops at every moment of a run, through the whole system under simulated time.
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

using reasons = std::vector<std::string>;
using lines = std::vector<std::string>;

simulation_options broadcast(std::int64_t hours = 16, const std::string& plan = "") {
  return {11, true, simulated_broadcast(11, hours, plan), 2, 2};
}

void take(simulation& s, std::int64_t ms) {
  s.model->script = [ms](const generation_call& call) { return scripted_answer{sound_draft(call), ms}; };
}

/// The output of the same run when nobody disturbs it.
const std::string& undisturbed() {
  static const std::string text = [] {
    simulation s(broadcast());
    s.start();
    REQUIRE(s.until_end());
    return canonical_output(s.records());
  }();
  return text;
}

void require_whole(simulation& s) {
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

} // namespace

TEST_CASE("test_pause_file_detected: nothing is begun while the file lies there, and the output is that of a run without it") {
  simulation s(broadcast());
  take(s, 2'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 5; }));
  s.touch_pause_file();
  const auto seen_from = s.now_ms();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  CHECK(s.now_ms() - seen_from <= 2'300); // a look every 200 ms, and the call in flight ends
  CHECK(s.pause_reasons() == reasons{"pause_file"});
  const auto done = s.committed();
  CHECK(s.published() == done);
  s.pass(10'000);
  CHECK(s.committed() == done);
  s.resume(); // a person's resume does not lift the file
  s.pass(5'000);
  CHECK(s.shown_state() == run_state::paused);
  s.remove_pause_file();
  REQUIRE(s.until_state(run_state::running, 1'000));
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a pause cuts a call of a minute off after its grace and makes the segment again") {
  simulation s(broadcast());
  take(s, 60'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3 && s.model->open_calls() == 1; }));
  const auto from = s.now_ms();
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 60'000));
  CHECK(s.now_ms() - from >= 25'000);
  CHECK(s.now_ms() - from <= 25'100);
  CHECK(s.model->open_calls() == 0);
  CHECK(s.committed() == 3);
  s.pass(120'000);
  CHECK(s.committed() == 3);
  take(s, 1'000);
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.model->calls[4] == 2);
  CHECK(s.records()[3].attempts == 1);
  require_whole(s);
}

TEST_CASE("a call that ends within the grace is the segment") {
  simulation s(broadcast());
  take(s, 20'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3 && s.model->open_calls() == 1; }));
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 60'000));
  CHECK(s.committed() == 4);
  CHECK(s.published() == 4);
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.model->calls[4] == 1);
  require_whole(s);
}

TEST_CASE("file and command both hold the run until both are lifted") {
  const bool file_first = GENERATE(true, false);
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3; }));
  s.touch_pause_file();
  s.pause();
  REQUIRE(s.until([&] { return s.pause_reasons() == reasons{"pause_file", "control"}; }, 30'000));
  REQUIRE(s.until_state(run_state::paused, 30'000));
  if (file_first) s.remove_pause_file();
  else s.resume();
  s.pass(10'000);
  CHECK(s.shown_state() == run_state::paused);
  CHECK(s.pause_reasons() == (file_first ? reasons{"control"} : reasons{"pause_file"}));
  if (file_first) s.resume();
  else s.remove_pause_file();
  REQUIRE(s.until_state(run_state::running, 1'000));
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a pause during a back-off, and the attempt that follows is the next one") {
  simulation s(broadcast(16, R"({"segment":4,"attempt":"1-2","fault":"http500"})"));
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.loop() && s.loop()->phase() == run_phase::retrying && s.committed() == 3; }));
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 1'000)); // it waits for nothing
  s.pass(60'000);
  CHECK(s.committed() == 3);
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.records()[3].attempts == 3);
  CHECK(s.records()[3].status == record_status::accepted);
  CHECK(s.audit() == lines{});
}

TEST_CASE("a pause in the interval between two stories") {
  auto config = simulated_broadcast(11, 0);
  config.kind = run_kind::stories;
  config.dj.clear();
  config.max_stories = 3;
  config.interval_seconds = 600;
  simulation s({11, true, config, 1, 1});
  s.start();
  REQUIRE(s.until([&] { return s.loop() && s.loop()->phase() == run_phase::interval; }));
  s.pass(100'000);
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 1'000));
  s.pass(3'600'000);
  CHECK(s.committed() == 1);
  const auto from = s.now_ms();
  s.resume();
  REQUIRE(s.until([&] { return s.committed() == 2; }));
  CHECK(s.now_ms() - from >= 499'000); // what was left of the interval
  CHECK(s.now_ms() - from <= 501'000);
  REQUIRE(s.until_end());
  CHECK(s.committed() == 3);
  CHECK(s.audit() == lines{});
}

TEST_CASE("a run that starts beside a PAUSE file waits for its removal") {
  simulation s(broadcast());
  s.touch_pause_file();
  s.start();
  REQUIRE(s.until_state(run_state::paused, 1'000));
  s.pass(10'000);
  CHECK(s.committed() == 0);
  CHECK(s.pause_reasons() == reasons{"pause_file"});
  s.remove_pause_file();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a PAUSE file that goes while the run starts does not hold it for ever") {
  simulation s(broadcast());
  s.touch_pause_file();
  s.start();
  s.remove_pause_file();
  REQUIRE(s.until_end(600'000));
  require_whole(s);
}

TEST_CASE("a PAUSE file that comes while the run starts is seen") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  s.touch_pause_file();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  s.remove_pause_file();
  REQUIRE(s.until_end(600'000));
  require_whole(s);
}

TEST_CASE("a PAUSE file that comes or goes while monitor and scheduler die is seen") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3; }));
  s.kill("monitor");
  s.kill("scheduler");
  s.touch_pause_file();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  s.kill("scheduler");
  s.pass(10'000);
  CHECK(s.shown_state() == run_state::paused);
  CHECK(s.pause_reasons() == reasons{"pause_file"});
  s.kill("monitor");
  s.kill("scheduler");
  s.remove_pause_file();
  REQUIRE(s.until_state(run_state::running, 30'000));
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a pause at the last segment, and the run is completed after it") {
  simulation s(broadcast());
  take(s, 2'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 15 && s.model->open_calls() == 1; }));
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  CHECK(s.committed() == 16);
  CHECK_FALSE(s.outcome());
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  require_whole(s);
}

TEST_CASE("a pause while a checkpoint is being written") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.loop() && s.loop()->phase() == run_phase::committing && s.loop()->head().seq == 4; }));
  s.checkpoint();
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  s.checkpoint();
  s.resume();
  s.checkpoint();
  REQUIRE(s.until_state(run_state::running, 1'000));
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("stop while paused ends the run in order, and it goes on from there") {
  simulation s(broadcast());
  take(s, 2'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3; }));
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 30'000));
  s.stop(GENERATE(stop_mode::graceful, stop_mode::urgent, stop_mode::immediate));
  REQUIRE(s.until_end(1'000));
  CHECK(s.outcome()->state == run_state::stopped);
  CHECK(s.shown_state() == run_state::stopped);
  s.start();
  REQUIRE(s.until_state(run_state::paused, 1'000)); // a person's pause is stored
  s.resume();
  REQUIRE(s.until_end());
  CHECK(s.outcome()->state == run_state::completed);
  require_whole(s);
}

TEST_CASE("a stop with a call in flight waits as long as its mode says") {
  simulation s(broadcast());
  take(s, 60'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3 && s.model->open_calls() == 1; }));
  const auto from = s.now_ms();
  const auto mode = GENERATE(stop_mode::graceful, stop_mode::urgent, stop_mode::immediate);
  s.stop(mode);
  REQUIRE(s.until_end(120'000));
  CHECK(s.outcome()->state == run_state::stopped);
  const auto took = s.now_ms() - from;
  if (mode == stop_mode::graceful) {
    CHECK(s.committed() == 4); // the attempt in flight was still accepted
    CHECK(took <= 60'100);
  } else if (mode == stop_mode::urgent) {
    CHECK(s.committed() == 3);
    CHECK(took >= 25'000);
    CHECK(took <= 25'100);
  } else {
    CHECK(s.committed() == 3);
    CHECK(took <= 100);
  }
  CHECK(s.model->open_calls() == 0);
  const auto points = s.store()->checkpoints("sample");
  REQUIRE(points);
  CHECK(points.value().back().record.kind == checkpoint_kind::stop);
  take(s, 0);
  s.start();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a second, sharper stop overtakes the first") {
  simulation s(broadcast());
  take(s, 60'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3 && s.model->open_calls() == 1; }));
  const auto from = s.now_ms();
  s.stop(stop_mode::graceful);
  s.pass(5'000);
  CHECK_FALSE(s.outcome());
  s.stop(stop_mode::immediate);
  REQUIRE(s.until_end(1'000));
  CHECK(s.now_ms() - from <= 6'000);
  CHECK(s.committed() == 3);
}

TEST_CASE("resume of a run that is running changes nothing") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3; }));
  s.resume();
  REQUIRE(s.until([&] { return !s.replies().empty(); }));
  CHECK(s.replies().back().http_status == 200);
  CHECK(nlohmann::json::parse(s.replies().back().json)["state"] == "running");
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("pause and resume a thousand times at random moments") {
  simulation s(broadcast());
  take(s, 700);
  s.start();
  random_stream chance(5, 0, 0, "pauses");
  for (int i = 0; i < 1'000 && !s.outcome(); ++i) {
    s.pass(static_cast<std::int64_t>(chance.below(40)));
    for (auto n = chance.below(20); n > 0; --n) s.step();
    if (s.outcome()) break;
    if (chance.chance(0.5)) s.pause();
    else s.resume();
  }
  if (!s.outcome()) s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a disk that refuses writes pauses the run, and it goes on by itself") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 3; }));
  bool full = true;
  s.refuse_write = [&]() -> std::optional<failure> {
    if (!full) return std::nullopt;
    return failure{error_code::disk_full, "cannot write", "no space left", ""};
  };
  REQUIRE(s.until_state(run_state::paused, 30'000));
  CHECK(s.pause_reasons() == reasons{"disk_low"});
  CHECK(s.committed() == 3);
  if (GENERATE(true, false)) { // a person asks for more than there is
    s.resume();
    s.pass(3'000);
    CHECK(s.committed() == 3);
  }
  s.pass(60'000);
  full = false;
  REQUIRE(s.until_state(run_state::running, 5'000));
  REQUIRE(s.until_end());
  CHECK(s.model->calls[4] == 1); // the text was kept
  require_whole(s);
}

TEST_CASE("a stop or a pause asked for before the run has begun is kept and takes effect") {
  // At each of the first messages of a process, on a new run and on one that was stopped before.
  for (int early = 0; early < 12; ++early) {
    CAPTURE(early);
    simulation s(broadcast());
    take(s, 1'000);
    s.start();
    REQUIRE(s.until([&] { return s.committed() == 3; }));
    s.stop(stop_mode::immediate);
    REQUIRE(s.until_end(60'000));
    s.start();
    for (int i = 0; i < early; ++i) s.step();
    s.stop(stop_mode::immediate);
    REQUIRE(s.until_end(60'000));
    CHECK(s.outcome()->state == run_state::stopped);
    CHECK(s.committed() <= 4);
    s.start();
    for (int i = 0; i < early; ++i) s.step();
    s.pause();
    REQUIRE(s.until_state(run_state::paused, 60'000));
    CHECK(s.replies().back().http_status == 200);
    s.resume();
    REQUIRE(s.until_end());
    require_whole(s);
  }
}
