// Segments lost in a row: the fifth pauses the run.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace longwave {

/// A failure is a segment that ended without an accepted result (contract 8.2). Interruptions never come here.
/// Stored with the run, so that a restart cannot wash it away.
struct failure_streak {
  enum class effect { none, pause };

  /// Failures since the last accepted segment or resume; stays at `limit` until resumed.
  std::uint64_t consecutive = 0;
  std::uint64_t total = 0;
  // contract 8.2: "Five in a row". 0 = never pauses.
  int limit = 5;
  /// Why the latest failure happened; empty before the first.
  std::string last;
  /// How many of the latest failures, without a gap, were transport, stall or 5xx.
  std::uint64_t backend_in_row = 0;

  /// An accepted segment ends the streak.
  effect on_accepted() noexcept;
  /// A skipped segment. `pause` when the limit is reached.
  /// @param backend_class  the last attempt failed by transport, stall or 5xx
  effect on_failed(const std::string& why, bool backend_class);
  /// Counting starts again at 0; `total` and `last` stay.
  void on_resumed() noexcept;
  /// True when the limit is reached and all failures of the streak were the backend's: `backend_down` holds too.
  bool all_backend() const noexcept;
};

/// The limit is configuration and not stored.
/// Compact, with sorted names.
void append_json(std::string& out, const failure_streak& s);
void to_json(nlohmann::json& j, const failure_streak& s);
void from_json(const nlohmann::json& j, failure_streak& s);

} // namespace longwave
