// Tests of the record's JSON: the fast line and both canonical forms must agree with nlohmann byte for byte.
#include "messages/json_controls.hpp"
#include "messages/json_text.hpp"
#include "messages/random.hpp"
#include "messages/record.hpp"
#include "tests/messages/record_samples.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using namespace longwave::testing;
using nlohmann::json;

namespace {

std::string dumped(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
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
