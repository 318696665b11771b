// How often a run's status is written when nobody asks. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace longwave {

/// Numbers of the pace, milliseconds.
struct status_pace {
  /// Between two writes of one run: at most 20 times a second (contract 8.14).
  std::int64_t gap_ms = 50;
  /// Of many runs together 100 times a second: more would be most of the work that an engine does for them.
  std::int64_t share_ms = 10;
  /// How often it is looked at which runs have been silent. Half of what domain 7.1 allows (10 s), so that a look that
  /// comes a moment too early for a run is not one too many.
  std::int64_t heartbeat_ms = 5'000;
  /// Of many silent runs together 50 times a second: from 250 on each is shown less often than at every look.
  std::int64_t heartbeat_share_ms = 20;
  /// Of parked ones ten times a second: of more than a hundred each is shown less often than every 10 s. It would be most
  /// of what ten thousand that stand still cost.
  std::int64_t parked_share_ms = 100;

  /// Least time between two writes of a run's status, with `runs` in the engine.
  std::int64_t gap_of(std::size_t runs) const noexcept {
    return std::max(gap_ms, static_cast<std::int64_t>(runs) * share_ms);
  }

  /// Whether a run whose status was written `age_ms` ago is shown again at this look. A status is written a little after
  /// the look that asked for it, so its age is a little less than the time between two looks.
  /// @param runs  how many share what is written: those that are loaded, or those that are parked
  bool is_due(std::int64_t age_ms, std::size_t runs) const noexcept { return is_due_with(age_ms, runs, heartbeat_share_ms); }
  bool is_due_parked(std::int64_t age_ms, std::size_t runs) const noexcept { return is_due_with(age_ms, runs, parked_share_ms); }

private:
  bool is_due_with(std::int64_t age_ms, std::size_t runs, std::int64_t share_ms) const noexcept {
    return age_ms >= std::max(heartbeat_ms, static_cast<std::int64_t>(runs) * share_ms) - heartbeat_ms / 2;
  }
};

} // namespace longwave
