// Tests of the record's JSON: the fast line and both canonical forms must agree with nlohmann byte for byte.
#include "messages/json_controls.hpp"
#include "messages/json_text.hpp"
#include "messages/random.hpp"
#include "messages/record.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using nlohmann::json;

namespace {

std::string dumped(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

segment_record full_record() {
  segment_record r;
  r.seq = 17;
  r.run_id = "pilot";
  r.type = "gossip";
  r.position = {2, 7, 1, "2102-10-24"};
  r.text = "Good morning, \"friends\".\n\tRain over the ridge \\ river; caf\xc3\xa9 \xed\x95\x9c\x01\x7f.";
  r.attempts = 2;
  r.violations = {{"opening", "variety", severity::warning, "Used before.", "good morning"},
                  {"tone", "tone", severity::quality, "Too \"dry\".", ""}};
  r.variety = {"good morning friends rain over the", {"rain", "ridge"}, {"Stay safe."}, "pattern-3", {"opening"}};
  r.story = story_mark{"lost-caravan#2", timeline::weekly, 2, 5, 0.123456};
  r.usage = token_usage{120, 80};
  r.generation_ms = 1234;
  r.accepted_at = "2000-01-01T00:00:00.000001Z";
  r.hash = std::string(64, 'a');
  r.prev_hash = std::string(64, 'b');
  return r;
}

segment_record skipped_record() {
  segment_record r;
  r.seq = 1;
  r.run_id = "a";
  r.status = record_status::skipped;
  r.type = "news";
  r.skip_reason = "max_retries_exceeded";
  r.attempt_outcomes = {"stall", "rejected"};
  r.title = "T";
  r.template_id = "t-01";
  r.file_stem = "horror_story_20000101_000000_0001";
  r.usage = token_usage{std::nullopt, 5};
  return r;
}

} // namespace

TEST_CASE("record line equals the library's dump", "[messages]") {
  for (const auto& r : {full_record(), skipped_record(), segment_record{}}) CHECK(record_line(r) == escape_controls(dumped(json(r))));
}

TEST_CASE("record survives a round trip through its line", "[messages]") {
  for (const auto& r : {full_record(), skipped_record()}) {
    const auto line = record_line(r);
    const auto back = json::parse(line).get<segment_record>();
    CHECK(record_line(back) == line);
    CHECK(canonical_json(back) == canonical_json(r));
  }
}

TEST_CASE("both canonical forms agree byte for byte", "[messages]") {
  for (const auto& r : {full_record(), skipped_record(), segment_record{}})
    CHECK(canonical_json(r) == canonical_json(json::parse(record_line(r))));
}

TEST_CASE("canonical form leaves out times, places and the chain", "[messages]") {
  auto r = skipped_record();
  const auto before = canonical_json(r);
  r.run_id = "other";
  r.accepted_at = "2026-01-01T00:00:00Z";
  r.generation_ms = 9;
  r.hash = "x";
  r.prev_hash = "y";
  r.file_stem = "z";
  CHECK(canonical_json(r) == before);
  r.attempts = 3;
  CHECK(canonical_json(r) != before);
}

TEST_CASE("canonical form has sorted keys, no spaces and three decimals", "[messages]") {
  CHECK(canonical_json(json::parse(R"({"b": 1.0, "a": [0.12345, 2, -0.0001], "hash": "x", "c": {"hash": "kept"}})")) ==
        R"({"a":[0.123,2,0.0],"b":1.0,"c":{"hash":"kept"}})");
}

TEST_CASE("fractions print as the library prints them", "[messages]") {
  for (int i = -2500; i <= 2500; ++i) {
    std::string text;
    append_json_fraction(text, i / 1000.0);
    REQUIRE(text == json(rounded3(i / 1000.0)).dump());
  }
  std::string text;
  append_json_fraction(text, std::numeric_limits<double>::quiet_NaN());
  CHECK(text == "0.0");
}

TEST_CASE("string escaping equals the library's for any bytes", "[messages]") {
  random_stream random(1, 0, 0, "escape test");
  for (int round = 0; round < 20000; ++round) {
    std::string raw;
    for (auto n = random.below(12); n > 0; --n) {
      // Mostly bytes around the borders of UTF-8, where mistakes hide.
      constexpr unsigned char corners[] = {0x00, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xa0,
                                           0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xf5, 0xff, 'a'};
      raw += static_cast<char>(random.chance(0.5) ? corners[random.below(std::size(corners))] : random.below(256));
    }
    std::string text;
    append_json_string(text, raw);
    REQUIRE(text == dumped(json(raw)));
  }
}

TEST_CASE("invalid UTF-8 is replaced and stays chained", "[messages]") {
  auto r = full_record();
  r.text = "bad \xff\xc3 bytes";
  const auto line = record_line(r);
  CHECK(line == dumped(json(r)));
  CHECK(canonical_json(json::parse(line)) == canonical_json(r));
}

TEST_CASE("a line with a missing or wrong field is refused", "[messages]") {
  auto j = json(full_record());
  j.erase("text");
  CHECK_THROWS_AS(j.get<segment_record>(), json::exception);
  j = json(full_record());
  j["status"] = "lost";
  CHECK_THROWS_AS(j.get<segment_record>(), json::exception);
  j = json(full_record());
  j["story"]["timeline"] = "hourly";
  CHECK_THROWS_AS(j.get<segment_record>(), json::exception);
}
