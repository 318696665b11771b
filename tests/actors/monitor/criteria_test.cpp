// The criteria's targets and abort lines, each on both sides, and the verdict that follows.
#include "actors/monitor/criteria.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

/// A run of `planned` segments of which all that were not accepted are lost, everything else in order.
run_numbers finished(std::uint64_t planned, std::uint64_t accepted) {
  run_numbers n;
  n.planned = planned;
  n.accepted = accepted;
  n.skipped = planned - accepted;
  n.critical = 0;
  n.evaluated = accepted;
  n.passed = accepted;
  n.hours = 1;
  n.planned_hours = static_cast<std::int64_t>(planned);
  return n;
}

criterion find(const run_numbers& n, const std::string& name) {
  for (const auto& c : judge_criteria(n))
    if (c.name == name) return c;
  FAIL("no criterion " << name);
  return {};
}

run_verdict verdict(const run_numbers& n) { return verdict_from(judge_criteria(n)); }

/// A run of which the parts of each tier can be made to fail.
run_numbers run_with(bool must, bool should, bool nice) {
  auto n = finished(112, must ? 112 : 105);
  n.repeated = should ? 0 : 8; // between target and abort line
  n.hours = nice ? 19 : 25;
  return n;
}

} // namespace

TEST_CASE("the criteria stand in the contract's order", "[criteria]") {
  std::vector<std::string> names;
  for (const auto& c : judge_criteria({})) names.push_back(c.name);
  CHECK(names == std::vector<std::string>{"segments_generated", "critical_violations", "unrecoverable_crashes",
                                          "validation_pass_rate", "repetition_rate", "arcs_resolved", "total_hours",
                                          "cache_hit_rate"});
}

TEST_CASE("segments generated: 95 percent are the target, 90 the abort line", "[criteria]") {
  struct row {
    std::uint64_t planned, accepted;
    bool met, aborts;
  };
  const auto r = GENERATE(row{112, 107, true, false}, row{112, 106, false, false}, row{112, 101, false, false},
                          row{112, 100, false, true}, row{480, 456, true, false}, row{480, 455, false, false},
                          row{480, 432, false, false}, row{480, 431, false, true});
  const auto c = find(finished(r.planned, r.accepted), "segments_generated");
  CAPTURE(r.planned, r.accepted);
  CHECK(c.met == r.met);
  CHECK(c.aborts == r.aborts);
}

TEST_CASE("segments that are not yet made are not lost", "[criteria]") {
  auto n = finished(112, 112);
  n.accepted = 10;
  n.skipped = 1;
  const auto c = find(n, "segments_generated");
  CHECK_FALSE(c.met);
  CHECK_FALSE(c.aborts);
}

TEST_CASE("a story run without a count has no target", "[criteria]") {
  run_numbers n;
  n.accepted = 3;
  const auto c = find(n, "segments_generated");
  CHECK(c.met);
  CHECK_FALSE(c.target.has_value());
  CHECK(verdict(n) == run_verdict::success);
}

TEST_CASE("one critical violation makes a run invalid", "[criteria]") {
  auto n = finished(112, 112);
  n.critical = 1;
  CHECK_FALSE(find(n, "critical_violations").met);
  CHECK(verdict(n) == run_verdict::invalid);
}

TEST_CASE("pass rate: 95.0 met, 94.9 not met, 89.9 abort", "[criteria]") {
  auto n = finished(1000, 1000);
  n.evaluated = 1000;
  n.passed = 950;
  CHECK(find(n, "validation_pass_rate").met);
  n.passed = 949;
  CHECK_FALSE(find(n, "validation_pass_rate").met);
  CHECK_FALSE(find(n, "validation_pass_rate").aborts);
  CHECK(verdict(n) == run_verdict::conditional);
  n.passed = 899;
  CHECK(find(n, "validation_pass_rate").aborts);
  CHECK(verdict(n) == run_verdict::invalid);
}

TEST_CASE("repetition: 4.9 met, 5.0 not met, 10.1 abort", "[criteria]") {
  auto n = finished(1000, 1000);
  n.repeated = 49;
  CHECK(find(n, "repetition_rate").met);
  n.repeated = 50;
  CHECK_FALSE(find(n, "repetition_rate").met);
  n.repeated = 100;
  CHECK_FALSE(find(n, "repetition_rate").aborts);
  n.repeated = 101;
  CHECK(find(n, "repetition_rate").aborts);
}

TEST_CASE("arcs: 10 of 10 met, 9 of 10 not met, 7 of 10 abort", "[criteria]") {
  auto n = finished(112, 112);
  n.arcs_completed = 10;
  CHECK(find(n, "arcs_resolved").met);
  n.arcs_completed = 9;
  n.arcs_due = 1;
  CHECK_FALSE(find(n, "arcs_resolved").met);
  CHECK_FALSE(find(n, "arcs_resolved").aborts);
  n.arcs_completed = 7;
  n.arcs_abandoned = 2;
  CHECK(find(n, "arcs_resolved").aborts);
}

TEST_CASE("time limits are 20 and 30 hours up to 112 planned hours, 40 and 60 beyond", "[criteria]") {
  auto n = finished(112, 112);
  n.hours = 20;
  CHECK_FALSE(find(n, "total_hours").met);
  CHECK_FALSE(find(n, "total_hours").aborts);
  n.hours = 30.1;
  CHECK(find(n, "total_hours").aborts);
  n.planned_hours = 113;
  CHECK(find(n, "total_hours").met);
  n.hours = 60.1;
  CHECK(find(n, "total_hours").aborts);
}

TEST_CASE("a cold cache is a missed wish and no abort", "[criteria]") {
  auto n = finished(112, 112);
  n.cache_hits = 1;
  n.cache_misses = 9;
  CHECK_FALSE(find(n, "cache_hit_rate").met);
  CHECK_FALSE(find(n, "cache_hit_rate").aborts);
  CHECK(verdict(n) == run_verdict::success);
}

TEST_CASE("a criterion without a value is n/a and counts as met", "[criteria]") {
  auto n = finished(112, 112);
  n.critical.reset();
  n.evaluated = n.passed = 0;
  for (const auto* name : {"critical_violations", "validation_pass_rate", "arcs_resolved", "cache_hit_rate"}) {
    const auto c = find(n, name);
    CAPTURE(name);
    CHECK_FALSE(c.value.has_value());
    CHECK(c.met);
  }
  CHECK(verdict(n) == run_verdict::success);
}

TEST_CASE("the verdict over all eight combinations of tiers", "[criteria]") {
  for (const bool nice : {true, false}) {
    CHECK(verdict(run_with(true, true, nice)) == run_verdict::success);
    CHECK(verdict(run_with(true, false, nice)) == run_verdict::conditional);
    CHECK(verdict(run_with(false, true, nice)) == run_verdict::invalid);
    CHECK(verdict(run_with(false, false, nice)) == run_verdict::invalid);
  }
}
