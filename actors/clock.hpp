// The clock seam: the only place below `cli` where the time of day and the steady clock are read.
#pragma once

#include <cstdint>
#include <string>

namespace longwave {

/// Time for logs, status, `accepted_at` and measuring; never for anything that shapes generated text.
/// Threads: const members may be called from any thread.
class host_clock {
public:
  virtual ~host_clock() = default;
  /// Microseconds since 1970-01-01T00:00:00Z.
  virtual std::int64_t wall_us() const;
  /// Milliseconds on a clock that never jumps; arbitrary start.
  virtual std::int64_t steady_ms() const;
};

/// RFC 3339 in UTC with microseconds: "2026-01-31T12:00:00.000001Z".
std::string rfc3339(std::int64_t wall_us);

/// The reading at which every virtual clock starts: 2000-01-01T00:00:00Z (contract 8.22).
inline constexpr std::int64_t virtual_epoch_us = 946'684'800'000'000;

} // namespace longwave
