// What a death means for the segment that was held: go on, skip it, or stop starting.
#pragma once

#include "actors/retry/outcome.hpp"

#include <cstdint>

namespace longwave {

struct recovery_limits {
  // contract 8.3: "The third actor death over one segment skips it"
  int actor_deaths = 3;
  // contract 8.4: "three skip it"
  int process_deaths = 3;
  // contract 8.4: "ten starts in a row that end in the same segment without a commit"
  std::uint64_t starts_without_commit = 10;
};

/// What a start does with the segment that was open when the process before it ended.
struct start_decision {
  /// Pause with `crash_loop` before the segment is touched.
  bool pause_crash_loop = false;
  /// Skip the segment as poison: one failure.
  bool skip_poison = false;
  /// The state to go on with; same attempt number, an interruption spends nothing.
  attempt_state resumed;
};

/// @param noted                  the state stored for the open segment; fresh when none was stored
/// @param died_of_itself         the last process left a marker (fatal signal, terminate handler) naming the segment;
///                               kill -9 and power loss leave none and never skip
/// @param starts_without_commit  starts in a row, before this one, that ended in this segment without a commit
start_decision decide_start(const attempt_state& noted, bool died_of_itself, std::uint64_t starts_without_commit);

/// Notes that an actor died while it held the segment; true when it is to be skipped as poison.
bool note_actor_death(attempt_state& state) noexcept;

} // namespace longwave
