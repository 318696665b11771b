// The supervisor: starts runs and actors, steers them, restarts what dies, ends everything. One an engine.
//
//   outside   --submit_run, control_request, stop_engine--> supervisor --begin, pause, resume, stop--> scheduler
//   scheduler --run_ended--> supervisor        committer --run_stored, run_fenced--> supervisor
//   monitor   --condition_seen, publishing_finished--> supervisor
//   monitor   --rest_offered--> supervisor --unload_run--> scheduler --run_parked--> supervisor --run_rests--> monitor
//
// Children (restart type permanent): committer, monitor, retry, generators, validators; schedulers are revived from the
// store until their run ends. Restart intensity is data (supervisor/restart_intensity). One level only.
// A run that stands still is parked: its scheduler leaves the memory, and whatever would have been said to it gets the run
// back from the store, by the same way as a revival (decision 20).
// It decides nothing about segments: limits of a run are looked at in the run's own commit (scheduler/run_life).
#pragma once

#include "actors/validator/run_texts.hpp"
#include "actors/clock.hpp"
#include "actors/crew.hpp"
#include "actors/run_setup.hpp"
#include "actors/scheduler/rest.hpp"
#include "actors/supervisor/restart_intensity.hpp"
#include "storage/output_folder.hpp"
#include "storage/store.hpp"

#include <caf/message.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace longwave {

/// How the engine is built; the same for a program, a benchmark and a simulation.
struct engine_options {
  std::size_t generators = 2;
  std::size_t validators = 2;
  /// Committer and monitor, which wait for the disk, get a thread each; false in simulations.
  bool detached_writers = true;
  /// How long the monitor waits between two looks at PAUSE files (250 ms at most where a person waits), free space and
  /// what it shows. Simulated months, most of whose events would be looks, take fewer.
  std::chrono::milliseconds look_pause{200};
  std::shared_ptr<const host_clock> clock;
  /// The run that is about to be submitted: what is asked of it before waits for it. Empty for none.
  std::string awaited_run;
  /// The engine's own folder: a PAUSE file in it pauses every run; empty for none.
  std::filesystem::path data_folder;
  /// The files seam for everything below output folders; outlives the engine.
  storage::file_calls* files = &storage::system_file_calls();
  /// Called for every status that is shown; any thread.
  std::function<void(const std::string& run, const std::string& status_json)> on_status;
  /// Called for every event; any thread.
  std::function<void(const event_happened&)> on_event;
  /// Called for every answer of a backend, and for what a fault plan puts in its place; any thread.
  std::function<void(const draft&)> on_answer;
  /// Called on the committer's thread before (true) and after (false) each write of a group of commits.
  std::function<void(bool begins)> on_commit;
  /// Called once when the engine must end by itself (restart intensity of a shared actor): exit code 70.
  std::function<void(std::string why)> on_collapse;
  /// Called when the last run has ended after `stop_engine`.
  std::function<void()> on_stopped;
};

struct supervisor_state {
  static inline const char* name = "longwave.supervisor";
  supervisor_state() = default;
  /// Ends the schedulers: an open attempt holds its own scheduler, so letting go of the handles is not enough.
  ~supervisor_state();

  /// One run under way.
  struct child_run {
    std::string id;
    /// Of a parked run the setup has no configuration: that is read from the store again.
    submit_run order;
    scheduler_actor scheduler;
    bool begun = false;
    bool ended = false;
    bool published = false;
    bool reviving = false;
    /// Whether there is a scheduler to speak to: loaded, asked to leave, gone, or coming back.
    enum class residence { loaded, unloading, parked, waking };
    residence where = residence::loaded;
    /// Null until it has ended.
    std::unique_ptr<run_outcome> outcome;
    /// Last committed segment when its scheduler died.
    std::uint64_t died_after = 0;
    std::vector<std::string> extra_pauses;
    /// What the monitor saw and sees still ("pause_file", "disk_low"): a revived scheduler is told again.
    std::set<std::string> conditions;
    /// Asked for while there was no scheduler.
    std::vector<control_request> deferred;
    /// Said while it was not loaded, in order.
    std::vector<caf::message> mail;
    /// Of a parked run, until it is back.
    std::shared_ptr<const rested_run> rested;
    /// Of the timer that counts.
    std::uint64_t timer_number = 0;
  };
  /// Asked of the awaited run before it was submitted.
  std::vector<control_request> early;

  engine_options options;
  std::shared_ptr<storage::store> store;
  std::shared_ptr<crew_board> board;
  std::map<std::string, child_run> runs;
  restart_intensity intensity;
  bool stopping = false;
  /// Parked runs up to this id have been got back to be ended.
  std::string ended_up_to;
};

supervisor_actor::behavior_type make_supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                                std::shared_ptr<crew_board> board,
                                                std::shared_ptr<storage::store> store, engine_options options);

/// What the repetition rules look back on after a restart: digests of the last accepted texts up to `seq`, oldest first.
/// Fails with store_damaged when one cannot be read: without it the run would go on with other texts than its twin.
result<std::vector<recent_text>> recent_texts(const storage::store& store, const std::string& run, std::uint64_t seq,
                                              std::uint64_t limit);

/// How far back the repetition rules look: all texts that they remember (validator/run_texts).
constexpr std::uint64_t look_back() noexcept { return run_texts::most; }

} // namespace longwave
