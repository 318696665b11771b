// What ends a run before its time: only what nothing later can mend (domain 12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace longwave {

struct abort_limits {
  // contract 8.6: "applies to runs of 100 planned segments or more"
  std::uint64_t lost_from_planned = 100;
  // domain 12: "already-lost segments > 10 % of planned"
  std::uint64_t lost_percent = 10;
  /// Hours of elapsed time beyond which a run is aborted; 0 = never.
  double elapsed_h = 0;
};

/// contract 8.33: 30 h for runs up to 112 planned hours, 60 h for longer ones.
abort_limits abort_limits_for(std::int64_t planned_hours) noexcept;

/// The reason to abort now, or nothing: `critical_in_accepted_output`, `segments_lost` or `time_limit`.
///
/// Each is a certainty: nothing that the rest of the run brings can mend it.
/// @param planned    0 when the number of segments is open; then nothing can be "lost"
/// @param elapsed_h  time running or waiting, over all processes of the run, without pauses
std::optional<std::string> abort_reason(std::uint64_t planned, std::uint64_t accepted, std::uint64_t skipped,
                                        std::uint64_t critical_in_accepted, double elapsed_h,
                                        const abort_limits& limits);

} // namespace longwave
