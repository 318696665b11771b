// The monotone certainties, gravest first.
#include "actors/supervisor/abort_rules.hpp"

#include "messages/run_config.hpp"

namespace longwave {

namespace {
constexpr double pilot_limit_h = 30;
constexpr double long_limit_h = 60;
} // namespace

abort_limits abort_limits_for(std::int64_t planned_hours) noexcept {
  abort_limits limits;
  limits.elapsed_h = planned_hours <= pilot_hours ? pilot_limit_h : long_limit_h;
  return limits;
}

std::optional<std::string> abort_reason(std::uint64_t planned, std::uint64_t accepted, std::uint64_t skipped,
                                        std::uint64_t critical_in_accepted, double elapsed_h,
                                        const abort_limits& limits) {
  if (critical_in_accepted > 0) return "critical_in_accepted_output";
  const bool open_end = planned == 0 || planned < limits.lost_from_planned;
  if (!open_end && skipped * 100 > planned * limits.lost_percent) return "segments_lost";
  // The last segment is in: a run that is done is judged by its report, not aborted.
  const bool done = planned != 0 && accepted + skipped >= planned;
  if (!done && limits.elapsed_h > 0 && elapsed_h > limits.elapsed_h) return "time_limit";
  return std::nullopt;
}

} // namespace longwave
