// segments.jsonl: appending whole lines only, and finding the last one from the end.
#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace longwave::storage {

namespace {

constexpr std::uint64_t longest_line = 1 << 20;
constexpr std::uint64_t chunk_bytes = 64 << 10;

/// A file opened for reading only, closed on every way out.
class reader {
public:
  explicit reader(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    error_ = fd_ < 0 ? errno : 0;
    struct stat info {};
    if (fd_ >= 0 && ::fstat(fd_, &info) != 0) error_ = errno;
    if (error_ == 0 && !S_ISREG(info.st_mode)) error_ = EINVAL;
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~reader() {
    if (fd_ >= 0) ::close(fd_);
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  int error() const noexcept { return error_; }
  std::uint64_t size() const noexcept { return size_; }

  /// Reads [from, to) into `out`; false sets error().
  bool read(std::uint64_t from, std::uint64_t to, std::string& out) {
    out.resize(to - from);
    std::size_t done = 0;
    while (done < out.size()) {
      const auto got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(from + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        error_ = got < 0 ? errno : EIO;
        return false;
      }
      done += static_cast<std::size_t>(got);
    }
    return true;
  }

  /// Position after the last newline in [floor, end); `floor` when there is none; empty sets error().
  std::optional<std::uint64_t> after_last_newline(std::uint64_t end, std::uint64_t floor) {
    std::string chunk;
    while (end > floor) {
      const auto begin = end - std::min(chunk_bytes, end - floor);
      if (!read(begin, end, chunk)) return std::nullopt;
      if (const auto at = chunk.rfind('\n'); at != std::string::npos) return begin + at + 1;
      end = begin;
    }
    return floor;
  }

private:
  int fd_;
  int error_ = 0;
  std::uint64_t size_ = 0;
};

failure damaged_log(const std::filesystem::path& path, std::string why) {
  return {error_code::store_damaged, path.string() + " is damaged", std::move(why),
          "nothing was changed; save what is sound with `longwave repair DIR --to DIR2`"};
}

} // namespace

segment_log::segment_log(file_calls& calls, int fd, std::uint64_t size) : calls_(calls), fd_(fd), size_(size) {}

segment_log::~segment_log() {
  calls_.close(fd_);
}

result<std::unique_ptr<segment_log>> segment_log::open(file_calls& calls, const std::filesystem::path& path) {
  const int fd = calls.open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return file_failure("cannot open", path, errno);
  std::unique_ptr<segment_log> log(new segment_log(calls, fd, 0));
  reader file(path);
  if (file.error() != 0) return file_failure("cannot read", path, file.error());
  const auto complete = file.after_last_newline(file.size(), 0);
  if (!complete) return file_failure("cannot read", path, file.error());
  log->size_ = *complete;
  if (*complete != file.size() && calls.truncate(fd, static_cast<std::int64_t>(*complete)) != 0)
    return file_failure("cannot cut the torn last line of", path, errno);
  return log;
}

result<void> segment_log::append(const std::vector<std::string_view>& lines) {
  if (lines.empty()) return ok();
  if (torn_ && calls_.truncate(fd_, static_cast<std::int64_t>(size_)) != 0)
    return file_failure("cannot cut a torn line of", "segments.jsonl", errno);
  torn_ = false;
  buffer_.clear();
  for (auto line : lines) {
    buffer_ += line;
    buffer_ += '\n';
  }
  long written = 0;
  do {
    written = calls_.write(fd_, buffer_.data(), buffer_.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<long>(buffer_.size())) {
    size_ += buffer_.size();
    return ok();
  }
  // A short write means that the device is full or the quota used up.
  const int error = written < 0 ? errno : ENOSPC;
  torn_ = written > 0 && calls_.truncate(fd_, static_cast<std::int64_t>(size_)) != 0;
  return file_failure("cannot append to", "segments.jsonl", error);
}

result<void> segment_log::sync() {
  if (calls_.sync(fd_) != 0) return file_failure("cannot flush", "segments.jsonl", errno);
  return ok();
}

std::uint64_t segment_log::size() const noexcept {
  return size_;
}

result<log_tail> read_log_tail(const std::filesystem::path& path) {
  reader file(path);
  if (file.error() == ENOENT) return log_tail{};
  if (file.error() != 0) return file_failure("cannot read", path, file.error());
  const auto complete = file.after_last_newline(file.size(), 0);
  if (!complete) return file_failure("cannot read", path, file.error());
  if (*complete == 0) return log_tail{};
  const auto line_end = *complete - 1;
  const auto floor = line_end > longest_line ? line_end - longest_line : 0;
  const auto line_begin = file.after_last_newline(line_end, floor);
  if (!line_begin) return file_failure("cannot read", path, file.error());
  if (*line_begin == floor && floor != 0) return damaged_log(path, "its last line is longer than 1 MB");
  std::string line;
  if (!file.read(*line_begin, line_end, line)) return file_failure("cannot read", path, file.error());
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("seq") || !parsed["seq"].is_number_unsigned() ||
      !parsed.contains("hash") || !parsed["hash"].is_string())
    return damaged_log(path, "its last line is no record");
  return log_tail{parsed["seq"].get<std::uint64_t>(), parsed["hash"].get<std::string>(), *complete};
}

} // namespace longwave::storage
