// Counts stalls.
#include "actors/retry/patience.hpp"

#include <algorithm>

namespace longwave {

int patience_percent(const attempt_state& state, const patience_limits& limits) noexcept {
  const auto stalled = [](const failed_attempt& failed) { return failed.outcome == outcome_class::stall; };
  const auto stalls = std::count_if(state.history.begin(), state.history.end(), stalled);
  const auto steps = std::min<std::ptrdiff_t>(stalls, limits.most_percent); // far beyond the cap, far from overflow
  return std::min(100 + static_cast<int>(steps) * limits.percent_a_stall, limits.most_percent);
}

} // namespace longwave
