// Recovery of a run's output folder from the store.
#include "storage/recovery.hpp"

#include "messages/kill_point.hpp"
#include "storage/record_reader.hpp"
#include "storage/store_json.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;

/// Lines are appended in groups, so that a long gap needs neither one write each nor all of the memory.
constexpr std::size_t lines_a_write = 64;

failure log_differs(const fs::path& path, std::string why) {
  return {error_code::store_damaged, path.string() + " does not fit the store", std::move(why),
          "nothing was changed; save what is sound with `longwave repair DIR --to DIR2`"};
}

/// The log's last line must be the record that the store has at that place.
result<void> compare_tail(const store& s, const std::string& run, const run_head& head, const log_tail& tail,
                          const fs::path& path) {
  if (tail.seq > head.seq)
    return log_differs(path, "it has segment " + std::to_string(tail.seq) + ", the store ends at " +
                               std::to_string(head.seq));
  if (tail.seq == 0) {
    if (tail.complete_bytes != 0) return log_differs(path, "its last line has number 0");
    return ok();
  }
  std::string stored = head.hash;
  if (tail.seq != head.seq) {
    auto record = read_record(s, run, tail.seq);
    if (!record) return record.error();
    stored = record.value().hash;
  }
  if (stored != tail.hash) return log_differs(path, "segment " + std::to_string(tail.seq) + " has another hash");
  return ok();
}

/// Lines mark+1..tail must be byte-equal to the store. Their place is counted back from the end.
result<void> compare_after_mark(const store& s, const std::string& run, std::uint64_t mark, const log_tail& tail,
                                const fs::path& path) {
  if (mark >= tail.seq) return ok();
  std::uint64_t bytes = 0;
  auto counted = s.segments(run, mark + 1, tail.seq, [&](std::uint64_t, const std::string& line) {
    bytes += line.size() + 1;
    return true;
  });
  if (!counted) return counted.error();
  if (bytes > tail.complete_bytes || (mark == 0 && bytes != tail.complete_bytes))
    return log_differs(path, "its length is not that of the stored lines");
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(tail.complete_bytes - bytes));
  std::uint64_t wrong = 0;
  std::string line;
  auto compared = s.segments(run, mark + 1, tail.seq, [&](std::uint64_t seq, const std::string& stored) {
    if (!std::getline(in, line) || line != stored) wrong = seq;
    return wrong == 0;
  });
  if (!compared) return compared.error();
  if (wrong != 0) return log_differs(path, "line " + std::to_string(wrong) + " differs from the stored one");
  return ok();
}

result<std::uint64_t> append_missing(const store& s, const std::string& run, std::uint64_t from, std::uint64_t to,
                                     segment_log& log) {
  std::uint64_t added = 0;
  std::vector<std::string> held;
  std::optional<failure> failed;
  const auto flush = [&] {
    const std::vector<std::string_view> lines(held.begin(), held.end());
    if (auto done = log.append(lines); !done) failed = done.error();
    added += held.size();
    held.clear();
    return !failed;
  };
  auto read = s.segments(run, from, to, [&](std::uint64_t, const std::string& line) {
    held.push_back(line);
    return held.size() < lines_a_write || flush();
  });
  if (!read) return read.error();
  if (!failed && !held.empty()) flush();
  if (failed) return *failed;
  return added;
}

std::string file_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Removes what writers that died left half done. Best effort: such a file is hidden and harms nobody.
void remove_temporaries(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') && name.ends_with(".tmp")) fs::remove(it->path(), ignored);
  }
}

/// Redoes the readable files of segments after the mark: a power cut may have left them out or empty.
result<std::uint64_t> redo_files(const store& s, const run_config& config, std::uint64_t mark, std::uint64_t last,
                                 const fs::path& folder, file_calls& calls, const metadata_writer& metadata) {
  std::uint64_t rewritten = 0;
  fs::path cleared = folder;
  auto read = for_each_record(s, config.run_id, mark + 1, last, [&](const segment_record& record, const std::string&) -> result<void> {
    for (const auto& file : derived_files(config, record, metadata)) {
      const auto path = folder / file.path;
      // A writer that died left its temporary beside a file that is after the mark.
      if (path.parent_path() != cleared) remove_temporaries(cleared = path.parent_path());
      std::error_code ignored;
      if (fs::file_size(path, ignored) == file.content.size() && !ignored && file_bytes(path) == file.content) continue;
      if (auto done = write_file_atomically(calls, path, file.content); !done) return done;
      ++rewritten;
    }
    return ok();
  });
  if (!read) return read.error();
  return rewritten;
}

/// Names this boot of the machine; empty where the system does not tell.
std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  return id;
}

fs::path boot_mark(const fs::path& folder) { return folder / ".longwave" / "boot"; }

/// False when the machine may have gone down since the run's files were written.
bool same_boot(const fs::path& folder) {
  const auto id = boot_id();
  return !id.empty() && file_bytes(boot_mark(folder)) == id + "\n";
}

/// What a comparison of store and log is made of.
struct compared {
  log_tail tail;
  std::uint64_t mark = 0;
};

/// @param whole_bytes a log up to this size is compared from its first line
result<compared> compare_log(const store& s, const std::string& run, const run_head& head, const fs::path& path,
                             std::uint64_t whole_bytes) {
  auto mark = s.published(run);
  if (!mark) return mark.error();
  auto tail = read_log_tail(path);
  if (!tail) return tail.error();
  if (auto same = compare_tail(s, run, head, tail.value(), path); !same) return same.error();
  const auto from = tail.value().complete_bytes <= whole_bytes ? 0 : mark.value();
  if (auto same = compare_after_mark(s, run, from, tail.value(), path); !same) return same.error();
  return compared{std::move(tail.value()), mark.value()};
}

} // namespace

result<void> mark_boot(const fs::path& folder, file_calls& calls) {
  return write_file_atomically(calls, boot_mark(folder), boot_id() + "\n");
}

result<void> check_start(const store& s, const std::string& run, const fs::path& folder, std::uint64_t window,
                         const recovery_limits& limits) {
  auto loaded = s.load(run);
  if (!loaded) return loaded.error();
  const auto& head = loaded.value().head;
  if (auto same = compare_log(s, run, head, folder / "segments.jsonl", limits.whole_log_bytes); !same) return same.error();
  for (auto seq = head.seq > window ? head.seq - window + 1 : 1; seq <= head.seq; ++seq) {
    const auto how = s.provenance(run, seq);
    if (!how && how.error().code != error_code::not_found) return how.error();
  }
  return ok();
}

result<recovery_report> recover_output(store& s, const std::string& run, const fs::path& folder, file_calls& calls,
                                       const metadata_writer& metadata) {
  auto config = s.config(run);
  if (!config) return config.error();
  auto head = s.head(run);
  if (!head) return head.error();
  const auto path = folder / "segments.jsonl";
  auto same = compare_log(s, run, head.value(), path, 0); // the whole is check_start's
  if (!same) return same.error();
  const auto& [tail, mark] = same.value();

  // From here on everything fits, and writing begins.
  KILL_POINT("recovery:before_repair");
  recovery_report report;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return file_failure("cannot create", folder, error.value());
  remove_temporaries(folder);
  if (const auto size = fs::file_size(path, error); !error) report.torn_bytes_cut = size - tail.complete_bytes;
  auto log = segment_log::open(calls, path);
  if (!log) return log.error();
  if (tail.seq < head.value().seq) {
    auto added = append_missing(s, run, tail.seq + 1, head.value().seq, *log.value());
    if (!added) return added.error();
    report.lines_added = added.value();
  }
  if (auto flushed = log.value()->sync(); !flushed) return flushed.error();
  KILL_POINT("recovery:log_repaired");
  // What the log lost may have lost its files too, so the earlier of both marks counts.
  const auto from = same_boot(folder) ? std::min(mark, tail.seq) : 0;
  auto files = redo_files(s, config.value(), from, head.value().seq, folder, calls, metadata);
  if (!files) return files.error();
  report.files_rewritten = files.value();
  KILL_POINT("recovery:files_redone");
  if (auto marked = mark_boot(folder, calls); !marked) return marked.error();
  return report;
}

} // namespace longwave::storage
