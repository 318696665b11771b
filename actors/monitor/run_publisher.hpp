// Brings what is committed of one run into its output folder: segments.jsonl, then a story's pair, then readable files
// (contract 8.14). Everything is derived from the store: what is missing is taken from there.
#pragma once

#include "actors/monitor/drift.hpp"
#include "messages/monitor.hpp"
#include "storage/output_folder.hpp"
#include "storage/record_reader.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace longwave {

/// One run's way out. Not for two threads at once.
class run_publisher {
public:
  /// What it works with; all outlive it. `records` is shared by the runs of one monitor.
  struct surroundings {
    storage::file_calls* files;
    const storage::store* store;
    storage::record_reader* records;
  };

  run_publisher(std::shared_ptr<const run_config> config, surroundings with);

  /// Opens the log and learns how far it goes, which files are still to be written, and what the run was like before.
  /// To be tried again when it fails; everything else does nothing until it has worked.
  result<void> open();
  bool is_open() const noexcept { return log_ != nullptr; }

  /// A committed segment. What lies before it and never came here is taken from the store.
  /// @return false when it is here already, or not to be had in order yet
  bool take(publish_segment segment);
  /// Takes from the store what was committed up to `seq` but never came here: its scheduler, or the monitor before this
  /// one, died.
  void catch_up(std::uint64_t seq);
  /// The same, up to the store's head.
  void catch_up();

  /// Appends everything that waits, in order. Stops at the first failure; the rest stays for the next try.
  result<void> publish();
  /// Writes up to `most` readable files that are due; stops at the first failure.
  result<void> write_files(std::size_t most = std::numeric_limits<std::size_t>::max());
  /// fsync of the log.
  result<void> sync();

  /// The last segment that was taken, published or not.
  std::uint64_t last_taken() const { return waiting_.empty() ? published_ : waiting_.back().seq; }
  /// The last line in the log.
  std::uint64_t published() const noexcept { return published_; }
  /// Everything up to here is in the output folder, readable files included.
  std::uint64_t complete() const { return files_due_.empty() ? published_ : files_due_.front().first - 1; }
  /// Nothing waits to be written.
  bool is_idle() const { return waiting_.empty() && files_due_.empty(); }
  /// Of everything that was taken.
  const segment_drift& drift() const noexcept { return drift_; }

private:
  bool is_story_run() const { return config_->kind == run_kind::stories; }
  /// Whether an accepted segment has a file of its own.
  bool has_files() const { return is_story_run() || config_->segment_files; }
  result<void> write_derived(const std::string& line);
  void note_drift(const std::string& line);
  void learn_drift();
  void files_again();

  std::shared_ptr<const run_config> config_;
  surroundings with_;
  std::unique_ptr<storage::segment_log> log_;
  std::uint64_t published_ = 0;
  /// Lines that are not written yet, in order; bounded by the scheduler's credit.
  std::deque<publish_segment> waiting_;
  /// Accepted records whose readable file is still to be written.
  std::deque<std::pair<std::uint64_t, std::shared_ptr<const std::string>>> files_due_;
  segment_drift drift_;
};

} // namespace longwave
