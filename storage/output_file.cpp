// The operating system's file calls and the one way to write a whole file: temporary, then rename.
#include "storage/output_folder.hpp"

#include "messages/kill_point.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace longwave::storage {

namespace {

class real_calls final : public file_calls {
public:
  int open(const char* path, int flags, unsigned mode) override { return ::open(path, flags, mode); }
  long write(int fd, const void* bytes, std::size_t count) override { return ::write(fd, bytes, count); }
  int sync(int fd) override { return ::fsync(fd); }
  int close(int fd) override { return ::close(fd); }
  int rename(const char* from, const char* to) override { return ::rename(from, to); }
  int truncate(int fd, std::int64_t length) override { return ::ftruncate(fd, length); }
};

int open_temporary(file_calls& calls, const std::filesystem::path& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const int fd = calls.open(path.c_str(), flags, 0644);
  if (fd >= 0 || errno != ENOENT) return fd;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    errno = error.value();
    return -1;
  }
  return calls.open(path.c_str(), flags, 0644);
}

} // namespace

file_calls& system_file_calls() {
  static real_calls calls;
  return calls;
}

int write_all(file_calls& calls, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = calls.write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int sync_folder(file_calls& calls, const std::filesystem::path& folder) {
  const int fd = calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int error = calls.sync(fd) == 0 ? 0 : errno;
  calls.close(fd);
  return error;
}

failure file_failure(std::string what, const std::filesystem::path& path, int error) {
  what += " " + path.string();
  const std::string why = std::strerror(error);
  if (error == ENOSPC || error == EDQUOT)
    return {error_code::disk_full, std::move(what), why, "free some space, then resume"};
  if (error == EACCES || error == EPERM || error == EROFS || error == ENOTDIR)
    return {error_code::output_unwritable, std::move(what), why, "check the folder's permissions or choose another"};
  return {error_code::io_failed, std::move(what), why, "check the disk"};
}

result<void> write_file_atomically(file_calls& calls, const std::filesystem::path& path, std::string_view bytes,
                                   bool durable) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  // The pid keeps a verb and an engine that write the same report from sharing one temporary.
  const auto temporary = folder / ("." + path.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
  const int fd = open_temporary(calls, temporary);
  if (fd < 0) return file_failure("cannot create", temporary, errno);
  int error = write_all(calls, fd, bytes);
  if (error == 0 && durable && calls.sync(fd) != 0) error = errno;
  if (calls.close(fd) != 0 && error == 0) error = errno;
  KILL_POINT("file:before_rename");
  if (error == 0 && calls.rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return file_failure("cannot write", path, error);
  }
  KILL_POINT("file:after_rename");
  if (durable)
    if (const int failed = sync_folder(calls, folder); failed != 0) return file_failure("cannot flush", folder, failed);
  return ok();
}

result<std::uint64_t> free_bytes(const std::filesystem::path& path) {
  struct statvfs stats {};
  if (::statvfs(path.c_str(), &stats) != 0) return file_failure("cannot tell the free space of", path, errno);
  return static_cast<std::uint64_t>(stats.f_bavail) * stats.f_frsize;
}

} // namespace longwave::storage
