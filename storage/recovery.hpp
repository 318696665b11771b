// Start-up of a run's output: what the store has and the output lacks is written again (contract 8.14-8.17).
#pragma once

#include "messages/error.hpp"
#include "storage/derived_files.hpp"
#include "storage/output_folder.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace longwave::storage {

struct recovery_limits {
  /// A segments.jsonl up to this size, some 8,000 segments, is compared as a whole before every start; of a larger one the lines
  /// after the published mark are.
  std::uint64_t whole_log_bytes = 8u << 20;
};

struct recovery_report {
  std::uint64_t lines_added = 0;
  std::uint64_t torn_bytes_cut = 0;
  std::uint64_t files_rewritten = 0;
};

/// Looks whether a run can go on: loads it as a start would, compares count and head of the store with the end of
/// segments.jsonl, checks its lines byte for byte (of a large one those after the published mark), and reads what the last `window` segments
/// left for the repetition rules. Reads only: a start that is refused here has changed nothing (contract 8.16).
/// Fails with store_damaged.
result<void> check_start(const store& s, const std::string& run, const std::filesystem::path& folder,
                         std::uint64_t window, const recovery_limits& limits = {});

/// Compares the lines after the published mark as check_start does and only then writes: cuts a torn line, appends what is missing, redoes readable files
/// after the published mark. Nothing below `segments/` is ever flushed (contract 8.14), so after a power cut the mark
/// says nothing about them: when `<folder>/.longwave/boot` does not name this boot of the machine, all are looked at.
///
/// Fails with store_damaged, and without changing anything, when the log is ahead of the store or differs from it.
/// Called once a run, before its first segment, by the one engine that holds the folder.
result<recovery_report> recover_output(store& s, const std::string& run, const std::filesystem::path& folder,
                                       file_calls& calls, const metadata_writer& metadata = {});

/// Writes `<folder>/.longwave/boot`: everything published from here on is in the page cache or on the disk as long as
/// the machine stays up.
result<void> mark_boot(const std::filesystem::path& folder, file_calls& calls);

/// What `longwave repair` kept and what it could not.
struct repaired_run {
  std::string run;
  std::uint64_t kept = 0;      ///< segments in the new store: the longest sound prefix
  std::uint64_t expected = 0;  ///< segments that store or log say there were
  bool state_kept = false;     ///< false: the records are there, but the run cannot go on from its last segment
  std::string source;          ///< "store" or "segments.jsonl"
  std::vector<std::string> missing; ///< one plain line each
};

struct repair_report {
  std::vector<repaired_run> runs;
};

/// Copies the longest sound, chain-checked prefix of each run (of one, when `run` is not empty) from a damaged data
/// folder into a new store at `to_output`/.longwave/store and rewrites its output there. Reads the old folder only.
/// Fails with run_exists when `to_output` already holds a store and with not_found when nothing can be read.
result<repair_report> repair_run(const std::filesystem::path& broken_data_dir, const std::string& run,
                                 const std::filesystem::path& to_output);

} // namespace longwave::storage
