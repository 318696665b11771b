// One run of thirty simulated days under faults that a seed chooses, and the run's undisturbed twin.
//
// Seeds come in groups of four: the group's number chooses what is run (a broadcast of scripted texts, one of the real
// grammar, or a series of stories) and what its backend does wrong; the seed itself chooses what happens to the machine.
// The four runs of a group share one twin.
#pragma once

#include "tests/support/simulated_engine.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace longwave::test {

/// How many runs share a configuration and its undisturbed twin.
inline constexpr std::uint64_t seeds_a_twin = 4;

/// What one run went through and what was wrong with it.
struct simulated_run {
  std::uint64_t seed = 0;
  std::string what;                          ///< "broadcast", "grammar" or "stories"
  std::uint64_t segments = 0;
  std::uint64_t steps = 0;
  std::uint64_t event_hash = 0;
  std::map<std::string, std::uint64_t> counts; ///< faults, deaths, crashes ... by name
  std::vector<std::string> wrong;            ///< broken promises, one line each; empty = all held

  /// "SEED=7 simulated 480 segments of broadcast, 37 faults, 3 crashes"
  std::string summary() const;
};

/// Keeps the twin of the last group, so that runs in the order of their seeds need a quarter of the twins.
class twin_shelf {
public:
  const std::vector<std::string>& of(const run_config& config, const simulation_options& options,
                                     const answer_script& script, std::uint64_t group);

private:
  std::uint64_t group_ = UINT64_MAX;
  std::vector<std::string> lines_;
};

/// Plays the run of one seed to its end, watches the promises after every event, and recounts everything at the end.
/// @param trace gets a line for each event; empty for none
simulated_run simulate(std::uint64_t seed, twin_shelf& twins, const std::function<void(const std::string&)>& trace = {});

} // namespace longwave::test
