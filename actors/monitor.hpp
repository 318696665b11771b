// The monitor: publishes what is committed, shows how runs stand, watches PAUSE files and disk space. One an engine.
//
//   scheduler  --publish_segment, facts_changed, event_happened--> monitor --segments_published--> scheduler
//   supervisor --run_opened, answer_status, finish_publishing----> monitor --condition_seen------> supervisor
//   scheduler  --rest_offered--> monitor --rest_offered--> supervisor --run_rests--> monitor --wake_run--> supervisor
//
// Order of publishing (contract 8.14): segments.jsonl, then a story's pair, then LIVE_STATUS.json, then readable files.
// All of it is derived from the store and redone at start-up. It reads and shows; it never decides.
#pragma once

#include "actors/crew.hpp"
#include "actors/monitor/pause_files.hpp"
#include "actors/monitor/run_publisher.hpp"
#include "actors/monitor/trend.hpp"
#include "actors/supervisor.hpp"
#include "messages/run_config.hpp"
#include "messages/status.hpp"
#include "storage/record_reader.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace longwave {

struct monitor_state {
  static inline const char* name = "longwave.monitor";
  monitor_state() = default;

  /// What is known of each run, also of one that is parked.
  struct watched_run {
    std::string id;
    /// A path takes ten times as much.
    std::string folder;
    std::int64_t disk_floor_bytes = 0;
    std::int64_t status_written_ms = 0;
    /// Of the status that was written last (monitor/resting_status.hpp); 0 = none was.
    std::uint64_t status_mark = 0;
    std::int64_t last_segment_at_ms = 0;
    /// Device of the output folder; runs on one are asked for together.
    std::optional<std::uint64_t> device;
    /// As last told to the supervisor; unknown until it was looked for.
    std::optional<bool> pause_file;
    std::optional<bool> disk_told;
    /// Free space lies below the run's floor.
    bool disk_low = false;
    bool write_failed = false;
    std::string write_failure;
    std::map<std::string, std::string> warning_since;
    /// Codes of the warnings that are known as events.
    std::set<std::string> told_warnings;
  };

  /// What is shown of one run.
  struct shown_run : watched_run {
    std::shared_ptr<const run_config> config;
    std::optional<run_publisher> publisher;
    std::shared_ptr<const run_facts> facts;
    segment_trend trend;
    /// Empty until there are facts.
    std::string status_json;
    bool status_is_due = false;
    std::int64_t log_synced_ms = 0;
    /// The run's scheduler, to ask for facts.
    scheduler_actor facts_from;
  };

  /// A parked run: what was shown last lies in its folder, everything else is to be had from the store again.
  struct resting_run : watched_run {
    /// Null before the first segment.
    std::unique_ptr<segment_trend> trend;
    /// Its elapsed clock goes on: it waits for its next story.
    bool waits = false;
  };

  engine_options options;
  std::shared_ptr<const crew_board> board;
  std::shared_ptr<storage::store> store;
  std::map<std::string, shown_run> runs;
  /// None of them is among `runs`.
  std::map<std::string, resting_run> resting;
  /// How many they were at the last heartbeat, and for how many heartbeats they have been as many.
  std::size_t rested_before = 0;
  int calm_heartbeats = 0;
  /// Where the next look at the PAUSE files of resting runs goes on.
  std::string next_watched;
  /// Last status of runs that have ended in this process.
  std::map<std::string, std::string> ended;
  /// The engine's own folder holds a PAUSE.
  bool all_paused = false;
  storage::record_reader records;
  pause_files pauses;
};

monitor_actor::behavior_type make_monitor(monitor_actor::stateful_pointer<monitor_state> self,
                                          std::shared_ptr<const crew_board> board,
                                          std::shared_ptr<storage::store> store, engine_options options);

} // namespace longwave
