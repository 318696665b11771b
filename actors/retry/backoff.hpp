// How long to wait before asking a backend again.
#pragma once

#include <cstdint>

namespace longwave {

/// Waits of the one retry loop there is.
struct backoff_limits {
  // contract 8.1: "waits 1, 2, 4 ... s, cap 30"
  std::int64_t first_ms = 1'000;
  std::int64_t cap_ms = 30'000;
};

/// Wait after the n-th spent attempt (1-based), milliseconds: 1 s, 2 s, 4 s ... 30 s.
std::int64_t backoff_after(int spent_attempts) noexcept;

/// Next wait of a series that doubles, told by what was waited so far: 0 ms gives 1 s, 1 s gives 2 s, 3 s gives 4 s ...
/// The series needs no counter of its own and survives a restart with the waited time.
std::int64_t backoff_from_waited(std::int64_t waited_ms) noexcept;

} // namespace longwave
