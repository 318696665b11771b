// The status of a run that is parked: it lies in the run's folder as it was shown last, and is brought up to date there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// What changes in the status of a run while the run stands still.
struct resting_news {
  std::string updated_at;
  std::optional<std::uint64_t> disk_free_bytes;
  /// By which the elapsed clock has gone on; 0 for a paused run.
  std::int64_t elapsed_ms = 0;
};

/// Tells one status text from any other, so that one that somebody else has written is not shown as ours.
std::uint64_t mark_of(std::string_view status_json) noexcept;

/// The status with the news in it, everything else as it was; nothing when the text is no status.
std::optional<std::string> renewed_status(const std::string& status_json, const resting_news& news);

} // namespace longwave
