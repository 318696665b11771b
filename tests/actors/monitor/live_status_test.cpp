// The status document: its fields, null for what is not known, and the warnings that follow from numbers.
#include "actors/monitor/live_status.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

run_facts some_facts() {
  run_facts f;
  f.run_id = "pilot";
  f.kind = "broadcast";
  f.dj = "Julie (2102, Appalachia)";
  f.state = run_state::running;
  f.started_at = "2000-01-01T00:00:00.000000Z";
  f.backend_kind = "offline";
  f.position = {1, 6, 1, "2102-10-23"};
  f.planned = 112;
  f.counters.accepted = 9;
  f.counters.skipped = 1;
  f.counters.attempts = 12;
  f.counters.evaluated = 10;
  f.counters.passed = 9;
  f.counters.first_attempt_passed = 8;
  f.counters.usage_known = 12;
  f.counters.input_tokens = 100;
  f.counters.output_tokens = 50;
  return f;
}

nlohmann::ordered_json status_of(const run_facts& f, const segment_trend& trend = segment_trend{}) {
  return live_status(f, trend, {"2000-01-01T00:00:01.000000Z", 42, 1'000, {}});
}

bool warns(const std::vector<status_warning>& list, const std::string& code) {
  for (const auto& w : list)
    if (w.code == code) return true;
  return false;
}

} // namespace

TEST_CASE("the status has the contract's fields", "[live_status]") {
  const auto j = status_of(some_facts());
  for (const auto* name : {"schema_version", "run_id",      "kind",   "state",      "state_reason", "pause_reasons",
                           "started_at",     "updated_at",  "pid",    "dj",         "backend",      "position",
                           "progress",       "eta_seconds", "timing", "validation", "retries",      "failures",
                           "variety",        "stories",     "usage",  "cache",      "checkpoint",   "disk_free_bytes",
                           "warnings"})
    CHECK(j.contains(name));
  CHECK(j["schema_version"] == 1);
  CHECK(j["state"] == "running");
  CHECK(j["state_reason"].is_null());
  CHECK(j["pause_reasons"].empty());
  CHECK(j["progress"]["segments_done"] == 10);
  CHECK(j["progress"]["percent"] == 8.9);
  CHECK(j["validation"]["pass_rate"] == 0.9);
  CHECK(j["usage"]["total_tokens"] == 150);
  CHECK(j["cache"]["hit_rate"].is_null());
}

TEST_CASE("what is not known is null and not 0", "[live_status]") {
  auto f = some_facts();
  f.planned.reset();
  f.dj.clear();
  f.counters = {};
  f.counters.attempts = 3;
  f.counters.usage_missing = 3;
  const auto j = live_status(f, segment_trend{}, {"", 42, std::nullopt, {}});
  CHECK(j["dj"].is_null());
  CHECK(j["progress"]["segments_planned"].is_null());
  CHECK(j["progress"]["percent"].is_null());
  CHECK(j["eta_seconds"].is_null());
  CHECK(j["timing"]["recent_avg_s"].is_null());
  CHECK(j["validation"]["pass_rate"].is_null());
  CHECK(j["usage"]["total_tokens"].is_null());
  CHECK(j["usage"]["missing"] == 3);
  CHECK(j["disk_free_bytes"].is_null());
  CHECK(j["checkpoint"]["id"].is_null());
}

TEST_CASE("weather with its order and drift are shown, null where there is none", "[live_status]") {
  auto f = some_facts();
  CHECK(status_of(f)["weather"].is_null());
  CHECK(status_of(f)["drift"].is_null());
  f.weather = std::make_shared<const nlohmann::json>(
    nlohmann::json::parse(R"({"region":"Appalachia","type":"snow","order":{"type":"snow","from":7}})"));
  segment_drift drift;
  status_extras extras;
  extras.drift = &drift;
  const auto j = live_status(f, segment_trend{}, extras);
  CHECK(j["weather"]["order"]["from"] == 7);
  CHECK(j["drift"]["window"] == 32);
  CHECK(j["drift"]["recent"].is_null());
  CHECK(j["drift"]["signs"].empty());
}

TEST_CASE("drafts that wait for the judge are shown, and their batch only while it is made", "[live_status]") {
  auto f = some_facts();
  CHECK(status_of(f)["validation"]["judge"].is_null());
  f.judge = judge_tally{};
  CHECK(status_of(f)["validation"]["judge"]["waiting_drafts"] == 0);
  f.drafts_waiting = 2;
  CHECK(status_of(f)["validation"]["judge"]["batch"].is_null());
  f.drafts_in_batch = 5;
  CHECK(status_of(f)["validation"]["judge"]["waiting_drafts"] == 2);
  CHECK(status_of(f)["validation"]["judge"]["batch"] == 5);
}

TEST_CASE("percent never exceeds 100", "[live_status]") {
  auto f = some_facts();
  f.planned = 5;
  CHECK(status_of(f)["progress"]["percent"] == 100.0);
}

TEST_CASE("a run that has ended has no time left to show", "[live_status]") {
  auto f = some_facts();
  f.state = run_state::completed;
  CHECK(status_of(f)["eta_seconds"].is_null());
}

TEST_CASE("warnings follow from numbers and go with them", "[live_status]") {
  auto f = some_facts();
  const segment_trend calm;
  f.counters.accepted = f.counters.evaluated = f.counters.passed = 100;
  CHECK(number_warnings(f, calm).empty());
  f.counters.passed = 94;
  f.counters.repeated = 5;
  CHECK(warns(number_warnings(f, calm), "pass_rate"));
  CHECK(warns(number_warnings(f, calm), "repetition"));
  segment_trend trend;
  for (int i = 0; i < 40; ++i) trend.add(50);
  for (int i = 0; i < 10; ++i) trend.add(150);
  CHECK(warns(number_warnings(f, trend), "slowdown"));
  for (int i = 0; i < 10; ++i) trend.add(50);
  CHECK_FALSE(warns(number_warnings(f, trend), "slowdown"));
}

TEST_CASE("rates of a handful of segments raise no warning", "[live_status]") {
  auto f = some_facts();
  f.counters.evaluated = f.counters.accepted = 19;
  f.counters.passed = 1;
  f.counters.repeated = 19;
  CHECK(number_warnings(f, segment_trend{}).empty());
}
