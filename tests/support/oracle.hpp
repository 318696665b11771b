// What decides in the crash tests whether anything was lost: never the program's own word alone.
//
// Three witnesses from outside the process: the call log (every text that was ever issued, synced before it was handed
// on), the undisturbed twin (the same seed without faults), and a watcher that reads LIVE_STATUS.json all the time.
#pragma once

#include "tests/support/process.hpp"

#include "messages/random.hpp"
#include "storage/chain.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include <sys/eventfd.h>

namespace longwave::tests {

/// A count or seed from the environment: tests are short in CI and long at night.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Where a run is killed again and again: memory where there is some, because a killed process loses no page.
inline fs::path quick_folder() {
  std::error_code ec;
  return fs::is_directory("/dev/shm", ec) ? fs::path("/dev/shm") : fs::temp_directory_path();
}

/// Faults found by threads, which may not use Catch's assertions.
class fault_list {
public:
  void add(std::string what) {
    const std::lock_guard guard(mutex_);
    if (faults_.size() < 20) faults_.push_back(std::move(what));
    ++count_;
  }
  std::string text() const {
    const std::lock_guard guard(mutex_);
    std::string all;
    for (const auto& fault : faults_) all += fault + "\n";
    return count_ > faults_.size() ? all + "... and " + std::to_string(count_ - faults_.size()) + " more\n" : all;
  }
  bool any() const {
    const std::lock_guard guard(mutex_);
    return count_ > 0;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> faults_;
  std::size_t count_ = 0;
};

/// Calls `each` with 0 .. count-1 from `threads` threads; ends early once `faults` has any.
inline void in_parallel(std::uint64_t count, unsigned threads, fault_list& faults,
                        const std::function<void(std::uint64_t)>& each) {
  std::atomic<std::uint64_t> next{0};
  std::vector<std::thread> crew;
  for (unsigned t = 0; t < threads; ++t)
    crew.emplace_back([&] {
      for (auto i = next++; i < count && !faults.any(); i = next++) try {
          each(i);
        } catch (const std::exception& e) {
          faults.add("case " + std::to_string(i) + ": " + e.what());
        }
    });
  for (auto& t : crew) t.join();
}

/// Reads LIVE_STATUS.json again and again: it must parse, and never count a line that is not in segments.jsonl.
class status_watcher {
public:
  explicit status_watcher(fs::path output) : output_(std::move(output)), stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { watch(); }) {}
  ~status_watcher() { finish(); }
  status_watcher(const status_watcher&) = delete;
  status_watcher& operator=(const status_watcher&) = delete;

  /// Stops reading; what was wrong, empty when nothing was.
  std::string finish() {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto told = ::write(stop_, &one, sizeof one);
      thread_.join();
      ::close(stop_);
    }
    return fault_;
  }
  std::uint64_t reads() const { return reads_; }

private:
  void watch() {
    pollfd stop{stop_, POLLIN, 0};
    while (::poll(&stop, 1, 1) == 0 && fault_.empty()) look();
  }

  void look() {
    std::ifstream in(output_ / "LIVE_STATUS.json", std::ios::binary);
    if (!in) return; // not there yet: asked of this very opening, not afterwards
    const std::string text(std::istreambuf_iterator<char>(in), {});
    ++reads_;
    const auto status = nlohmann::json::parse(text, nullptr, false);
    if (!status.is_object()) {
      fault_ = "LIVE_STATUS.json does not parse: " + text;
      return;
    }
    // The status was read first, so the log can only be ahead of it.
    const auto done = status["progress"]["segments_done"].get<std::uint64_t>();
    if (done <= counted_) return;
    const auto log = read_file(output_ / "segments.jsonl");
    counted_ = static_cast<std::uint64_t>(std::count(log.begin(), log.end(), '\n'));
    if (done > counted_)
      fault_ = "LIVE_STATUS.json counts " + std::to_string(done) + " segments, segments.jsonl has " + std::to_string(counted_);
  }

  fs::path output_;
  int stop_;
  std::atomic<std::uint64_t> reads_{0};
  std::uint64_t counted_ = 0;
  std::string fault_;
  std::thread thread_;
};

/// What the call log saw: hashes of the texts issued for each segment.
inline std::map<std::uint64_t, std::multiset<std::string>> issued_texts(const fs::path& call_log) {
  std::map<std::uint64_t, std::multiset<std::string>> texts;
  std::istringstream in(read_file(call_log));
  for (std::string line; std::getline(in, line);) {
    const auto j = nlohmann::json::parse(line, nullptr, false); // the last line may be torn: its text was not handed on
    if (j.is_object()) texts[j["segment"].get<std::uint64_t>()].insert(j["sha256"].get<std::string>());
  }
  return texts;
}

/// Every file under `folder` by its path, without what belongs to one process or one moment.
inline std::map<std::string, std::string> readable_files(const fs::path& output) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(output)) {
    const auto name = entry.path().lexically_relative(output).string();
    if (entry.is_regular_file() && (name.starts_with("segments/") || name.ends_with(".md") || name.ends_with("_metadata.json")) &&
        !name.starts_with("report") && !name.starts_with(".longwave"))
      files.emplace(name, read_file(entry.path()));
  }
  return files;
}

/// The first readable file in which a run and its twin differ; empty when there is none.
inline std::string files_fault(const std::map<std::string, std::string>& own, const std::map<std::string, std::string>& twin) {
  for (const auto& [name, bytes] : twin) {
    const auto at = own.find(name);
    if (at == own.end()) return name + " is missing";
    if (at->second != bytes) return name + " differs from the twin's";
  }
  for (const auto& [name, bytes] : own)
    if (!twin.count(name)) return name + " is nothing that the twin has";
  return {};
}

/// Acts of one airing never go back, never leave one out and begin at 1; a skipped segment tells no story.
inline std::string beats_fault(const std::vector<nlohmann::json>& lines) {
  std::map<std::string, int> told;
  for (const auto& line : lines) {
    const auto& story = line["story"];
    if (story.is_null()) continue;
    const auto place = "segment " + line["seq"].dump() + ": story " + story["id"].get<std::string>();
    if (line["status"] != "accepted") return place + " was told by a segment that was skipped";
    const int act = story["act"].get<int>();
    auto& last = told[story["id"].get<std::string>()];
    if (act < last || act > last + 1) return place + " goes from act " + std::to_string(last) + " to " + std::to_string(act);
    last = act;
  }
  return {};
}

/// Segments that one interruption can waste the calls of where calls cost nothing: four that are being committed, and the
/// next, which is generated meanwhile (decision 8).
inline constexpr std::uint64_t calls_in_flight = 5;

/// What an audit found out.
struct audit_counts {
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t repeated_calls = 0;
  std::string fault; ///< empty: all is well
};

/// Holds a finished run against call log and twin: lines 1..n without gap or repetition, each text issued for its
/// segment, no more calls than kills explain, beats in order, status equal to a recount, readable files and lines
/// equal to the twin's, and the program's own `verify` and its store's lines in agreement.
/// With LONGWAVE_KEEP=FOLDER a run that fails is copied there.
/// @param call_log        of this run; empty when it has none
/// @param repeats_allowed interruptions; each may have wasted the calls in flight
inline audit_counts audit_against_twin(const fs::path& output, const fs::path& twin, const fs::path& call_log,
                                       std::uint64_t repeats_allowed, bool same_file_names = true) {
  audit_counts counts;
  const auto fail = [&](std::string why) {
    if (counts.fault.empty()) counts.fault = output.filename().string() + ": " + std::move(why);
  };
  const auto lines = read_lines(output / "segments.jsonl");
  const auto expected = read_lines(twin / "segments.jsonl").size();
  std::map<std::uint64_t, int> seen;
  for (const auto& line : lines) ++seen[line["seq"].get<std::uint64_t>()];
  for (const auto& [seq, times] : seen) counts.doubled += static_cast<std::uint64_t>(times - 1);
  for (std::uint64_t seq = 1; seq <= expected; ++seq) counts.lost += seen.count(seq) == 0;
  if (counts.lost > 0) fail(std::to_string(counts.lost) + " segments are lost");
  if (counts.doubled > 0) fail(std::to_string(counts.doubled) + " segments are doubled");
  if (lines.size() != expected) fail(std::to_string(lines.size()) + " lines, the twin has " + std::to_string(expected));
  if (!call_log.empty()) {
    const auto texts = issued_texts(call_log);
    std::uint64_t calls = 0, spent = 0;
    for (const auto& [segment, hashes] : texts) calls += hashes.size();
    for (const auto& line : lines) {
      const auto at = texts.find(line["seq"].get<std::uint64_t>());
      spent += line["attempts"].get<std::uint64_t>();
      if (line["status"] == "accepted" && (at == texts.end() || !at->second.count(storage::sha256_hex(line["text"].get<std::string>()))))
        fail("the text of segment " + line["seq"].dump() + " was never issued for it");
    }
    counts.repeated_calls = calls > spent ? calls - spent : 0;
    if (calls < spent) fail("fewer calls than attempts");
    if (counts.repeated_calls > calls_in_flight * repeats_allowed)
      fail(std::to_string(counts.repeated_calls) + " calls repeated by " + std::to_string(repeats_allowed) + " interruptions");
  }
  if (const auto fault = beats_fault(lines); !fault.empty()) fail(fault);
  if (identity_of(output) != identity_of(twin)) fail("segments.jsonl differs from the twin's");
  if (same_file_names)
    if (const auto fault = files_fault(readable_files(output), readable_files(twin)); !fault.empty()) fail(fault);
  const auto status = nlohmann::json::parse(read_file(output / "LIVE_STATUS.json"), nullptr, false);
  const auto accepted = std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line["status"] == "accepted"; });
  if (!status.is_object() || status["progress"]["segments_done"] != lines.size() || status["progress"]["segments_accepted"] != accepted)
    fail("the status does not count what segments.jsonl has");
  const auto log = output.string() + ".audit";
  if (run({"verify", output.string()}, log) != process_end{0, 0}) fail("verify: " + read_file(log));
  fs::remove(log);
  if (run({"export", output.string(), "--format", "jsonl"}, log) != process_end{0, 0}) fail("export: " + read_file(log));
  if (read_file(log) != read_file(output / "segments.jsonl")) fail("the store's lines are not those of segments.jsonl");
  fs::remove(log);
  if (!counts.fault.empty() && std::getenv("LONGWAVE_KEEP"))
    fs::copy(output, std::string(std::getenv("LONGWAVE_KEEP")) + "/" + output.filename().string(), fs::copy_options::recursive);
  return counts;
}

} // namespace longwave::tests
