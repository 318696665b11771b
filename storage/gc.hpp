// What lies in an engine's folder and is needed by nobody: dropped versions in the store, and files that writers left.
//
// Only for a folder without a living engine, which keeps its own house: it prunes once a day. Never touched: records,
// history, state and checkpoints within retention (contract 8.18), the catalogue, snapshots, backups, logs, verdicts,
// and every file that a person may have put there.
#pragma once

#include "messages/error.hpp"
#include "messages/run_config.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace longwave::storage {

/// One thing to free.
struct gc_item {
  /// state_version, checkpoint, temporary, orphaned_file, reserve.
  std::string kind;
  /// A key as `inspect keys` prints it, or a path.
  std::string name;
  std::uint64_t bytes = 0;
};

struct gc_sum {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

struct gc_report {
  /// The first `longest_gc_list` of all; the sums are complete.
  std::vector<gc_item> items;
  std::map<std::string, gc_sum> sums;
  /// What was left alone although it takes space: snapshots, backups.
  std::map<std::string, gc_sum> kept;
  /// The store's files, before and after; the same in a dry run.
  std::uint64_t store_bytes_before = 0;
  std::uint64_t store_bytes_after = 0;

  /// Bytes of files removed (or to be removed), and what the store became smaller by; in a dry run its dropped values.
  std::uint64_t freed_bytes() const noexcept;
};

inline constexpr std::size_t longest_gc_list = 1'000;

struct gc_request {
  std::filesystem::path data_dir;
  /// The output folder of a run among all of the store; empty where it is not certain: then its files are left alone.
  std::function<std::filesystem::path(const run_config& config, const std::vector<std::string>& runs)> output_of;
  /// Look, change nothing.
  bool dry_run = false;
};

/// Fails with store_locked (an engine lives), store_damaged and the like; what was removed until then is gone, and was
/// needed by nobody. Memory: one run's state keys, and one day's file names.
result<gc_report> collect_garbage(const gc_request& request);

} // namespace longwave::storage
