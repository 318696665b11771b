// The table of criteria with its targets and abort lines.
#include "actors/monitor/criteria.hpp"

#include "actors/monitor/ratio.hpp"
#include "messages/run_config.hpp"

namespace longwave {

namespace {

// domain 12: targets and abort lines.
constexpr std::uint64_t segments_target_percent = 95;
constexpr std::uint64_t segments_abort_percent = 90;
constexpr double pass_target = 0.95;
constexpr double pass_abort = 0.90;
constexpr double repetition_target = 0.05;
constexpr double repetition_abort = 0.10;
constexpr double arcs_target = 1.0;
constexpr double arcs_abort = 0.80;
constexpr double cache_target = 0.70;
constexpr double cache_abort = 0.50;
// contract 8.33: time lines of a pilot and of a long run, hours.
constexpr double pilot_target_h = 20;
constexpr double pilot_abort_h = 30;
constexpr double long_target_h = 40;
constexpr double long_abort_h = 60;

criterion judged(std::string name, criterion_tier tier, comparison order, std::optional<double> value,
                 std::optional<double> target, std::optional<double> abort_if) {
  criterion c{std::move(name), tier, order, value, target, abort_if, true, false};
  if (!value) return c;
  const bool low_is_bad = order == comparison::at_least;
  if (target)
    c.met = low_is_bad ? *value >= *target : order == comparison::at_most ? *value <= *target : *value < *target;
  if (abort_if) c.aborts = low_is_bad ? *value < *abort_if : *value > *abort_if;
  return c;
}

/// What is not yet done is not lost: only segments that can no longer come cross the abort line.
criterion segments_generated(const run_numbers& n) {
  const auto value = static_cast<double>(n.accepted);
  if (!n.planned) return judged("segments_generated", criterion_tier::must, comparison::at_least, value, {}, {});
  const auto abort_line = share_rounded_up(*n.planned, segments_abort_percent);
  auto c =
    judged("segments_generated", criterion_tier::must, comparison::at_least, value,
           static_cast<double>(share_rounded_up(*n.planned, segments_target_percent)), static_cast<double>(abort_line));
  c.aborts = *n.planned < n.skipped + abort_line;
  return c;
}

} // namespace

std::string_view to_string(criterion_tier t) noexcept {
  return t == criterion_tier::must ? "MUST" : t == criterion_tier::should ? "SHOULD" : "NICE";
}

std::string_view to_string(run_verdict v) noexcept {
  return v == run_verdict::success ? "SUCCESS" : v == run_verdict::conditional ? "CONDITIONAL" : "INVALID";
}

std::uint64_t share_rounded_up(std::uint64_t planned, std::uint64_t percent) noexcept {
  return (planned * percent + 99) / 100;
}

std::vector<criterion> judge_criteria(const run_numbers& n) {
  using enum criterion_tier;
  const bool pilot = n.planned_hours <= pilot_hours;
  const auto critical = n.critical ? std::optional(static_cast<double>(*n.critical)) : std::nullopt;
  std::vector<criterion> table;
  table.push_back(segments_generated(n));
  table.push_back(judged("critical_violations", must, comparison::at_most, critical, 0, 0));
  table.push_back(judged("unrecoverable_crashes", must, comparison::at_most, static_cast<double>(n.crashes), 0, 0));
  table.push_back(judged("validation_pass_rate", should, comparison::at_least, ratio(n.passed, n.evaluated),
                         pass_target, pass_abort));
  table.push_back(judged("repetition_rate", should, comparison::below, ratio(n.repeated, n.accepted), repetition_target,
                         repetition_abort));
  table.push_back(judged("arcs_resolved", should, comparison::at_least,
                         ratio(n.arcs_completed, n.arcs_completed + n.arcs_abandoned + n.arcs_due), arcs_target,
                         arcs_abort));
  table.push_back(judged("total_hours", nice, comparison::below, n.hours, pilot ? pilot_target_h : long_target_h,
                         pilot ? pilot_abort_h : long_abort_h));
  table.push_back(judged("cache_hit_rate", nice, comparison::at_least,
                         ratio(n.cache_hits, n.cache_hits + n.cache_misses), cache_target, cache_abort));
  // domain 4: a cold cache is slow, not wrong; below its line it is a warning.
  table.back().aborts = false;
  return table;
}

run_verdict verdict_from(const std::vector<criterion>& criteria) noexcept {
  auto verdict = run_verdict::success;
  for (const auto& c : criteria) {
    if (c.aborts || (c.tier == criterion_tier::must && !c.met)) return run_verdict::invalid;
    if (c.tier == criterion_tier::should && !c.met) verdict = run_verdict::conditional;
  }
  return verdict;
}

} // namespace longwave
