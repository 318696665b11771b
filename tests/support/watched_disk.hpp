// The files seam with somebody watching: every file call of RocksDB and of the output folder goes past a watcher, which
// may let it fail, remember it, or end the process.
#pragma once

#include "storage/output_folder.hpp"

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace longwave::tests {

/// One call, as the watcher sees it.
struct disk_call {
  enum class kind { create, open, read, append, sync, sync_folder, rename, remove, truncate, close, look };
  kind what;
  std::string path;
  std::string to;              ///< rename: the new name
  std::uint64_t offset = 0;    ///< append, truncate
  std::uint64_t bytes = 0;     ///< append
  bool of_store = true;        ///< false: the output folder's calls
};

/// How a call is to fail.
struct disk_failure {
  int error = 0;         ///< an errno; 0: it does not fail
  bool in_half = false;  ///< append: half of the bytes are written before it fails
};

class disk_watcher {
public:
  virtual ~disk_watcher() = default;
  /// Before the call; called with the disk locked.
  virtual disk_failure before(const disk_call& call) = 0;
  /// After a call that succeeded.
  virtual void after(const disk_call& call) = 0;
  /// Held over `before`, the call and `after`: what one thread does is whole before the next begins.
  std::mutex& disk() { return disk_; }

private:
  std::mutex disk_;
};

/// RocksDB's files under the watcher's eyes. The watcher outlives the file system.
std::shared_ptr<rocksdb::FileSystem> watched_file_system(disk_watcher& watcher);

/// The output folder's six calls under the same eyes.
class watched_file_calls final : public storage::file_calls {
public:
  explicit watched_file_calls(disk_watcher& watcher) : watcher_(watcher) {}
  int open(const char* path, int flags, unsigned mode) override;
  long write(int fd, const void* bytes, std::size_t count) override;
  int sync(int fd) override;
  int close(int fd) override;
  int rename(const char* from, const char* to) override;
  int truncate(int fd, std::int64_t length) override;

private:
  disk_watcher& watcher_;
};

} // namespace longwave::tests
