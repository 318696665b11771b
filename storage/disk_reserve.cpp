// Allocates and deletes the reserve file.
#include "storage/disk_reserve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace longwave::storage {

namespace {

constexpr std::uint64_t largest_reserve = 16'000'000;

std::string reserve_file(const std::filesystem::path& folder) { return (folder / "reserve").string(); }

} // namespace

std::uint64_t reserve_bytes(std::uint64_t floor) noexcept { return std::min(floor / 4, largest_reserve); }

void tend_reserve(const std::filesystem::path& folder, std::uint64_t floor, std::uint64_t free) {
  const auto size = reserve_bytes(floor);
  if (size == 0) return;
  const auto path = reserve_file(folder);
  struct stat info {};
  const bool there = ::stat(path.c_str(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) >= size;
  if (there && free < size / 2) drop_reserve(folder);
  if (there || free < floor + 2 * size) return;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return;
  // Blocks must be taken, not only a length: a sparse file gives nothing back.
  if (::posix_fallocate(fd, 0, static_cast<off_t>(size)) != 0) drop_reserve(folder);
  ::close(fd);
}

void drop_reserve(const std::filesystem::path& folder) { ::unlink(reserve_file(folder).c_str()); }

} // namespace longwave::storage
