// Runs that stand still leave the memory and are got back: by whom, at every moment, and with the same bytes.
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

using reasons = std::vector<std::string>;
using lines = std::vector<std::string>;

simulation_options broadcast(const std::string& plan = "", std::uint64_t order = 31) {
  return {order, true, simulated_broadcast(31, 16, plan), 2, 2};
}

simulation_options stories(std::int64_t interval_seconds) {
  auto config = simulated_broadcast(31, 0);
  config.kind = run_kind::stories;
  config.dj.clear();
  config.max_stories = 3;
  config.interval_seconds = interval_seconds;
  return {31, true, config, 1, 1};
}

void take(simulation& s, std::int64_t ms) {
  s.model->script = [ms](const generation_call& call) { return scripted_answer{sound_draft(call), ms}; };
}

std::string output_of(const simulation_options& options) {
  simulation s(options);
  s.start();
  REQUIRE(s.until_end());
  CHECK(s.events().count("run_parked") == 0);
  return canonical_output(s.records());
}

const std::string& undisturbed() {
  static const std::string text = output_of(broadcast());
  return text;
}

std::uint64_t seen(const simulation& s, const std::string& event) {
  const auto at = s.events().find(event);
  return at == s.events().end() ? 0 : at->second;
}

bool parked(simulation& s) { return seen(s, "run_parked") > 0 && !s.loop(); }

/// A run that has made some segments and is paused by a person.
void pause(simulation& s, std::uint64_t after = 5) {
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == after; }));
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 30'000));
}

/// The same, until it has left the memory.
void park(simulation& s, std::uint64_t after = 5) {
  pause(s, after);
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  CHECK(s.shown_state() == run_state::paused);
}

void require_whole(simulation& s) {
  CHECK(s.outcome()->state == run_state::completed);
  CHECK(canonical_output(s.records()) == undisturbed());
  CHECK(s.audit() == lines{});
}

std::filesystem::path status_path(const simulation& s) { return s.folder() / "out" / "LIVE_STATUS.json"; }

nlohmann::json status_in_folder(const simulation& s) {
  std::ifstream in(status_path(s));
  return nlohmann::json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
}

nlohmann::json asked_status(simulation& s) {
  const auto before = s.replies().size();
  s.control(control_request::verb::status);
  REQUIRE(s.until([&] { return s.replies().size() > before; }, 60'000));
  CHECK(s.replies().back().http_status == 200);
  return nlohmann::json::parse(s.replies().back().json);
}

/// What a person sees of a run, without what the clock changes and what is only known while segments follow one another.
nlohmann::json shown(nlohmann::json status) {
  for (const auto* name : {"updated_at", "disk_free_bytes", "forecast", "checkpoint"}) status.erase(name); // the forecast counts free space
  return status;
}

} // namespace

TEST_CASE("a paused run leaves the memory, is shown all the same, and resume brings it back") {
  simulation s(broadcast());
  pause(s);
  const auto before = asked_status(s);
  const auto from = s.now_ms();
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  CHECK(s.now_ms() - from >= 2'000);
  CHECK(s.now_ms() - from <= 4'100);
  CHECK(shown(asked_status(s)) == shown(before));
  const auto updated_at = status_in_folder(s)["updated_at"];
  s.pass(11'000);
  CHECK(parked(s));
  CHECK(status_in_folder(s)["updated_at"] != updated_at);
  CHECK(shown(status_in_folder(s)) == shown(before));
  CHECK(status_in_folder(s) == asked_status(s));
  const auto replies = s.replies().size();
  s.resume();
  REQUIRE(s.until([&] { return s.replies().size() > replies; }, 1'000));
  CHECK(nlohmann::json::parse(s.replies().back().json)["state"] == "running");
  REQUIRE(s.until_end());
  CHECK(seen(s, "actor_restarted") == 0);
  CHECK(seen(s, "run_resumed") == 1);
  const auto head = s.store()->head("sample");
  REQUIRE(head);
  CHECK(head.value().totals.value("resumes", 0) == 1);
  CHECK(head.value().totals.value("pauses", 0) == 1);
  require_whole(s);
}

TEST_CASE("a parked run is woken by a PAUSE file that goes, and by one that comes") {
  simulation s(broadcast());
  take(s, 1'000);
  s.start();
  REQUIRE(s.until([&] { return s.committed() == 5; }));
  s.touch_pause_file();
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  CHECK(s.pause_reasons() == reasons{"pause_file"});
  s.pause();
  REQUIRE(s.until([&] { return s.pause_reasons() == reasons{"pause_file", "control"}; }, 1'000));
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2; }, 60'000));
  s.remove_pause_file();
  REQUIRE(s.until([&] { return s.pause_reasons() == reasons{"control"}; }, 1'000));
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 3; }, 60'000));
  CHECK(s.shown_state() == run_state::paused);
  s.touch_pause_file();
  REQUIRE(s.until([&] { return s.pause_reasons() == reasons{"pause_file", "control"}; }, 1'000));
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 4; }, 60'000));
  s.resume(); // not the file
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 5; }, 60'000));
  CHECK(s.pause_reasons() == reasons{"pause_file"});
  s.remove_pause_file();
  REQUIRE(s.until_state(run_state::running, 1'000));
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a run leaves the memory between two stories and is back when the next one is due") {
  const auto twin = output_of(stories(0));
  simulation s(stories(600));
  s.start();
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  const auto parked_at = s.now_ms();
  CHECK(s.committed() == 1);
  CHECK(s.shown_state() == run_state::running);
  s.pass(100'000);
  CHECK(status_in_folder(s)["timing"]["elapsed_s"].get<double>() > 95);
  REQUIRE(s.until([&] { return s.committed() == 2; }, 600'000));
  CHECK(s.now_ms() - parked_at >= 590'000);
  CHECK(s.now_ms() - parked_at <= 601'000);
  CHECK(seen(s, "interval_waiting") == 1); // announced once
  REQUIRE(s.until_end());
  CHECK(s.now_ms() >= 1'200'000);
  CHECK(s.now_ms() <= 1'203'000);
  CHECK(seen(s, "run_parked") == 2);
  CHECK(canonical_output(s.records()) == twin);
  CHECK(s.audit() == lines{});
}

TEST_CASE("a process that dies while its run waits in the store has lost five minutes of the wait at most") {
  simulation s(stories(3'600));
  s.start();
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  s.pass(1'300'000);
  CHECK(parked(s));
  CHECK(seen(s, "run_woken") == 0);
  s.crash();
  s.start();
  const auto from = s.now_ms();
  REQUIRE(s.until([&] { return s.committed() == 2; }, 3'700'000));
  CHECK(s.now_ms() - from >= 2'290'000);
  CHECK(s.now_ms() - from <= 2'601'000);
  REQUIRE(s.until_end());
  CHECK(s.audit() == lines{});
}

TEST_CASE("a pause in a wait that is parked keeps what is left of it") {
  simulation s(stories(600));
  s.start();
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  s.pass(200'000);
  s.pause();
  REQUIRE(s.until_state(run_state::paused, 1'000));
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2; }, 60'000));
  s.pass(7'200'000);
  CHECK(s.committed() == 1);
  const auto from = s.now_ms();
  s.resume();
  REQUIRE(s.until([&] { return s.committed() == 2; }));
  CHECK(s.now_ms() - from >= 390'000);
  CHECK(s.now_ms() - from <= 401'000);
  REQUIRE(s.until_end());
  CHECK(s.audit() == lines{});
}

TEST_CASE("stop ends a parked run in order") {
  simulation s(broadcast());
  park(s);
  s.stop(GENERATE(stop_mode::graceful, stop_mode::urgent, stop_mode::immediate));
  REQUIRE(s.until_end(1'000));
  CHECK(s.outcome()->state == run_state::stopped);
  CHECK(s.shown_state() == run_state::stopped);
  CHECK(s.replies().back().http_status == 200);
  s.start();
  REQUIRE(s.until_state(run_state::paused, 1'000)); // a person's pause is stored
  s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("the end of the engine ends a parked run in order") {
  simulation s(broadcast());
  park(s);
  s.stop_engine_now(stop_mode::graceful);
  REQUIRE(s.until_end(10'000));
  CHECK(s.outcome()->state == run_state::stopped);
  const auto points = s.store()->checkpoints("sample");
  REQUIRE(points);
  CHECK(points.value().back().record.kind == checkpoint_kind::stop);
}

TEST_CASE("a checkpoint that is asked for while the run is parked is written") {
  simulation s(broadcast());
  park(s);
  s.checkpoint();
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2; }, 60'000));
  const auto points = s.store()->checkpoints("sample");
  REQUIRE(points);
  CHECK(points.value().back().record.kind == checkpoint_kind::manual);
  CHECK(nlohmann::json::parse(s.replies().back().json)["state"] == "paused");
  CHECK(status_in_folder(s)["checkpoint"]["id"] == points.value().back().record.id);
  s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("weather that is ordered while the run is parked is stored at once and holds as if it had been loaded") {
  const weather_order storm{"rad_storm", "severe", std::nullopt};
  simulation loaded(broadcast());
  pause(loaded);
  loaded.order_weather(storm);
  loaded.resume();
  REQUIRE(loaded.until_end());
  CHECK(seen(loaded, "run_parked") == 0);

  simulation s(broadcast());
  park(s);
  s.order_weather(storm);
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2; }, 60'000));
  CHECK(nlohmann::json::parse(s.replies().back().json)["weather"]["order"]["type"] == "rad_storm");
  CHECK(status_in_folder(s)["weather"]["order"]["from"] == s.committed() + 1);
  SECTION("and the run goes on") {}
  SECTION("also when the process is gone in between") {
    s.crash();
    s.start();
    REQUIRE(s.until_state(run_state::paused, 30'000));
  }
  s.resume();
  REQUIRE(s.until_end());
  const auto records = canonical_output(s.records());
  CHECK(records == canonical_output(loaded.records()));
  CHECK(records != undisturbed());
  CHECK(s.audit() == lines{});
}

TEST_CASE("any actor may die while a run is parked, and nothing of it counts against the run") {
  const auto kind = GENERATE(as<std::string>{}, "generator", "validator", "retry", "committer", "monitor");
  CAPTURE(kind);
  simulation s(broadcast());
  park(s);
  CHECK_FALSE(s.kill("scheduler")); // there is none
  REQUIRE(s.kill(kind));
  s.pass(20'000);
  CHECK(parked(s));
  CHECK(seen(s, "run_woken") == 0);
  CHECK(asked_status(s)["state"] == "paused");
  const auto updated_at = status_in_folder(s)["updated_at"];
  s.pass(11'000);
  CHECK(status_in_folder(s)["updated_at"] != updated_at);
  s.kill(kind);
  s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a status that somebody has thrown away or written over is shown again by the run") {
  const bool asked = GENERATE(true, false), gone = GENERATE(true, false);
  simulation s(broadcast());
  park(s);
  if (gone) std::filesystem::remove(status_path(s));
  else std::ofstream(status_path(s)) << "{\"run_id\":\"sample\",\"state\":\"completed\",\"updated_at\":\"now\"}\n";
  if (asked) CHECK(asked_status(s)["state"] == "paused");
  s.pass(12'000);
  CHECK(status_in_folder(s)["state"] == "paused");
  CHECK(seen(s, "run_woken") == 1);
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2 && !s.loop(); }, 60'000));
  s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("what a pause was for is shown as before when a parked run is back") {
  simulation s(broadcast());
  s.model->script = [](const generation_call& call) {
    scripted_answer said{sound_draft(call), 1'000};
    if (call.seq == 4) {
      said.answer = {};
      said.answer.outcome = outcome_class::config;
      said.answer.detail = "HTTP 401: the key is not known";
    }
    return said;
  };
  s.start();
  REQUIRE(s.until_state(run_state::paused, 60'000));
  CHECK(s.pause_reasons() == reasons{"backend_config"});
  const auto before = asked_status(s);
  CHECK_FALSE(before["warnings"].empty());
  REQUIRE(s.until([&] { return parked(s); }, 60'000));
  s.checkpoint(); // wakes it, and changes nothing that is shown but the checkpoint
  REQUIRE(s.until([&] { return seen(s, "run_parked") == 2; }, 60'000));
  CHECK(shown(asked_status(s)) == shown(before));
  take(s, 1'000);
  s.resume();
  REQUIRE(s.until_end());
  require_whole(s);
}

TEST_CASE("a run that probes its backend stays in memory") {
  simulation s(broadcast());
  s.model->script = [](const generation_call&) {
    scripted_answer none;
    none.answer.outcome = outcome_class::stall;
    return none;
  };
  s.model->on_probe = [] {
    draft d;
    d.outcome = outcome_class::stall;
    return d;
  };
  s.start();
  REQUIRE(s.until_state(run_state::paused, 3'600'000));
  s.pass(300'000);
  CHECK(s.pause_reasons() == reasons{"consecutive_failures", "backend_down"});
  CHECK(seen(s, "run_parked") == 0);
  CHECK(s.model->probes >= 9);
}

TEST_CASE("a resume, a stop or a pause at every moment around the unloading and the way back is not lost") {
  for (int late = 0; late < 40; ++late) {
    CAPTURE(late);
    simulation s(broadcast("", static_cast<std::uint64_t>(late) + 1));
    take(s, 1'000);
    s.start();
    REQUIRE(s.until([&] { return s.committed() == 3; }));
    s.pause();
    REQUIRE(s.until_state(run_state::paused, 30'000));
    s.pass(1'900);
    for (int i = 0; i < late; ++i) s.step();
    s.resume();
    for (int i = 0; i < late % 7; ++i) s.step();
    s.pause();
    REQUIRE(s.until([&] { return s.replies().size() >= 3; }, 60'000));
    REQUIRE(s.until_state(run_state::paused, 60'000));
    s.pass(2'500);
    s.resume();
    for (int i = 0; i < late; ++i) s.step();
    if (s.outcome()) continue;
    s.kill(late % 2 == 0 ? "scheduler" : "monitor");
    for (int i = 0; i < late % 5; ++i) s.step();
    s.stop(stop_mode::immediate);
    REQUIRE(s.until_end(600'000));
    s.start();
    s.resume();
    REQUIRE(s.until_end());
    require_whole(s);
  }
}

TEST_CASE("parked at random moments, with deaths and crashes in between: the same bytes") {
  const std::vector<std::string> kinds{"generator", "validator", "retry", "scheduler", "committer", "monitor"};
  std::uint64_t times = 0;
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    CAPTURE(seed);
    simulation s(broadcast("", seed));
    random_stream chance(seed, 0, 0, "parking");
    take(s, 700);
    s.start();
    std::uint64_t seq = 0;
    int deaths = 0;
    while (!s.outcome()) {
      s.pass(static_cast<std::int64_t>(chance.below(2'000)));
      for (auto n = chance.below(25); n > 0; --n) s.step();
      if (s.outcome()) break;
      if (s.collapsed()) s.start();
      if (s.committed() != seq) deaths = 0;
      seq = s.committed();
      switch (chance.below(6)) {
        case 0:
        case 1:
          s.pause();
          if (chance.chance(0.6)) s.pass(static_cast<std::int64_t>(chance.below(20'000)));
          break;
        case 2: s.resume(); break;
        case 3: s.checkpoint(); break;
        case 4:
          if (deaths < 2 && s.alive()) deaths += s.kill(kinds[chance.below(kinds.size())]);
          break;
        default:
          if (chance.chance(0.1)) {
            s.crash();
            s.start();
          }
      }
    }
    times += seen(s, "run_parked");
    require_whole(s);
  }
  CHECK(times >= 30);
}
