// The fast reader against the library: the same records, the same refusals.
#include "messages/random.hpp"
#include "storage/record_reader.hpp"
#include "tests/messages/record_samples.hpp"
#include "tests/storage/store_test_data.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>

using namespace longwave;
using namespace longwave::testing;
using nlohmann::json;

namespace {

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
  auto sample = full_record();
  sample.attempt_outcomes = {"rejected"};
  sample.title = "T";
  const auto whole = json(sample);
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

TEST_CASE("record reader: a walk visits each record once, and names the one that cannot be read", "[storage]") {
  using namespace longwave::storage::testing;
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 3);
  std::vector<std::uint64_t> seen;
  REQUIRE(storage::for_each_record(*s, "pilot", 2, 3, [&](const segment_record& r, const std::string& line) {
    CHECK(record_line(r) == line);
    seen.push_back(r.seq);
    return ok();
  }));
  CHECK(seen == std::vector<std::uint64_t>{2, 3});
  CHECK(storage::read_record(*s, "pilot", 2).value().seq == 2);
  CHECK(storage::read_record(*s, "pilot", 9).error().code == error_code::not_found);
  auto broken = run.next();
  broken.record_line = R"({"seq":4})";
  REQUIRE(commit_one(*s, broken));
  const auto walked = storage::for_each_record(*s, "pilot", 1, 4, [](const segment_record&, const std::string&) { return ok(); });
  REQUIRE_FALSE(walked);
  CHECK(walked.error().what == "cannot read segment 4 of run pilot");
}
