// Copying a run's beginning into a new store, batch by batch, the way it was committed.
#include "storage/fork.hpp"

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/output_folder.hpp"
#include "storage/record_reader.hpp"
#include "storage/recovery.hpp"
#include "storage/review_log.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_json.hpp"
#include "storage/store_options.hpp"
#include "storage/stored_metadata.hpp"
#include "storage/unfinished_folder.hpp"

#include <rocksdb/db.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

namespace longwave::storage {

namespace fs = std::filesystem;

namespace {

/// Commits of this many segments share one flush while copying.
constexpr std::size_t copied_at_once = 256;

using state_map = std::map<std::string, nlohmann::json>;

/// What differs between two states, as a commit would have written it.
std::vector<state_change> changes_between(const state_map& before, const state_map& after) {
  std::vector<state_change> changes;
  for (const auto& [name, value] : after) {
    const auto at = before.find(name);
    if (at == before.end() || at->second != value) changes.push_back({name, dump(value)});
  }
  for (const auto& [name, value] : before)
    if (!after.contains(name)) changes.push_back({name, "null"});
  return changes;
}

/// Milliseconds since 2000-01-01T00:00:00Z, which a virtual clock counts from; 0 for a time that cannot be read.
std::int64_t virtual_ms_of(const std::string& rfc3339) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, us = 0;
  if (std::sscanf(rfc3339.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &y, &mo, &d, &h, &mi, &s, &us) != 7) return 0;
  using namespace std::chrono;
  const sys_days day = year{y} / month(static_cast<unsigned>(mo)) / std::chrono::day(static_cast<unsigned>(d));
  const sys_days epoch = year{2000} / January / 1;
  return duration_cast<milliseconds>(day - epoch).count() + ((h * 60LL + mi) * 60 + s) * 1'000 + us / 1'000;
}

/// Time running at the last kept record. What the run itself would know is only stored as of its own head.
void set_clocks(run_head& head, const run_config& config, const run_head& original, const segment_record& last) {
  if (config.virtual_clock) {
    head.virtual_ms = virtual_ms_of(last.accepted_at);
  } else if (original.seq > 0) {
    head.elapsed_ms = static_cast<std::int64_t>(static_cast<double>(original.elapsed_ms) *
                                                static_cast<double>(head.seq) / static_cast<double>(original.seq));
  }
  if (config.kind != run_kind::stories || config.interval_seconds == 0) return;
  auto until = (config.virtual_clock ? head.virtual_ms : head.elapsed_ms) + config.interval_seconds * 1'000;
  if (config.duration_seconds) until = std::min(until, *config.duration_seconds * 1'000);
  head.totals["interval_until_ms"] = until;
}

/// One run on its way into a new store.
class beginning_copy {
public:
  beginning_copy(const store& from, store& to, std::string run, std::uint64_t seq)
    : from_(from), to_(to), run_(std::move(run)), seq_(seq) {}

  /// @param config as the fork is to have it
  result<fork_report> copy(const run_config& config) {
    auto original = from_.head(run_);
    if (!original) return original.error();
    original_ = std::move(original.value());
    run_head first;
    first.hash = zero_hash;
    first.started_at = original_.started_at;
    if (seq_ == 0) first.state = "stopped";
    if (auto made = to_.create_run(config, first); !made) return made.error();
    if (auto read = read_checkpoints(); !read) return read.error();
    if (seq_ > 0) {
      if (auto copied = copy_records(config); !copied) return copied.error();
    }
    return fork_report{run_, seq_, hash_, original_.seq - seq_};
  }

private:
  result<void> read_checkpoints() {
    auto listed = from_.checkpoints(run_);
    if (!listed) return listed.error();
    for (auto& c : listed.value())
      if (c.valid && c.record.seq <= seq_ && c.record.seq > 0) checkpoints_[c.record.seq].push_back(std::move(c.record));
    return ok();
  }

  result<void> copy_records(const run_config& config) {
    auto read = for_each_record(from_, run_, 1, seq_, [&](const segment_record& record, const std::string& line) -> result<void> {
      auto batch = batch_of(record, line, config);
      if (!batch) return batch.error();
      held_.push_back(std::move(batch.value()));
      return held_.size() < copied_at_once ? ok() : flush();
    });
    if (!read) return read;
    return flush();
  }

  result<commit_batch> batch_of(const segment_record& record, const std::string& line, const run_config& config) {
    const auto seq = record.seq;
    commit_batch batch;
    batch.run = run_;
    batch.seq = seq;
    batch.record_line = line;
    batch.prev_hash = hash_;
    batch.head.seq = seq;
    batch.head.hash = hash_ = record.hash;
    batch.head.started_at = original_.started_at;
    if (auto how = from_.provenance(run_, seq))
      batch.provenance = std::move(how.value());
    else if (how.error().code != error_code::not_found)
      return how.error();
    const auto at = checkpoints_.find(seq);
    if (at != checkpoints_.end()) batch.checkpoints = at->second;
    if (at == checkpoints_.end() && seq != seq_) return batch;
    auto state = from_.state_at(run_, seq);
    if (!state) return state.error();
    batch.changes = changes_between(state_, state.value());
    state_ = std::move(state.value());
    if (seq == seq_) end_head(batch, record, config);
    return batch;
  }

  /// The head of a run that was stopped in order after this segment.
  void end_head(commit_batch& batch, const segment_record& last, const run_config& config) const {
    auto& head = batch.head;
    head.state = "stopped";
    head.state_reason = "fork";
    head.epoch = batch.epoch = 1;
    head.totals["forked_at"] = seq_; // what follows is for a person to read (domain 8)
    const auto how = nlohmann::json::parse(batch.provenance, nullptr, false);
    if (how.is_object()) head.calls = how.value("calls", std::uint64_t{0});
    if (const auto streak = state_.find("streak"); streak != state_.end() && streak->second.is_object())
      head.consecutive_failures = streak->second.value("consecutive", std::uint64_t{0});
    set_clocks(head, config, original_, last);
  }

  result<void> flush() {
    std::vector<const commit_batch*> pointers;
    for (const auto& batch : held_) pointers.push_back(&batch);
    for (auto& done : to_.commit(pointers))
      if (!done) return done.error();
    held_.clear();
    return ok();
  }

  const store& from_;
  store& to_;
  const std::string run_;
  const std::uint64_t seq_;
  run_head original_;
  std::map<std::uint64_t, std::vector<checkpoint_record>> checkpoints_;
  state_map state_;
  std::string hash_{zero_hash};
  std::vector<commit_batch> held_;
};

/// Says that between the copied checkpoints no state is known, as after pruning.
result<void> mark_pruned(const fs::path& store_folder, const std::string& run, std::uint64_t seq) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(database_options(open_mode::write, nullptr), store_folder.string(), &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  if (!status.ok()) return store_failure("cannot open the store " + store_folder.string(), status);
  rocksdb::WriteBatch writes;
  put_sealed(*db, writes, pruned_key(run), std::to_string(seq));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  status = db->Write(synced, &writes);
  if (!status.ok()) return store_failure("cannot write to the store " + store_folder.string(), status);
  return ok();
}

result<void> copy_lore(const fs::path& from, const fs::path& to) {
  if (from.empty()) return ok();
  std::error_code ec;
  fs::create_directories(to, ec);
  for (fs::directory_iterator it(from, ec), end; !ec && it != end; it.increment(ec)) {
    const auto name = it->path().filename().string();
    if (it->is_regular_file() && name != "LOCK" && !name.starts_with("LOG")) fs::copy_file(it->path(), to / name, ec);
    if (ec) break;
  }
  if (ec) return file_failure("cannot copy the catalogue", from, ec.value());
  return ok();
}

result<void> copy_reviews(const fs::path& from, const fs::path& to, const std::string& run, std::uint64_t seq) {
  if (from.empty()) return ok();
  auto read = read_reviews(from);
  if (!read) return read.error();
  auto& verdicts = read.value().verdicts;
  std::erase_if(verdicts, [&](const auto& v) { return v.run_id != run || v.seq > seq; });
  return verdicts.empty() ? ok() : append_reviews(system_file_calls(), to, verdicts);
}

/// Fails where `output` is anything but missing or an empty folder.
result<bool> is_new(const fs::path& output) {
  std::error_code ec;
  if (!fs::exists(output, ec)) return true;
  if (fs::is_directory(output, ec) && fs::is_empty(output, ec)) return false;
  return failure{error_code::run_exists, "cannot write to " + output.string(), "it is not an empty folder",
                 "name a new folder with --to"};
}

} // namespace

result<std::uint64_t> forkable_at(const store& from, const std::string& run, std::uint64_t wanted) {
  if (wanted == 0) return wanted;
  auto here = from.state_at(run, wanted);
  if (here) return wanted;
  if (here.error().code != error_code::not_found) return here.error();
  auto listed = from.checkpoints(run);
  if (!listed) return listed.error();
  std::uint64_t nearest = 0;
  for (const auto& c : listed.value())
    if (c.valid && c.record.seq < wanted) nearest = std::max(nearest, c.record.seq);
  return nearest;
}

result<fork_report> fork_run(const store& from, const std::string& run, std::uint64_t seq, const fs::path& to,
                             const fork_options& options) {
  std::error_code ec;
  const auto output = fs::absolute(to, ec).lexically_normal();
  const auto fresh = is_new(output);
  if (!fresh) return fresh.error();
  auto config = from.config(run);
  if (!config) return config.error();
  if (seq > 0)
    if (auto state = from.state_at(run, seq); !state) return state.error();
  const auto data = output / ".longwave";
  unfinished_folder made(fresh.value() ? output : data);
  auto lock = engine_lock::take(data);
  if (!lock) return lock.error();
  const auto partial = data / "store.partial";
  fs::remove_all(partial, ec);

  auto& c = config.value();
  c.output = output.string();
  if (options.drop_fault_plan) c.fault_plan.clear();
  if (!options.lore.empty()) c.lore = (data / "lore").string();
  if (auto copied = copy_lore(options.lore, data / "lore"); !copied) return copied.error();
  auto opened = store::open(partial);
  if (!opened) return opened.error();
  auto report = beginning_copy(from, *opened.value(), run, seq).copy(c);
  opened.value().reset();
  if (!report) return report.error();
  if (auto marked = mark_pruned(partial, run, seq); !marked) return marked.error();
  fs::rename(partial, data / "store", ec);
  if (ec) return file_failure("cannot rename to", data / "store", ec.value());

  auto fork = store::open(data / "store");
  if (!fork) return fork.error();
  auto written = recover_output(*fork.value(), run, output, system_file_calls(), stored_metadata(*fork.value()));
  if (!written) return written.error();
  if (auto copied = copy_reviews(options.reviews, output, run, seq); !copied) return copied.error();
  made.keep();
  return report;
}

} // namespace longwave::storage
