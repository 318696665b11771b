// Looks before it reads.
#include "storage/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace longwave::storage {

namespace {

std::string kind_fault(const struct stat& st) {
  if (S_ISREG(st.st_mode)) return {};
  return S_ISDIR(st.st_mode) ? "is a directory" : "is no plain file";
}

std::string too_large(std::uint64_t limit) {
  return "is larger than " + (limit >= 1 << 20 ? std::to_string(limit >> 20) + " MB" : std::to_string(limit) + " bytes");
}

} // namespace

input_file read_input_file(const std::filesystem::path& path, std::uint64_t limit) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return {{}, std::strerror(errno)};
  if (auto why = kind_fault(st); !why.empty()) return {{}, why};
  // Without waiting, should it have been replaced by a FIFO in between.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {{}, std::strerror(errno)};
  input_file file;
  if (::fstat(fd, &st) != 0) file.why = std::strerror(errno);
  else file.why = kind_fault(st);
  if (file.why.empty() && static_cast<std::uint64_t>(st.st_size) > limit) file.why = too_large(limit);
  char block[64 * 1024];
  while (file.why.empty()) {
    const auto n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) file.why = std::strerror(errno);
    if (n <= 0) break;
    file.bytes.append(block, static_cast<std::size_t>(n));
    if (file.bytes.size() > limit) file.why = too_large(limit);
  }
  ::close(fd);
  if (!file.why.empty()) file.bytes.clear();
  return file;
}

} // namespace longwave::storage
