// The status of a run that is not in memory: what changes in it, and what is no status of ours.
#include "actors/monitor/resting_status.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using nlohmann::ordered_json;

namespace {

const ordered_json shown = {{"state", "paused"},
                            {"updated_at", "2027-01-15T08:00:00.000000Z"},
                            {"timing", {{"elapsed_s", 4.25}, {"recent_avg_s", 1.0}}},
                            {"forecast", {{"disk", {{"needed_bytes", 5'000}, {"free_bytes", 9'000}, {"fits", true}}}}},
                            {"disk_free_bytes", 9'000},
                            {"warnings", ordered_json::array({"\u202e turned"})}};

} // namespace

TEST_CASE("resting status: time, free space and the elapsed clock go on, nothing else changes") {
  const auto text = renewed_status(shown.dump(2), {"2027-01-15T09:00:00.000000Z", 4'000, 1'500});
  REQUIRE(text);
  auto expected = shown;
  expected["updated_at"] = "2027-01-15T09:00:00.000000Z";
  expected["disk_free_bytes"] = expected["forecast"]["disk"]["free_bytes"] = 4'000;
  expected["forecast"]["disk"]["fits"] = false;
  expected["timing"]["elapsed_s"] = 5.75;
  CHECK(ordered_json::parse(*text) == expected);
  CHECK(text->find("\u202e") == std::string::npos); // written as every status is
  CHECK(text->back() == '\n');
}

TEST_CASE("resting status: space that cannot be told is null, and a pause is not in the elapsed clock") {
  const auto text = renewed_status(shown.dump(), {"now", {}, 0});
  REQUIRE(text);
  const auto status = ordered_json::parse(*text);
  CHECK(status["disk_free_bytes"].is_null());
  CHECK(status["forecast"]["disk"]["fits"].is_null());
  CHECK(status["timing"]["elapsed_s"] == 4.25);
}

TEST_CASE("resting status: what is no status is not renewed, and any other text has another mark") {
  CHECK_FALSE(renewed_status("", {"now", 1, 0}));
  CHECK_FALSE(renewed_status("{\"state\":\"paused\"", {"now", 1, 0}));
  CHECK_FALSE(renewed_status("[]", {"now", 1, 0}));
  CHECK_FALSE(renewed_status("{\"state\":\"paused\"}", {"now", 1, 0}));
  CHECK(mark_of("a status") == mark_of("a status"));
  CHECK(mark_of("a status") != mark_of("a statuS"));
}
