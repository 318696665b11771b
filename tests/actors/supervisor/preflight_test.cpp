// Tests of the preflight's rows at their boundaries.
#include "actors/supervisor/preflight.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

preflight_facts ready() {
  preflight_facts f;
  f.planned_hours = 112;
  f.stories = 120;
  f.beats = 400;
  f.free_bytes = 10'000'000'000;
  return f;
}

std::vector<std::string> failing(const preflight_facts& f) {
  std::vector<std::string> names;
  for (const auto& r : judge_preflight(f))
    if (r.met == false) names.push_back(r.name);
  return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("preflight: 400 beats and 10 GB are enough for a pilot, one less of either is not") {
  auto f = ready();
  CHECK(is_ready(judge_preflight(f)));
  f.beats = 399;
  f.free_bytes = 9'999'999'999;
  CHECK(failing(f) == names{"pools", "disk"});
  CHECK_FALSE(is_ready(judge_preflight(f)));
}

TEST_CASE("preflight: beyond 112 hours 20 GB are wanted, fewer hours want their share of beats") {
  auto f = ready();
  f.planned_hours = 113;
  CHECK(failing(f) == names{"disk"});
  f.free_bytes = 20'000'000'000;
  CHECK(failing(f).empty());
  CHECK(beats_wanted(112) == 400);
  CHECK(beats_wanted(480) == 400);
  CHECK(beats_wanted(16) == 58);
  CHECK(beats_wanted(0) == 0);
}

TEST_CASE("preflight: rows that do not apply do not fail, what cannot be told does") {
  preflight_facts f;
  f.free_bytes = 1'000'000'000;
  CHECK(failing(f).empty());
  f.free_bytes = std::nullopt;
  CHECK(failing(f) == names{"disk"});
}

TEST_CASE("preflight: state, backup, backend, output and content each fail by themselves") {
  auto f = ready();
  f.state = "taken";
  CHECK(failing(f) == names{"state"});
  f = ready();
  f.has_data = true;
  CHECK(failing(f) == names{"backup"});
  f.backup = "b of today";
  CHECK(failing(f).empty());
  f = ready();
  f.backend_fault = f.output_fault = "no";
  CHECK(failing(f) == names{"output", "backend"});
  f = ready();
  f.content_fault = "no pack";
  CHECK(failing(f) == names{"content", "pools"});
  f = ready();
  f.regional_violations = 1;
  CHECK(failing(f) == names{"pools"});
}
