// Doubling waits with a cap.
#include "actors/retry/backoff.hpp"

#include <algorithm>

namespace longwave {

namespace {
constexpr backoff_limits limits;
}

std::int64_t backoff_after(int spent_attempts) noexcept {
  std::int64_t wait = limits.first_ms;
  for (int i = 1; i < spent_attempts && wait < limits.cap_ms; ++i) wait *= 2;
  return std::min(wait, limits.cap_ms);
}

std::int64_t backoff_from_waited(std::int64_t waited_ms) noexcept {
  // 1 + 2 + ... + 2^(n-1) = 2^n - 1: the next wait is what was waited, plus one.
  const std::int64_t waited = std::clamp<std::int64_t>(waited_ms, 0, limits.cap_ms);
  return std::min(waited + limits.first_ms, limits.cap_ms);
}

} // namespace longwave
