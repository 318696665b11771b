// Tests of run ids, planned size, fingerprint and the configuration's JSON.
#include "messages/run_config.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("legal run ids", "[messages]") {
  CHECK(legal_run_id("a"));
  CHECK(legal_run_id("0.run_x-y"));
  CHECK(legal_run_id(std::string(64, 'z')));
  for (const auto* id : {"", ".a", "-a", "_a", "A", "a b", "a/b", "..", "\xc3\xa9"}) CHECK_FALSE(legal_run_id(id));
  CHECK_FALSE(legal_run_id(std::string(65, 'z')));
}

TEST_CASE("any folder name can be made a legal run id", "[messages]") {
  CHECK(legalised_run_id("My Pilot (2)") == "my-pilot-2");
  CHECK(legalised_run_id("..") == "run");
  CHECK(legalised_run_id("") == "run");
  for (const std::string name : {"My Pilot", "___x", "\xed\x95\x9c\xea\xb5\xad", "a//b", "-", "Ab.C_9-"})
    CHECK(legal_run_id(legalised_run_id(name)));
  CHECK(legal_run_id(legalised_run_id(std::string(500, 'Q'))));
}

TEST_CASE("planned segments", "[messages]") {
  run_config c;
  c.duration_hours = 112;
  c.segments_per_hour = 2;
  CHECK(c.planned_segments() == 224u);
  c.kind = run_kind::stories;
  CHECK_FALSE(c.planned_segments());
  c.max_stories = 3;
  CHECK(c.planned_segments() == 3u);
}

TEST_CASE("fingerprint changes with what shapes the output and with nothing else", "[messages]") {
  run_config c;
  const auto before = c.fingerprint();
  c.duration_hours = 99;
  c.run_id = "x";
  c.call_timeout_ms = 1;
  c.endpoints = {"http://127.0.0.1:1"};
  c.virtual_clock = true;
  CHECK(c.fingerprint() == before);
  c.validation_mode = "llm"; // without validation its mode says nothing
  CHECK(c.fingerprint() == before);
  c.validation_enabled = true;
  CHECK(c.fingerprint() != before);
  run_config other;
  other.seed = 1;
  CHECK(other.fingerprint() != before);
}

TEST_CASE("configuration survives a round trip", "[messages]") {
  run_config c;
  c.run_id = "pilot";
  c.kind = run_kind::stories;
  c.seed = UINT64_MAX;
  c.endpoints = {"a", "b"};
  c.max_stories = 7;
  c.fault_plan = "{\"call\":1}\n";
  c.prices = {{"small", 0.5, 0.1, 2}};
  c.budget = 2.5;
  c.disk_floor_bytes = 1;
  const auto back = nlohmann::json(c).get<run_config>();
  CHECK(back == c);
  auto other = c;
  other.budget = 2.6;
  CHECK_FALSE(back == other);
  CHECK(nlohmann::json(back) == nlohmann::json(c));
  CHECK(back.max_stories == 7u);
  CHECK_FALSE(back.duration_seconds);
}

TEST_CASE("a configuration of an older release keeps defaults, a broken one is refused", "[messages]") {
  const auto c = nlohmann::json{{"run_id", "x"}, {"kind", "broadcast"}}.get<run_config>();
  CHECK(c.max_attempts == 3);
  CHECK_THROWS_AS((nlohmann::json{{"run_id", "x"}, {"kind", "other"}}.get<run_config>()), nlohmann::json::exception);
  CHECK_THROWS_AS((nlohmann::json{{"run_id", "x"}, {"kind", "stories"}, {"seed", "no"}}.get<run_config>()),
                  nlohmann::json::exception);
}
