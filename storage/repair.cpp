// Repair: the longest sound prefix of a damaged run, copied into a new folder.
#include "storage/chain.hpp"
#include "storage/codec.hpp"
#include "storage/record_reader.hpp"
#include "storage/recovery.hpp"
#include "storage/store_json.hpp"
#include "storage/store_options.hpp"
#include "storage/stored_metadata.hpp"

#include <rocksdb/db.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;

/// Commits of this many segments share one flush while copying.
constexpr std::size_t copied_at_once = 256;

/// A damaged store as far as it can be opened. Works on a private copy when the original does not open, because the
/// bolder ways of opening write. The copy goes with this object.
class salvage {
public:
  salvage(const fs::path& original, fs::path scratch) : scratch_(std::move(scratch)) {
    store_options read_only;
    read_only.read_only = true;
    if (auto opened = store::open(original, read_only)) {
      store_ = std::move(opened.value());
      return;
    } else {
      faults_.push_back(to_string(opened.error()));
    }
    for (const bool rebuild : {false, true}) {
      std::error_code error;
      fs::remove_all(scratch_, error);
      fs::create_directories(scratch_, error);
      fs::copy(original, scratch_, fs::copy_options::recursive, error);
      if (error || !open_boldly(rebuild)) continue;
      if (auto opened = store::open(scratch_, read_only)) {
        store_ = std::move(opened.value());
        return;
      }
    }
  }
  ~salvage() {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
  }
  salvage(const salvage&) = delete;
  salvage& operator=(const salvage&) = delete;

  const store* get() const noexcept { return store_.get(); }
  const std::vector<std::string>& faults() const noexcept { return faults_; }

private:
  /// First only the log's damaged records are passed over; then whatever files are left are made a database of.
  bool open_boldly(bool rebuild) {
    auto options = database_options(open_mode::write, nullptr);
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    options.track_and_verify_wals_in_manifest = false;
    options.paranoid_checks = false;
    if (rebuild && !rocksdb::RepairDB(scratch_.string(), options).ok()) return false;
    rocksdb::DB* raw = nullptr;
    const auto status = rocksdb::DB::Open(options, scratch_.string(), &raw);
    const std::unique_ptr<rocksdb::DB> db(raw);
    return status.ok();
  }

  fs::path scratch_;
  std::unique_ptr<store> store_;
  std::vector<std::string> faults_;
};

/// Walks lines in order as long as they are sound; gives how many were.
class chain_walk {
public:
  explicit chain_walk(std::string run) : run_(std::move(run)) {}

  /// False ends the walk; `why()` then says what was wrong.
  bool accept(const std::string& line) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    const auto name = "segment " + std::to_string(count_ + 1);
    segment_record record;
    try {
      parsed.get_to(record);
    } catch (const nlohmann::json::exception& e) {
      return refuse(name + " cannot be read: " + e.what());
    }
    if (run_.empty()) run_ = record.run_id;
    if (record.seq != count_ + 1 || record.run_id != run_) return refuse(name + " is missing");
    if (record.prev_hash != hash_) return refuse(name + " does not follow the one before");
    if (chain_hash(hash_, canonical_json(parsed)) != record.hash) return refuse(name + " fails its hash");
    ++count_;
    hash_ = record.hash;
    return true;
  }

  std::uint64_t count() const noexcept { return count_; }
  const std::string& hash() const noexcept { return hash_; }
  const std::string& run() const noexcept { return run_; }
  const std::string& why() const noexcept { return why_; }

private:
  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

  std::string run_;
  std::uint64_t count_ = 0;
  std::string hash_{zero_hash};
  std::string why_;
};

chain_walk walk_store(const store* s, const std::string& run) {
  chain_walk walk(run);
  // Line by line, not through segments(): a damaged head must not hide sound records.
  for (std::uint64_t seq = 1; s != nullptr; ++seq) {
    auto line = s->segment_line(run, seq);
    if (!line || !walk.accept(line.value())) break;
  }
  return walk;
}

chain_walk walk_log(const fs::path& log, const std::string& run) {
  chain_walk walk(run);
  std::ifstream in(log, std::ios::binary);
  std::string line;
  while (std::getline(in, line) && !in.eof() && walk.accept(line)) {
  }
  return walk;
}

/// Calls `each` with the first `count` lines of the better source.
void for_sound_lines(const store* s, const fs::path& log, const std::string& run, std::uint64_t count, bool from_log,
                     const std::function<bool(const std::string&)>& each) {
  std::ifstream in;
  if (from_log) in.open(log, std::ios::binary);
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    std::string line;
    if (from_log) {
      if (!std::getline(in, line)) return;
    } else {
      auto read = s->segment_line(run, seq);
      if (!read) return;
      line = std::move(read.value());
    }
    if (!each(line)) return;
  }
}

/// One run on its way from the old folder to the new store.
class run_copy {
public:
  run_copy(const store* from, store& to, fs::path log, std::string run)
    : from_(from), to_(to), log_(std::move(log)), run_(std::move(run)) {}

  result<repaired_run> copy(const fs::path& output) {
    repaired_run report;
    const auto stored = walk_store(from_, run_);
    const auto logged = walk_log(log_, run_);
    const bool from_log = logged.count() > stored.count();
    const auto& best = from_log ? logged : stored;
    if (run_.empty()) run_ = best.run();
    report.run = run_;
    report.kept = report.expected = best.count();
    report.source = from_log ? "segments.jsonl" : "store";
    if (!best.why().empty()) report.missing.push_back(best.why() + "; it and what follows are left out");

    run_config config;
    if (auto read = from_ != nullptr ? from_->config(run_) : result<run_config>(failure{}); read)
      config = std::move(read.value());
    else
      report.missing.push_back("the configuration cannot be read; start values stand in for it");
    config.run_id = run_;
    config.output = fs::absolute(output).string();

    auto head = old_head(report);
    const auto states = from_ != nullptr && head.seq == report.kept ? from_->state_at(run_, report.kept)
                                                                    : result<std::map<std::string, nlohmann::json>>(
                                                                        failure{error_code::not_found, {}, {}, {}});
    report.state_kept = static_cast<bool>(states);
    if (!states && report.kept > 0)
      report.missing.push_back("the state after segment " + std::to_string(report.kept) +
                               "; the records can be read and exported, the run cannot go on");
    run_head first;
    first.hash = zero_hash;
    first.started_at = head.started_at;
    if (auto made = to_.create_run(config, first); !made) return made.error();
    if (auto done = copy_records(report.kept, from_log, head, report); !done) return done.error();
    if (auto done = copy_rest(report, best.hash(), head, states ? &states.value() : nullptr); !done)
      return done.error();
    return report;
  }

private:
  run_head old_head(repaired_run& report) const {
    run_head head;
    if (from_ == nullptr) return head;
    auto read = from_->head(run_);
    if (!read) {
      report.missing.push_back("the run's head: " + read.error().why);
      return head;
    }
    report.expected = std::max(report.expected, read.value().seq);
    if (read.value().seq > report.kept)
      report.missing.push_back("segments " + std::to_string(report.kept + 1) + " to " +
                               std::to_string(read.value().seq));
    return std::move(read.value());
  }

  result<void> commit(std::vector<commit_batch>& batches) {
    std::vector<const commit_batch*> pointers;
    for (const auto& batch : batches) pointers.push_back(&batch);
    for (auto& done : to_.commit(pointers))
      if (!done) return done.error();
    batches.clear();
    return ok();
  }

  result<void> copy_records(std::uint64_t count, bool from_log, const run_head& head, repaired_run& report) {
    std::vector<commit_batch> batches;
    std::optional<failure> failed;
    record_reader reader;
    std::uint64_t without_provenance = 0;
    std::string previous(zero_hash);
    for_sound_lines(from_, log_, run_, count, from_log, [&](const std::string& line) {
      const auto read = reader.read(line);
      if (!read) {
        failed = read.error();
        return false;
      }
      const auto& record = read.value();
      commit_batch batch;
      batch.run = run_;
      batch.seq = record.seq;
      batch.record_line = line;
      batch.prev_hash = previous;
      batch.head.seq = record.seq;
      batch.head.hash = previous = record.hash;
      batch.head.started_at = head.started_at;
      auto provenance = from_ != nullptr ? from_->provenance(run_, record.seq) : result<std::string>(failure{});
      if (provenance)
        batch.provenance = std::move(provenance.value());
      else
        ++without_provenance;
      batches.push_back(std::move(batch));
      if (batches.size() < copied_at_once) return true;
      if (auto done = commit(batches); !done) failed = done.error();
      return !failed;
    });
    if (!failed && !batches.empty())
      if (auto done = commit(batches); !done) failed = done.error();
    if (failed) return *failed;
    if (without_provenance > 0)
      report.missing.push_back("how " + std::to_string(without_provenance) + " segments came about (`why`)");
    return ok();
  }

  /// State, sound checkpoints and the head as it stood, or one that says that the run cannot go on.
  result<void> copy_rest(repaired_run& report, const std::string& hash, run_head head,
                         const std::map<std::string, nlohmann::json>* states) {
    commit_batch batch;
    batch.run = run_;
    if (states == nullptr && report.kept > 0) {
      head.state = "failed";
      head.state_reason = "repaired without state";
    }
    head.seq = report.kept;
    head.hash = hash;
    batch.head = std::move(head);
    batch.epoch = batch.head.epoch;
    if (states != nullptr)
      for (const auto& [name, value] : *states) batch.changes.push_back({name, dump(value)});
    if (from_ != nullptr) {
      if (auto listed = from_->checkpoints(run_)) {
        // Older ones would name points whose state is not copied.
        for (const auto& c : listed.value())
          if (c.valid && c.record.seq == report.kept && c.record.head == hash) batch.checkpoints.push_back(c.record);
      }
    }
    std::vector<commit_batch> one;
    one.push_back(std::move(batch));
    return commit(one);
  }

  const store* from_;
  store& to_;
  const fs::path log_;
  std::string run_;
};

/// Where a run's log lies: in the output that its configuration names, if that is there, else beside the data folder.
fs::path log_of(const store* s, const std::string& run, const fs::path& data_dir) {
  const auto beside = fs::absolute(data_dir).lexically_normal();
  const auto parent = beside.filename().empty() ? beside.parent_path().parent_path() : beside.parent_path();
  if (fs::exists(parent / "segments.jsonl")) return parent / "segments.jsonl";
  if (s != nullptr)
    if (auto config = s->config(run); config && !config.value().output.empty())
      return fs::path(config.value().output) / "segments.jsonl";
  return parent / "segments.jsonl";
}

} // namespace

result<repair_report> repair_run(const fs::path& broken_data_dir, const std::string& run, const fs::path& to_output) {
  const auto data = to_output / ".longwave";
  if (fs::exists(data / "store"))
    return failure{error_code::run_exists, "cannot repair into " + to_output.string(), "it already holds a store",
                   "name a new folder"};
  auto lock = engine_lock::take(data);
  if (!lock) return lock.error();
  const salvage old(broken_data_dir / "store", data / ("salvage-" + std::to_string(::getpid())));

  std::vector<std::string> names;
  if (!run.empty()) {
    names.push_back(run);
  } else if (old.get() != nullptr) {
    auto listed = old.get()->runs();
    if (listed) names = std::move(listed.value());
  }
  if (names.empty()) names.emplace_back(); // the log alone says whose it is

  auto fresh = store::open(data / "store");
  if (!fresh) return fresh.error();
  repair_report report;
  for (const auto& name : names) {
    const auto output = names.size() == 1 ? to_output : to_output / name;
    const auto log = log_of(old.get(), name, broken_data_dir);
    if (name.empty() && walk_log(log, name).count() == 0) continue;
    auto copied = run_copy(old.get(), *fresh.value(), log, name).copy(output);
    if (!copied) return copied.error();
    for (const auto& fault : old.faults()) copied.value().missing.push_back("the store could not be opened: " + fault);
    if (auto done = recover_output(*fresh.value(), copied.value().run, output, system_file_calls(),
                                   stored_metadata(*fresh.value()));
        !done)
      return done.error();
    report.runs.push_back(std::move(copied.value()));
  }
  if (report.runs.empty())
    return failure{error_code::not_found, "nothing to repair in " + broken_data_dir.string(),
                   old.faults().empty() ? "no run can be read" : old.faults().front(), {}};
  return report;
}

} // namespace longwave::storage
