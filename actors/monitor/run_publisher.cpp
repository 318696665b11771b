// Appending, catching up, and the files that follow from a line.
#include "actors/monitor/run_publisher.hpp"

#include "messages/kill_point.hpp"
#include "storage/derived_files.hpp"
#include "storage/stored_metadata.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace longwave {

namespace {

/// How many files may be due before publishing writes some itself, and how many it writes then.
constexpr std::size_t files_due_limit = 512;
constexpr std::size_t files_at_once = 256;

} // namespace

run_publisher::run_publisher(std::shared_ptr<const run_config> config, surroundings with)
    : config_(std::move(config)), with_(with), drift_(config_->validation_enabled) {}

result<void> run_publisher::open() {
  const auto path = std::filesystem::path(config_->output) / "segments.jsonl";
  auto log = storage::segment_log::open(*with_.files, path);
  if (!log) return log.error();
  const auto tail = storage::read_log_tail(path);
  if (!tail) return tail.error();
  log_ = std::move(log.value());
  published_ = tail.value().seq;
  learn_drift();
  files_again();
  return ok();
}

bool run_publisher::take(publish_segment segment) {
  catch_up(segment.seq - 1);
  if (segment.seq != last_taken() + 1) return false;
  if (segment.record)
    drift_.add(*segment.record);
  else
    note_drift(*segment.line);
  waiting_.push_back(std::move(segment));
  return true;
}

void run_publisher::catch_up(std::uint64_t seq) {
  if (!log_ || last_taken() >= seq) return;
  const auto& id = config_->run_id;
  const auto read = with_.store->segments(id, last_taken() + 1, seq, [&](std::uint64_t at, const std::string& line) {
    note_drift(line);
    waiting_.push_back({id, at, std::make_shared<const std::string>(line), 0, true, false, nullptr});
    return true;
  });
  if (!read) spdlog::warn("run {}: {}", id, to_string(read.error()));
}

void run_publisher::catch_up() {
  if (const auto head = with_.store->head(config_->run_id)) catch_up(head.value().seq);
}

result<void> run_publisher::publish() {
  if (waiting_.empty() || !log_) return ok();
  std::vector<std::string_view> lines;
  for (const auto& m : waiting_) lines.push_back(*m.line);
  KILL_POINT("log:before_append");
  if (auto appended = log_->append(lines); !appended) return appended;
  KILL_POINT("log:after_append");
  result<void> written = ok();
  for (const auto& m : waiting_) {
    published_ = m.seq;
    if (!m.accepted || !has_files()) continue;
    bool due = true;
    if (is_story_run()) {
      auto pair = write_derived(*m.line);
      due = !pair;
      if (due && written) written = pair;
    }
    if (due) files_due_.emplace_back(m.seq, m.line);
  }
  waiting_.clear();
  if (written && files_due_.size() > files_due_limit) return write_files(files_at_once);
  return written;
}

result<void> run_publisher::write_files(std::size_t most) {
  for (std::size_t i = 0; i < most && !files_due_.empty(); ++i) {
    if (auto written = write_derived(*files_due_.front().second); !written) return written;
    files_due_.pop_front();
  }
  return ok();
}

result<void> run_publisher::sync() { return log_ ? log_->sync() : ok(); }

/// The readable files of one committed record.
result<void> run_publisher::write_derived(const std::string& line) {
  const auto record = with_.records->read(line);
  if (!record) return record.error();
  for (const auto& file : storage::derived_files(*config_, record.value(), storage::stored_metadata(*with_.store))) {
    const auto path = std::filesystem::path(config_->output) / file.path;
    std::error_code ignored; // the write below reports what matters
    std::filesystem::create_directories(path.parent_path(), ignored);
    if (auto w = storage::write_file_atomically(*with_.files, path, file.content); !w) return w;
    if (is_story_run()) KILL_POINT("story:half_of_pair");
  }
  return ok();
}

void run_publisher::note_drift(const std::string& line) {
  // A line that cannot be read is `verify`'s and start-up's matter.
  if (const auto record = with_.records->read(line)) drift_.add(record.value());
}

/// What the run was like before this process, or before the monitor that was here before: its beginning, and as much as
/// its last window needs.
void run_publisher::learn_drift() {
  drift_ = segment_drift(config_->validation_enabled);
  const auto& id = config_->run_id;
  const auto read = [&](std::uint64_t from, std::uint64_t to, bool until_begun) {
    const auto done = with_.store->segments(id, from, to, [&](std::uint64_t, const std::string& line) {
      note_drift(line);
      return !(until_begun && drift_.has_beginning());
    });
    if (!done) spdlog::warn("run {}: {}", id, to_string(done.error()));
  };
  // Some segments are skipped and have no text: half a window more than two.
  const std::uint64_t tail = drift_.limits().window * 5 / 2, head = last_taken();
  if (head <= 2 * tail) return read(1, head, false);
  read(1, head - tail, true);
  drift_.leap();
  read(head - tail + 1, head, false);
}

/// Readable files after the published mark may be missing: the monitor before this one died with them in its hands.
void run_publisher::files_again() {
  const auto& id = config_->run_id;
  const auto mark = with_.store->published(id);
  const auto from = mark ? mark.value() + 1 : 1;
  if (from > published_) return;
  files_due_.clear();
  const auto read = with_.store->segments(id, from, published_, [&](std::uint64_t seq, const std::string& line) {
    if (has_files()) files_due_.emplace_back(seq, std::make_shared<const std::string>(line));
    return true;
  });
  if (!read) spdlog::warn("run {}: {}", id, to_string(read.error()));
}

} // namespace longwave
