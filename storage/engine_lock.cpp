// One engine a folder, by an open-file-description lock on its pid file.
#include "storage/output_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace longwave::storage {

namespace {

constexpr const char* lock_name = "engine.lock";

/// The whole file, for writing. Unlike flock, this kind of lock can be asked about without being taken.
struct flock whole_file() noexcept {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

int read_pid(int fd) noexcept {
  char digits[24];
  const auto got = ::pread(fd, digits, sizeof digits, 0);
  int pid = 0;
  if (got > 0) std::from_chars(digits, digits + got, pid);
  return pid;
}

} // namespace

engine_lock::engine_lock(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

result<std::unique_ptr<engine_lock>> engine_lock::take(const std::filesystem::path& data_dir) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) return file_failure("cannot create", data_dir, error.value());
  const auto path = data_dir / lock_name;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return file_failure("cannot open", path, errno);
  std::unique_ptr<engine_lock> taken(new engine_lock(fd, path));
  auto lock = whole_file();
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    const int why = errno;
    // Not ours: the destructor must not empty the holder's pid.
    taken->path_.clear();
    if (why != EAGAIN && why != EACCES) return file_failure("cannot lock", path, why);
    const int pid = read_pid(fd);
    return failure{error_code::store_locked, "cannot use " + data_dir.string(),
                   pid > 0 ? "engine with pid " + std::to_string(pid) + " holds it" : "another engine holds it",
                   "stop that engine first, or choose another folder"};
  }
  const auto text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return file_failure("cannot write", path, errno);
  return taken;
}

int engine_lock::holder(const std::filesystem::path& data_dir) {
  const int fd = ::open((data_dir / lock_name).c_str(), O_RDWR | O_CLOEXEC);
  // Without the right to write, asking for a read lock tells the same: the engine holds a write lock.
  const int usable = fd >= 0 ? fd : ::open((data_dir / lock_name).c_str(), O_RDONLY | O_CLOEXEC);
  if (usable < 0) return 0;
  auto lock = whole_file();
  if (fd < 0) lock.l_type = F_RDLCK;
  const bool held = ::fcntl(usable, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  const int pid = held ? read_pid(usable) : 0;
  ::close(usable);
  return pid;
}

engine_lock::~engine_lock() {
  // The file stays: removing it would let two engines hold locks on two files of the same name.
  if (!path_.empty() && ::ftruncate(fd_, 0) != 0) ::pwrite(fd_, "0\n", 2, 0);
  ::close(fd_);
}

} // namespace longwave::storage
