// The criteria of a run and the verdict that follows from them: numbers in, judgement out (domain 12). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// What a criterion that is not met means for the verdict.
enum class criterion_tier { must, should, nice };

/// "MUST", "SHOULD" or "NICE".
std::string_view to_string(criterion_tier t) noexcept;

/// What is judged. A field that is empty has no value in this run: its criterion is n/a and counts as met.
struct run_numbers {
  /// Empty for a story run without a count: then there is no target.
  std::optional<std::uint64_t> planned;
  std::uint64_t accepted = 0;
  std::uint64_t skipped = 0;
  /// Critical violations in accepted texts. Empty: nobody looked.
  std::optional<std::uint64_t> critical;
  /// Ends of the run that no restart could mend.
  std::uint64_t crashes = 0;
  /// Segments that reached a verdict of the validator, and those of them that passed. `evaluated` 0: no value.
  std::uint64_t evaluated = 0;
  std::uint64_t passed = 0;
  /// Accepted segments that repeat what was said before (contract 8.33).
  std::uint64_t repeated = 0;
  /// Stories told to their end, given up, and open although their time is over. All 0: no value.
  std::uint64_t arcs_completed = 0;
  std::uint64_t arcs_abandoned = 0;
  std::uint64_t arcs_due = 0;
  /// Time running or waiting, hours. Empty for story runs, which have no limit.
  std::optional<double> hours;
  /// Decides which time limits hold: up to 112 planned hours 20/30, beyond 40/60.
  std::int64_t planned_hours = 0;
  /// Look-ups of retrieved background. Both 0: no value.
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
};

/// How a value is compared with its target and its abort line.
enum class comparison {
  /// Met from the target on, aborts below the line.
  at_least,
  /// Met up to the target, aborts above the line.
  at_most,
  /// Met below the target, aborts above the line.
  below
};

/// One row of the table.
struct criterion {
  std::string name;
  criterion_tier tier = criterion_tier::must;
  comparison order = comparison::at_least;
  /// Empty: n/a.
  std::optional<double> value;
  std::optional<double> target;
  std::optional<double> abort_if;
  bool met = true;
  bool aborts = false;
};

/// The eight criteria in the order of contract section 3.
std::vector<criterion> judge_criteria(const run_numbers& n);

enum class run_verdict { success, conditional, invalid };

/// "SUCCESS", "CONDITIONAL" or "INVALID".
std::string_view to_string(run_verdict v) noexcept;

/// INVALID when a MUST is not met or an abort line is crossed, CONDITIONAL when a SHOULD is not met, else SUCCESS.
run_verdict verdict_from(const std::vector<criterion>& criteria) noexcept;

/// Whole segments that `percent` of `planned` come to, rounded up: 95 % of 112 are 107.
std::uint64_t share_rounded_up(std::uint64_t planned, std::uint64_t percent) noexcept;

} // namespace longwave
