// The monitor: publishes what is committed, shows how runs stand, watches PAUSE files and disk space. One an engine.
//
//   scheduler  --publish_segment, facts_changed, event_happened--> monitor --segments_published--> scheduler
//   supervisor --run_opened, answer_status, finish_publishing----> monitor --condition_seen------> supervisor
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

  /// What is shown of one run.
  struct shown_run {
    std::shared_ptr<const run_config> config;
    std::optional<run_publisher> publisher;
    std::shared_ptr<const run_facts> facts;
    segment_trend trend;
    std::vector<status_warning> warnings;
    std::string status_json;
    std::int64_t status_written_ms = 0;
    bool status_is_due = false;
    std::int64_t log_synced_ms = 0;
    /// As last told to the supervisor; unknown until it was looked for.
    std::optional<bool> pause_file;
    std::optional<bool> disk_told;
    /// Device of the output folder; runs on one are asked for together.
    std::optional<std::uint64_t> device;
    /// Free space lies below the run's floor.
    bool disk_low = false;
    bool write_failed = false;
    std::string write_failure;
    std::int64_t last_segment_at_ms = 0;
    std::map<std::string, std::string> warning_since;
    /// Codes of the warnings that are known as events.
    std::set<std::string> told_warnings;
    /// The run's scheduler, to ask for facts.
    scheduler_actor facts_from;
  };

  engine_options options;
  std::shared_ptr<const crew_board> board;
  std::shared_ptr<storage::store> store;
  std::map<std::string, shown_run> runs;
  /// Last status of runs that have ended in this process.
  std::map<std::string, std::string> ended;
  storage::record_reader records;
  pause_files pauses;
};

monitor_actor::behavior_type make_monitor(monitor_actor::stateful_pointer<monitor_state> self,
                                          std::shared_ptr<const crew_board> board,
                                          std::shared_ptr<storage::store> store, engine_options options);

} // namespace longwave
