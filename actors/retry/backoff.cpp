// Doubling waits with a cap.
#include "actors/retry/backoff.hpp"

#include <algorithm>

namespace longwave {

namespace {
constexpr backoff_limits backoff_numbers;
}

std::int64_t backoff_after(int spent_attempts) noexcept {
  std::int64_t wait = backoff_numbers.first_ms;
  for (int i = 1; i < spent_attempts && wait < backoff_numbers.cap_ms; ++i) wait *= 2;
  return std::min(wait, backoff_numbers.cap_ms);
}

std::int64_t backoff_from_waited(std::int64_t waited_ms) noexcept {
  // 1 + 2 + ... + 2^(n-1) = 2^n - 1: the next wait is what was waited, plus one.
  const std::int64_t waited = std::clamp<std::int64_t>(waited_ms, 0, backoff_numbers.cap_ms);
  return std::min(waited + backoff_numbers.first_ms, backoff_numbers.cap_ms);
}

} // namespace longwave
