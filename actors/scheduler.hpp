// The scheduler: owns one run and keeps its strict order. One a run.
//
//   supervisor --begin, pause, resume, stop--> scheduler --generate_segment--> generator
//   validator  --draft_accepted-------------->           --commit_segment----> committer
//   retry      --attempt_decided------------->           --publish_segment---> monitor
//   committer  --segment_committed----------->           --run_ended---------> supervisor
//   supervisor --unload_run------------------>           --rest_offered------> monitor (and on to the supervisor)
//                                                        --run_parked, run_awake--> supervisor
//
// All decisions are in scheduler/run_loop; this file turns messages into its events and its wishes into messages.
// It never touches the store, a file or a backend.
#pragma once

#include "actors/crew.hpp"
#include "actors/held_segments.hpp"
#include "actors/run_setup.hpp"
#include "actors/scheduler/run_loop.hpp"

#include <memory>

namespace longwave {

struct scheduler_state {
  static inline const char* name = "longwave.scheduler";
  scheduler_state() = default;

  /// The run's state machine.
  std::unique_ptr<run_loop> loop;
  /// Its way out: sends messages in the scheduler's name.
  std::unique_ptr<run_effects> effects;
  /// Where to send.
  std::shared_ptr<const crew_board> board;
  /// The run's place in the table of open segments, for the crash marker.
  std::unique_ptr<segment_hold> hold;
  /// The run's setup, for its id.
  std::shared_ptr<const run_setup> setup;
};

/// @param start where the run stands in the store
scheduler_actor::behavior_type make_scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
                                              std::shared_ptr<const crew_board> board,
                                              std::shared_ptr<const run_setup> setup,
                                              std::shared_ptr<run_start> start);

} // namespace longwave
