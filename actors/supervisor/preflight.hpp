// What must hold before a long run is started, as a list of rows (domain 16, contract 8.28).
#pragma once

#include "messages/run_config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Limits. Source: domain 16: 10 GB and 400 beats before a pilot of 112 hours, 20 GB before 480.
struct preflight_limits {
  std::uint64_t pilot_bytes = 10'000'000'000;
  std::uint64_t long_bytes = 20'000'000'000;
  std::size_t least_beats = 400;
};

/// What was found out. An empty optional or text means that there is nothing to say.
struct preflight_facts {
  /// Broadcast hours; 0 for story runs.
  std::int64_t planned_hours = 0;
  /// Why pack, DJ, catalogue or quest pool cannot be used; the rows that need them are then left out.
  std::string content_fault;
  /// False: the run tells no stories and says so.
  bool tells_stories = true;
  std::size_t stories = 0;
  std::size_t beats = 0;
  std::size_t temporal_violations = 0;
  std::size_t regional_violations = 0;
  std::optional<std::uint64_t> free_bytes;
  /// Bytes that the run itself will write, and those that must stay free.
  std::uint64_t estimated_bytes = 0;
  std::uint64_t floor_bytes = 0;
  /// Why the output folder cannot be written.
  std::string output_fault;
  /// Why the backend does not answer.
  std::string backend_fault;
  /// "new", "resumable", "finished" or "taken" (a run is there and --resume was not given); with detail.
  std::string state = "new";
  std::string state_detail;
  /// There is a store or a catalogue that a disaster would take.
  bool has_data = false;
  /// Path of a backup that was verified; empty when there is none.
  std::string backup;
  /// Why the backup that was named is none.
  std::string backup_fault;
};

struct preflight_row {
  /// content, pools, disk, output, backend, state or backup.
  std::string name;
  /// Empty: does not apply.
  std::optional<bool> met;
  std::string detail;
};

/// Every row, in a fixed order. Beats: 400 from 112 hours on, fewer hours their share of it.
std::vector<preflight_row> judge_preflight(const preflight_facts& facts, const preflight_limits& limits = {});

/// Beats that a run of so many hours wants in its pools.
std::size_t beats_wanted(std::int64_t hours, const preflight_limits& limits = {}) noexcept;

/// True when no row fails.
bool is_ready(const std::vector<preflight_row>& rows) noexcept;

} // namespace longwave
