// Wrappers that ask the watcher first.
#include "tests/support/watched_disk.hpp"

#include <cerrno>
#include <cstring>
#include <functional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace longwave::tests {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using kind = disk_call::kind;

/// As RocksDB's own file system maps errors.
IOStatus status_of(const disk_call& call, int error) {
  const auto context = "while handling " + call.path;
  if (error == ENOSPC) return IOStatus::NoSpace(context, std::strerror(error));
  auto status = IOStatus::IOError(context, std::strerror(error));
  return status;
}

/// `act` under the watcher's eyes.
IOStatus watched(disk_watcher& watcher, const disk_call& call, const std::function<IOStatus()>& act) {
  const std::lock_guard guard(watcher.disk());
  if (const auto failure = watcher.before(call); failure.error != 0) return status_of(call, failure.error);
  auto status = act();
  if (status.ok()) watcher.after(call);
  return status;
}

class writable final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  writable(disk_watcher& watcher, std::string path, std::unique_ptr<rocksdb::FSWritableFile>&& file)
    : FSWritableFileOwnerWrapper(std::move(file)), watcher_(watcher), path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return append(data, target()->GetFileSize(options, debug),
                  [&](const Slice& part) { return target()->Append(part, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options, IODebugContext* debug) override {
    return append(data, offset, [&](const Slice& part) { return target()->PositionedAppend(part, offset, options, debug); });
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo&, IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::truncate, path_, {}, size}, [&] { return target()->Truncate(size, options, debug); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::sync, path_, {}}, [&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::sync, path_, {}}, [&] { return target()->Fsync(options, debug); });
  }
  /// Starts writing back without promising anything: here, nothing.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::close, path_, {}}, [&] { return target()->Close(options, debug); });
  }

private:
  IOStatus append(const Slice& data, std::uint64_t offset, const std::function<IOStatus(const Slice&)>& act) {
    const disk_call call{kind::append, path_, {}, offset, data.size()};
    const std::lock_guard guard(watcher_.disk());
    const auto failure = watcher_.before(call);
    if (failure.error != 0) {
      // A write that reported failure may be there in part.
      if (failure.in_half) (void) act(Slice(data.data(), data.size() / 2));
      return status_of(call, failure.error);
    }
    auto status = act(data);
    if (status.ok()) watcher_.after(call);
    return status;
  }

  disk_watcher& watcher_;
  std::string path_;
};

class folder final : public rocksdb::FSDirectoryWrapper {
public:
  folder(disk_watcher& watcher, std::string path, std::unique_ptr<rocksdb::FSDirectory>&& inner)
    : FSDirectoryWrapper(std::move(inner)), watcher_(watcher), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::sync_folder, path_, {}}, [&] { return FSDirectoryWrapper::Fsync(options, debug); });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions& how) override {
    return watched(watcher_, {kind::sync_folder, path_, {}},
                   [&] { return FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how); });
  }

private:
  disk_watcher& watcher_;
  std::string path_;
};

class sequential final : public rocksdb::FSSequentialFileOwnerWrapper {
public:
  sequential(disk_watcher& watcher, std::string path, std::unique_ptr<rocksdb::FSSequentialFile>&& file)
    : FSSequentialFileOwnerWrapper(std::move(file)), watcher_(watcher), path_(std::move(path)) {}
  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    return watched(watcher_, {kind::read, path_, {}},
                   [&] { return FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, debug); });
  }

private:
  disk_watcher& watcher_;
  std::string path_;
};

class random_access final : public rocksdb::FSRandomAccessFileOwnerWrapper {
public:
  random_access(disk_watcher& watcher, std::string path, std::unique_ptr<rocksdb::FSRandomAccessFile>&& file)
    : FSRandomAccessFileOwnerWrapper(std::move(file)), watcher_(watcher), path_(std::move(path)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    return watched(watcher_, {kind::read, path_, {}},
                   [&] { return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, debug); });
  }

private:
  disk_watcher& watcher_;
  std::string path_;
};

class file_system final : public rocksdb::FileSystemWrapper {
public:
  explicit file_system(disk_watcher& watcher) : FileSystemWrapper(rocksdb::FileSystem::Default()), watcher_(watcher) {}
  static const char* kClassName() { return "longwave.watched"; }
  const char* Name() const override { return kClassName(); }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::open, path, {}}, [&] { return target()->NewSequentialFile(path, options, file, debug); });
    if (status.ok()) *file = std::make_unique<sequential>(watcher_, path, std::move(*file));
    return status;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::open, path, {}}, [&] { return target()->NewRandomAccessFile(path, options, file, debug); });
    if (status.ok()) *file = std::make_unique<random_access>(watcher_, path, std::move(*file));
    return status;
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::create, path, {}}, [&] { return target()->NewWritableFile(path, options, file, debug); });
    if (status.ok()) *file = std::make_unique<writable>(watcher_, path, std::move(*file));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::open, path, {}}, [&] { return target()->ReopenWritableFile(path, options, file, debug); });
    if (status.ok()) *file = std::make_unique<writable>(watcher_, path, std::move(*file));
    return status;
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::rename, old, path}, [&] { return target()->ReuseWritableFile(path, old, options, file, debug); });
    if (status.ok()) *file = std::make_unique<writable>(watcher_, path, std::move(*file));
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options, std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override {
    auto status = watched(watcher_, {kind::look, path, {}}, [&] { return target()->NewDirectory(path, options, result, debug); });
    if (status.ok()) *result = std::make_unique<folder>(watcher_, path, std::move(*result));
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::rename, from, to}, [&] { return target()->RenameFile(from, to, options, debug); });
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::remove, path, {}}, [&] { return target()->DeleteFile(path, options, debug); });
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::truncate, path, {}, size}, [&] { return target()->Truncate(path, size, options, debug); });
  }
  IOStatus FileExists(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::look, path, {}}, [&] { return target()->FileExists(path, options, debug); });
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& options, std::vector<std::string>* names,
                       IODebugContext* debug) override {
    return watched(watcher_, {kind::look, path, {}}, [&] { return target()->GetChildren(path, options, names, debug); });
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size, IODebugContext* debug) override {
    return watched(watcher_, {kind::look, path, {}}, [&] { return target()->GetFileSize(path, options, size, debug); });
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    return watched(watcher_, {kind::look, path, {}}, [&] { return target()->CreateDirIfMissing(path, options, debug); });
  }
  IOStatus LockFile(const std::string& path, const IOOptions& options, rocksdb::FileLock** lock, IODebugContext* debug) override {
    return watched(watcher_, {kind::look, path, {}}, [&] { return target()->LockFile(path, options, lock, debug); });
  }

private:
  disk_watcher& watcher_;
};

std::string path_of(int fd) {
  char path[4096];
  const auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

/// 0 when the call may be made, else errno is set.
bool may(disk_watcher& watcher, const disk_call& call) {
  const auto failure = watcher.before(call);
  errno = failure.error;
  return failure.error == 0;
}

} // namespace

std::shared_ptr<rocksdb::FileSystem> watched_file_system(disk_watcher& watcher) {
  return std::make_shared<file_system>(watcher);
}

int watched_file_calls::open(const char* path, int flags, unsigned mode) {
  const std::lock_guard guard(watcher_.disk());
  const bool creates = (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
  const disk_call call{creates ? kind::create : kind::open, path, {}, 0, 0, false};
  if (!may(watcher_, call)) return -1;
  const int fd = storage::system_file_calls().open(path, flags, mode);
  if (fd >= 0) watcher_.after(call);
  return fd;
}

long watched_file_calls::write(int fd, const void* bytes, std::size_t count) {
  const std::lock_guard guard(watcher_.disk());
  struct stat info {};
  ::fstat(fd, &info);
  const auto offset = (::fcntl(fd, F_GETFL) & O_APPEND) != 0 ? info.st_size : ::lseek(fd, 0, SEEK_CUR);
  disk_call call{kind::append, path_of(fd), {}, static_cast<std::uint64_t>(offset), count, false};
  const auto failure = watcher_.before(call);
  if (failure.in_half && count > 1) {
    // POSIX reports a short write as such; the caller's next one meets the error.
    call.bytes = count / 2;
    const auto written = storage::system_file_calls().write(fd, bytes, call.bytes);
    if (written > 0) watcher_.after(call);
    return written;
  }
  errno = failure.error;
  if (failure.error != 0) return -1;
  const auto written = storage::system_file_calls().write(fd, bytes, count);
  if (written > 0) watcher_.after(call);
  return written;
}

int watched_file_calls::sync(int fd) {
  const std::lock_guard guard(watcher_.disk());
  struct stat info {};
  ::fstat(fd, &info);
  const disk_call call{S_ISDIR(info.st_mode) ? kind::sync_folder : kind::sync, path_of(fd), {}, 0, 0, false};
  if (!may(watcher_, call)) return -1;
  const int done = storage::system_file_calls().sync(fd);
  if (done == 0) watcher_.after(call);
  return done;
}

int watched_file_calls::close(int fd) {
  const std::lock_guard guard(watcher_.disk());
  const bool allowed = may(watcher_, {kind::close, path_of(fd), {}, 0, 0, false});
  const int why = errno;
  const int done = storage::system_file_calls().close(fd); // the descriptor goes in any case
  if (!allowed) errno = why;
  return allowed ? done : -1;
}

int watched_file_calls::rename(const char* from, const char* to) {
  const std::lock_guard guard(watcher_.disk());
  const disk_call call{kind::rename, from, to, 0, 0, false};
  if (!may(watcher_, call)) return -1;
  const int done = storage::system_file_calls().rename(from, to);
  if (done == 0) watcher_.after(call);
  return done;
}

int watched_file_calls::truncate(int fd, std::int64_t length) {
  const std::lock_guard guard(watcher_.disk());
  const disk_call call{kind::truncate, path_of(fd), {}, static_cast<std::uint64_t>(length), 0, false};
  if (!may(watcher_, call)) return -1;
  const int done = storage::system_file_calls().truncate(fd, length);
  if (done == 0) watcher_.after(call);
  return done;
}

} // namespace longwave::tests
