// The fast reader against the library: the same records, the same refusals.
#include "messages/random.hpp"
#include "storage/record_reader.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>

using namespace longwave;
using nlohmann::json;

namespace {

segment_record full_record() {
  segment_record r;
  r.seq = 17;
  r.run_id = "pilot";
  r.type = "gossip";
  r.position = {2, 7, 1, "2102-10-24"};
  r.text = "Good morning, \"friends\".\n\tRain \\ river; caf\xc3\xa9 \xed\x95\x9c \xe2\x80\xae\x01\x7f.";
  r.attempts = 2;
  r.violations = {{"opening", "variety", severity::warning, "Used before.", "good morning"},
                  {"tone", "tone", severity::quality, "Too \"dry\".", ""},
                  {"year", "temporal", severity::critical, "Too late.", "2281"}};
  r.variety = {"good morning friends rain over the", {"rain", "ridge"}, {"Stay safe."}, "pattern-3", {"opening"}};
  r.story = story_mark{"lost-caravan#2", timeline::weekly, 2, 5, 0.125};
  r.usage = token_usage{120, std::nullopt};
  r.attempt_outcomes = {"rejected"};
  r.title = "T";
  r.template_id = "t-01";
  r.file_stem = "horror_story_20000101_000000_0001";
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
  return r;
}

/// What the library makes of a line; nothing where it throws.
std::optional<segment_record> by_library(const std::string& line) {
  try {
    return json::parse(line).get<segment_record>();
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void check_same(storage::record_reader& reader, const std::string& line) {
  const auto expected = by_library(line);
  const auto read = reader.read(line);
  REQUIRE(static_cast<bool>(read) == expected.has_value());
  if (expected) CHECK(json(read.value()) == json(*expected));
}

} // namespace

TEST_CASE("record reader: reads what the writer wrote", "[storage]") {
  storage::record_reader reader;
  for (const auto& r : {full_record(), skipped_record(), segment_record{}}) {
    const auto read = reader.read(record_line(r));
    REQUIRE(read);
    CHECK(record_line(read.value()) == record_line(r));
  }
}

TEST_CASE("record reader: a missing or odd field is judged as the library judges it", "[storage]") {
  storage::record_reader reader;
  const auto whole = json(full_record());
  for (const auto& [name, value] : whole.items()) {
    INFO(name);
    auto without = whole;
    without.erase(name);
    check_same(reader, without.dump());
    for (const json& odd : {json(nullptr), json(-3), json(2.5), json("x"), json::array(), json::object(), json(true),
                            json(18'446'744'073'709'551'615u)}) {
      auto changed = whole;
      changed[name] = odd;
      check_same(reader, changed.dump());
    }
  }
}

TEST_CASE("record reader: bytes that are no record are refused with a reason, cut anywhere", "[storage]") {
  storage::record_reader reader;
  const auto line = record_line(full_record());
  for (std::size_t length = 0; length < line.size(); length += 7) check_same(reader, line.substr(0, length));
  const auto refused = reader.read("{\"seq\":1}");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::store_damaged);
  CHECK(refused.error().why.find("run_id") != std::string::npos);
}

TEST_CASE("record reader: a flipped byte gives what the library gives", "[storage]") {
  storage::record_reader reader;
  const auto line = record_line(full_record());
  random_stream draw(7, 0, 0, "flips");
  for (int i = 0; i < 2'000; ++i) {
    auto damaged = line;
    damaged[draw.below(damaged.size())] ^= static_cast<char>(1 << draw.below(8));
    check_same(reader, damaged);
  }
}
