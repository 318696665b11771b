// Deaths counted against a segment.
#include "actors/supervisor/recovery_plan.hpp"

namespace longwave {

namespace {
constexpr recovery_limits recovery_numbers;
}

start_decision decide_start(const attempt_state& noted, bool died_of_itself, std::uint64_t starts_without_commit) {
  start_decision d;
  d.resumed = noted;
  if (died_of_itself) ++d.resumed.process_deaths;
  d.skip_poison = d.resumed.process_deaths >= recovery_numbers.process_deaths || noted.actor_deaths >= recovery_numbers.actor_deaths;
  // Skipping commits something, and so ends the series of starts by itself.
  d.pause_crash_loop = !d.skip_poison && starts_without_commit >= recovery_numbers.starts_without_commit;
  return d;
}

bool note_actor_death(attempt_state& state) noexcept {
  ++state.actor_deaths;
  return state.actor_deaths >= recovery_numbers.actor_deaths;
}

} // namespace longwave
