// A run that stands still for long need not be in memory: what is kept of it until it moves again.
#pragma once

#include "actors/supervisor/pause_reasons.hpp"
#include "messages/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Numbers of resting, milliseconds of real time. All are our own choice.
struct rest_limits {
  /// How long a run stands still before it is unloaded, and how soon it offers itself again: a person who pauses and goes
  /// on at once does not wait for the store.
  std::int64_t after_ms = 2'000;
  /// The same for a run that begins paused, which nobody has just been steering: long enough for it to be shown, so short
  /// that of ten thousand that start together few are loaded at a time.
  std::int64_t begun_paused_ms = 100;
  /// A wait between stories that is over sooner is waited for in memory: getting back takes a commit and a load.
  std::int64_t least_ms = 10'000;
  /// What a process that dies may lose of a wait between stories: each such part is stored. A person would not notice it
  /// in an hour, and ten thousand runs that wait commit 33 times a second.
  std::int64_t store_ms = 300'000;
  /// Parked runs that are got back at a time to be ended with the engine: each is loaded for that.
  std::size_t ended_at_once = 64;
};

/// What of a run at rest is not in the store.
struct rested_run {
  /// Paused, or running where it waits for its next story.
  run_state state = run_state::paused;
  pause_reasons reasons;
  std::string backend_state = "ok";
  std::string backend_detail;
  std::vector<status_warning> warnings;
  std::optional<std::int64_t> last_segment_ms;
  /// The elapsed clock (contract 8.23) at `since_ms` on the host's steady clock.
  std::int64_t elapsed_ms = 0;
  std::int64_t since_ms = 0;
  /// What is left of the wait then; 0 = it waits for nothing but a message.
  std::int64_t wait_ms = 0;
};

/// The elapsed clock of a run at rest: a wait is in it, a pause is not.
inline std::int64_t elapsed_at(const rested_run& run, std::int64_t steady_ms) noexcept {
  return run.elapsed_ms + (run.state == run_state::running ? steady_ms - run.since_ms : 0);
}

/// When a parked run is to be looked at again: the wait that is left, or the next part of it that is stored; 0 = it is over.
inline std::int64_t next_look_ms(const rested_run& run, std::int64_t steady_ms, const rest_limits& limits = {}) noexcept {
  const auto left = run.wait_ms - (steady_ms - run.since_ms);
  return left <= 0 ? 0 : left < limits.store_ms ? left : limits.store_ms;
}

} // namespace longwave
