// How long a run will still take. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace longwave {

/// Remaining segments times the recent mean (domain 7.4), skips included.
/// @param done,planned segments; no plan, no estimate
/// @param recent_ms    mean time a segment, milliseconds
/// @param elapsed_ms, duration_ms time line of a `--duration-seconds` run; whichever ends first counts
/// @return milliseconds, empty before three segments
inline std::optional<double> eta_ms(std::uint64_t done, std::optional<std::uint64_t> planned,
                                    std::optional<double> recent_ms, std::int64_t elapsed_ms,
                                    std::optional<std::int64_t> duration_ms) {
  std::optional<double> by_count;
  if (planned && *planned <= done) return 0.0;
  if (planned && recent_ms && done >= 3) by_count = static_cast<double>(*planned - done) * *recent_ms;
  if (!duration_ms) return by_count;
  const double by_time = duration_ms.value() > elapsed_ms ? static_cast<double>(*duration_ms - elapsed_ms) : 0.0;
  return by_count && *by_count < by_time ? by_count : by_time;
}

} // namespace longwave
