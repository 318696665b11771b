// LIVE_STATUS.json: one schema for the file, `status --json` and the API (contract section 4). Pure.
#pragma once

#include "actors/monitor/drift.hpp"
#include "actors/monitor/trend.hpp"
#include "messages/status.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// What the monitor knows besides the run's own facts.
struct status_extras {
  std::string updated_at;
  int pid = 0;
  std::optional<std::uint64_t> disk_free_bytes;
  std::vector<status_warning> warnings;
  /// Null: not known.
  const segment_drift* drift = nullptr;
};

/// The status document. Numbers that are not known are null.
nlohmann::ordered_json live_status(const run_facts& facts, const segment_trend& trend, const status_extras& extras);

/// Warnings that follow from the numbers: pass rate, repetition, slowdown (domain 7.3). `since` is left empty.
std::vector<status_warning> number_warnings(const run_facts& facts, const segment_trend& trend);

} // namespace longwave
