// When the quality gate trips: the table of positions and thresholds.
#include "actors/validator/quality_gate.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace longwave;

namespace {

/// Accepts everything but the last `failed` of the first `total` segments before position `at`; returns the position of
/// the trip, 0 for none.
std::uint64_t trip_position(std::uint64_t total, const std::vector<std::uint64_t>& failed_at) {
  quality_gate gate;
  for (std::uint64_t n = 1; n <= total; ++n) {
    bool failed = false;
    for (std::uint64_t f : failed_at) failed = failed || f == n;
    if (gate.on_verdict(failed) == quality_gate::effect::pause) return n;
  }
  return 0;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(first + i);
  return out;
}

std::vector<std::uint64_t> joined(std::vector<std::uint64_t> a, const std::vector<std::uint64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace

TEST_CASE("quality_gate: four of fifty pass, five and six do not") {
  CHECK(trip_position(50, range(30, 4)) == 0);
  CHECK(trip_position(50, range(30, 5)) == 50);
  CHECK(trip_position(50, range(30, 6)) == 35);
}

TEST_CASE("quality_gate: one of twenty passes, two do not") {
  CHECK(trip_position(20, {5}) == 0);
  CHECK(trip_position(20, {5, 19}) == 20);
  CHECK(trip_position(19, {5, 19}) == 0);
}

TEST_CASE("quality_gate: thirteen of two hundred pass, fourteen do not") {
  // 1 by 20, 4 by 50, 6 by 100, the rest after.
  const auto spread = joined({5, 30, 31, 32, 60, 61}, {});
  CHECK(trip_position(200, joined(spread, range(150, 7))) == 0);
  CHECK(trip_position(200, joined(spread, range(150, 8))) == 200);
  CHECK(trip_position(200, joined(spread, range(150, 9))) == 158);
}

TEST_CASE("quality_gate: seven of a hundred trip") {
  CHECK(trip_position(100, {5, 30, 31, 32, 60, 61}) == 0);
  CHECK(trip_position(100, {5, 30, 31, 32, 60, 61, 62}) == 100);
}

TEST_CASE("quality_gate: nineteen of four hundred pass, twenty do not") {
  // 9 by 200 is under 5 % at 250 and 300 too.
  const std::vector<std::uint64_t> early{5, 30, 60, 110, 120, 130, 140, 150, 160};
  CHECK(trip_position(400, joined(early, range(360, 10))) == 0);
  CHECK(trip_position(400, joined(early, range(360, 11))) == 400);
}

TEST_CASE("quality_gate: after two hundred it is looked at every fifty") {
  const std::vector<std::uint64_t> early{5, 30, 60, 110, 120, 130, 140, 150, 160};
  CHECK(trip_position(249, joined(early, range(210, 30))) == 0);
  CHECK(trip_position(250, joined(early, range(210, 4))) == 250);
  CHECK(trip_position(250, joined(early, range(210, 3))) == 0);
}

TEST_CASE("quality_gate: more than a band can bear trips at once") {
  CHECK(trip_position(10, range(1, 5)) == 0);
  CHECK(trip_position(10, range(1, 6)) == 6);
}

TEST_CASE("quality_gate: the threshold follows the position") {
  quality_gate gate;
  CHECK(gate.threshold() == Approx(0.10));
  for (int i = 0; i < 50; ++i) gate.on_verdict(false);
  CHECK(gate.threshold() == Approx(0.10));
  gate.on_verdict(false);
  CHECK(gate.threshold() == Approx(0.07));
  for (int i = 51; i < 200; ++i) gate.on_verdict(false);
  CHECK(gate.threshold() == Approx(0.07));
  gate.on_verdict(false);
  CHECK(gate.threshold() == Approx(0.05));
}

TEST_CASE("quality_gate: it pauses once, and resume starts the count anew") {
  quality_gate gate;
  for (int i = 0; i < 5; ++i) CHECK(gate.on_verdict(true) == quality_gate::effect::none);
  CHECK(gate.state_name() == "ok");
  CHECK(gate.on_verdict(true) == quality_gate::effect::pause);
  CHECK(gate.state_name() == "tripped");
  CHECK(gate.on_verdict(true) == quality_gate::effect::none);
  gate.on_resumed();
  CHECK(gate.evaluated == 0);
  CHECK(gate.failed == 0);
  CHECK(gate.state_name() == "ok");
  for (int i = 0; i < 5; ++i) CHECK(gate.on_verdict(true) == quality_gate::effect::none);
  CHECK(gate.on_verdict(true) == quality_gate::effect::pause);
}

TEST_CASE("quality_gate: a resume for another reason keeps the count") {
  quality_gate gate;
  gate.on_verdict(true);
  gate.on_resumed();
  CHECK(gate.evaluated == 1);
  CHECK(gate.failed == 1);
}

TEST_CASE("quality_gate: state survives JSON") {
  quality_gate gate;
  for (int i = 0; i < 6; ++i) gate.on_verdict(true);
  const auto back = nlohmann::json::parse(nlohmann::json(gate).dump()).get<quality_gate>();
  CHECK(back.evaluated == 6);
  CHECK(back.failed == 6);
  CHECK(back.tripped);
  CHECK_THROWS_AS(nlohmann::json::object().get<quality_gate>(), nlohmann::json::exception);
}

TEST_CASE("quality_gate: category limits scale with the planned segments and only warn") {
  CHECK(exceeded_categories({{"temporal", 3}, {"voice", 10}, {"format", 24}, {"story", 48}}, 480).empty());
  CHECK(exceeded_categories({{"temporal", 4}, {"tone", 11}, {"format", 25}, {"weather", 49}}, 480) ==
        std::vector<std::string>{"temporal", "voice", "format", "minor"});
  CHECK(exceeded_categories({{"format", 12}}, 240).empty());
  CHECK(exceeded_categories({{"format", 13}}, 240) == std::vector<std::string>{"format"});
  CHECK(exceeded_categories({{"temporal", 1}}, 10).empty());
  CHECK(exceeded_categories({}, 0).empty());
}
