// A run's output folder: everything a user looks at, written so that no reader ever sees half a file.
#pragma once

#include "messages/error.hpp"
#include "messages/record.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwave::storage {

/// The files seam for output: six calls, so that tests can lose unsynced bytes or fail the n-th call.
class file_calls {
public:
  virtual ~file_calls() = default;
  virtual int open(const char* path, int flags, unsigned mode) = 0;
  virtual long write(int fd, const void* bytes, std::size_t count) = 0;
  virtual int sync(int fd) = 0;
  virtual int close(int fd) = 0;
  virtual int rename(const char* from, const char* to) = 0;
  virtual int truncate(int fd, std::int64_t length) = 0;
};

/// The real calls of the operating system.
file_calls& system_file_calls();

/// Writes all of `bytes`, however many calls it takes. @return 0 or an errno
int write_all(file_calls& calls, int fd, std::string_view bytes);

/// Makes new and renamed names in a folder outlive a power cut. @return 0 or an errno
int sync_folder(file_calls& calls, const std::filesystem::path& folder);

/// Writes `bytes` to `path` by way of a temporary file in the same folder and a rename.
/// @param durable fsync file and folder before and after the rename
/// Fails with disk_full or io_failed; the previous file is then untouched and no temporary stays behind.
result<void> write_file_atomically(file_calls& calls, const std::filesystem::path& path, std::string_view bytes,
                                   bool durable = false);

/// segments.jsonl: append-only, one line a record.
class segment_log {
public:
  /// Opens or creates. Cuts a last line without newline (contract 8.15). Does not read the rest.
  static result<std::unique_ptr<segment_log>> open(file_calls& calls, const std::filesystem::path& path);
  ~segment_log();

  /// Appends complete lines (without newline each) by one write. On a short write the torn part is cut away again
  /// and the failure returned: either all lines are there or none.
  result<void> append(const std::vector<std::string_view>& lines);
  /// fsync.
  result<void> sync();
  /// Size in bytes of what is complete.
  std::uint64_t size() const noexcept;

private:
  segment_log(file_calls& calls, int fd, std::uint64_t size);
  file_calls& calls_;
  int fd_;
  std::uint64_t size_;
  bool torn_ = false;   ///< bytes of a failed append still lie behind `size_`
  std::string buffer_;
};

/// The last complete line of a log and how many lines there are before it, found from the end; a log without lines
/// gives seq 0. Cost does not depend on the log's length.
struct log_tail {
  std::uint64_t seq = 0;
  std::string hash;
  std::uint64_t complete_bytes = 0;
};
/// Fails with store_damaged when the last complete line is not a record.
result<log_tail> read_log_tail(const std::filesystem::path& path);

/// Name of the readable file of an accepted broadcast segment, below the output folder:
/// "segments/day001/h06-1-weather.md".
std::filesystem::path segment_file_name(const segment_record& record);
/// Its content: a heading with day, hour and type, then the text.
std::string segment_file_text(const segment_record& record);

/// Of a story's pair (contract section 2): "horror_story_<YYYYMMDD>_<HHMMSS>_<NNNN>".
std::string story_file_stem(std::string_view accepted_at, std::uint64_t seq);
/// Front matter (YAML-safe) and text. Description and tags are those of the pair's metadata; without one they are taken
/// from the record.
std::string story_file_text(const segment_record& record, std::string_view metadata_json, std::string_view model,
                            double temperature);
/// The metadata file's JSON, pretty-printed.
std::string story_metadata_text(const segment_record& record, std::string_view metadata_json);

/// Free bytes on the file system of `path`; a failure when it cannot be told.
result<std::uint64_t> free_bytes(const std::filesystem::path& path);

/// errno as a failure: disk_full for a full device or quota, output_unwritable for missing rights, else io_failed.
failure file_failure(std::string what, const std::filesystem::path& path, int error);

/// Only one engine a folder: pid file `engine.lock` with an open-file lock, taken before RocksDB is touched. The lock
/// goes with the process, however it ends; the file stays.
class engine_lock {
public:
  /// Fails with store_locked and the other engine's pid.
  static result<std::unique_ptr<engine_lock>> take(const std::filesystem::path& data_dir);
  /// The pid that holds the lock, or 0 when nobody does. Takes nothing.
  static int holder(const std::filesystem::path& data_dir);
  ~engine_lock();

private:
  explicit engine_lock(int fd, std::filesystem::path path);
  int fd_;
  std::filesystem::path path_;
};

} // namespace longwave::storage
