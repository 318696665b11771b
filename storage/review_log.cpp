// Reading and appending of reviews.jsonl.
#include "storage/review_log.hpp"

#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

namespace longwave::storage {

namespace fs = std::filesystem;

namespace {

/// Closes on every way out, which gives the lock back too.
class open_file {
public:
  open_file(file_calls& calls, int fd) : calls_(calls), fd_(fd) {}
  ~open_file() {
    if (fd_ >= 0) calls_.close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int fd() const noexcept { return fd_; }

private:
  file_calls& calls_;
  int fd_;
};

/// Bytes up to and with the last newline.
result<std::uint64_t> complete_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return file_failure("cannot read", path, errno);
  auto at = static_cast<std::uint64_t>(in.tellg());
  while (at > 0) {
    in.seekg(static_cast<std::streamoff>(at - 1));
    const int c = in.get();
    if (c == std::ifstream::traits_type::eof()) return file_failure("cannot read", path, EIO);
    if (c == '\n') break;
    --at;
  }
  return at;
}

} // namespace

void to_json(nlohmann::json& j, const review_verdict& v) {
  j = {{"run_id", v.run_id},     {"seq", v.seq},   {"hash", v.hash},         {"verdict", v.approved ? "approved" : "rejected"},
       {"issues", v.issues},     {"note", v.note}, {"reviewer", v.reviewer}, {"at", v.at}};
}

void from_json(const nlohmann::json& j, review_verdict& v) {
  v.run_id = j.at("run_id").get<std::string>();
  v.seq = j.at("seq").get<std::uint64_t>();
  v.hash = j.at("hash").get<std::string>();
  v.approved = j.at("verdict").get<std::string>() == "approved";
  v.issues = j.value("issues", std::vector<std::string>{});
  v.note = j.value("note", std::string());
  v.reviewer = j.value("reviewer", std::string());
  v.at = j.value("at", std::string());
}

std::map<std::uint64_t, review_verdict> review_file::latest(const std::string& run) const {
  std::map<std::uint64_t, review_verdict> last;
  for (const auto& v : verdicts)
    if (v.run_id == run) last.insert_or_assign(v.seq, v);
  return last;
}

fs::path review_path(const fs::path& output) { return output / "reviews.jsonl"; }

result<review_file> read_reviews(const fs::path& output) {
  review_file file;
  const auto path = review_path(output);
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  if (ec == std::errc::no_such_file_or_directory || ec == std::errc::not_a_directory) return file;
  if (ec) return file_failure("cannot read", path, ec.value());
  if (size > longest_review_file)
    return failure{error_code::bad_input, "cannot read " + path.string(),
                   "it has more than " + std::to_string(longest_review_file) + " bytes", "move it away"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return file_failure("cannot read", path, errno);
  std::string line;
  while (std::getline(in, line) && !in.eof()) {
    const auto j = nlohmann::json::parse(line, nullptr, false);
    try {
      file.verdicts.push_back(j.get<review_verdict>());
    } catch (const nlohmann::json::exception&) {
      ++file.unreadable;
    }
  }
  return file;
}

result<void> append_reviews(file_calls& calls, const fs::path& output, const std::vector<review_verdict>& verdicts) {
  const auto path = review_path(output);
  const open_file file(calls, calls.open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file.fd() < 0) return file_failure("cannot open", path, errno);
  while (::flock(file.fd(), LOCK_EX) != 0)
    if (errno != EINTR) return file_failure("cannot lock", path, errno);
  const auto complete = complete_bytes(path);
  if (!complete) return complete.error();
  const auto cut = [&] { return calls.truncate(file.fd(), static_cast<std::int64_t>(complete.value())); };
  std::error_code ec;
  if (fs::file_size(path, ec) != complete.value() && cut() != 0)
    return file_failure("cannot cut the torn last line of", path, errno);
  std::string lines;
  for (const auto& v : verdicts)
    lines += escape_controls(nlohmann::json(v).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n";
  int error = write_all(calls, file.fd(), lines);
  if (error == 0 && calls.sync(file.fd()) != 0) error = errno;
  if (error != 0) {
    cut(); // best effort: what stays is a half line, which the next writer cuts
    return file_failure("cannot write", path, error);
  }
  if (const int failed = sync_folder(calls, path.parent_path()); failed != 0)
    return file_failure("cannot flush", path.parent_path(), failed);
  return ok();
}

} // namespace longwave::storage
