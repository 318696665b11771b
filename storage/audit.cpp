// The recount of a run.
#include "storage/audit.hpp"

#include "messages/status.hpp"
#include "storage/chain.hpp"
#include "storage/store_json.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_differences = 1000;

/// One audit under way: passes once over the records, comparing as it goes, and keeps counts only.
class audit {
public:
  audit(const store& s, run_config config, run_head head, fs::path output, std::uint64_t published,
        const metadata_writer& metadata)
    : store_(s), config_(std::move(config)), head_(std::move(head)), output_(std::move(output)),
      published_(std::min(published, head_.seq)), metadata_(metadata),
      log_(output_ / "segments.jsonl", std::ios::binary) {}

  audit_report run() {
    collect_checkpoints();
    look_at_records();
    look_behind_log();
    look_at_checkpoints();
    look_at_counters();
    if (beyond_ > 0) report_.differences.push_back("... and " + std::to_string(beyond_) + " more");
    report_.ok = report_.differences.empty();
    return std::move(report_);
  }

private:
  void differ(std::string what) {
    if (report_.differences.size() < most_differences)
      report_.differences.push_back(std::move(what));
    else
      ++beyond_;
  }

  void collect_checkpoints() {
    auto listed = store_.checkpoints(config_.run_id);
    if (!listed) return differ("checkpoints: " + to_string(listed.error()));
    checkpoints_ = std::move(listed.value());
    for (const auto& c : checkpoints_) heads_.emplace(c.record.seq, c.record.seq == 0 ? zero_hash : std::string_view{});
  }

  void look_at_records() {
    std::string previous(zero_hash);
    std::uint64_t last = 0;
    const auto read = store_.segments(config_.run_id, 1, head_.seq, [&](std::uint64_t seq, const std::string& line) {
      last = seq;
      previous = look_at_record(seq, line, previous);
      if (seq <= published_) look_at_line(seq, line);
      return true;
    });
    if (!read) differ("segment " + std::to_string(last + 1) + ": " + to_string(read.error()));
    if (last != head_.seq)
      differ("head: counts " + std::to_string(head_.seq) + " segments, " + std::to_string(last) + " can be read");
    else if (previous != head_.hash)
      differ("head: its hash is not the chain's end");
    if (store_.segment_line(config_.run_id, head_.seq + 1))
      differ("segment " + std::to_string(head_.seq + 1) + ": stored, but beyond the head");
  }

  /// Checks one record; gives the hash that the next one must follow.
  std::string look_at_record(std::uint64_t seq, const std::string& line, const std::string& previous) {
    const auto name = "segment " + std::to_string(seq);
    ++report_.checked["records"];
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object()) {
      differ(name + ": not JSON");
      return {};
    }
    segment_record record;
    try {
      parsed.get_to(record);
    } catch (const nlohmann::json::exception& e) {
      differ(name + ": " + e.what());
      return parsed.value("hash", std::string{});
    }
    if (record.seq != seq) differ(name + ": carries number " + std::to_string(record.seq));
    if (record.run_id != config_.run_id) differ(name + ": belongs to run " + record.run_id);
    if (record.prev_hash != previous) differ(name + ": does not follow the one before");
    if (chain_hash(record.prev_hash, canonical_json(parsed)) != record.hash)
      differ(name + ": its hash does not match its content");
    if (const auto at = heads_.find(seq); at != heads_.end()) at->second = record.hash;
    recount(record);
    if (seq <= published_) look_at_files(record);
    return record.hash;
  }

  void recount(const segment_record& record) {
    const bool accepted = record.status == record_status::accepted;
    (accepted ? counted_.accepted : counted_.skipped) += 1;
    for (const auto& v : record.violations) {
      counted_.by_severity[std::string(to_string(v.level))] += 1;
      counted_.by_category[v.category] += 1;
      counted_.critical_accepted += accepted && v.level == severity::critical;
    }
    counted_.variety_flagged += !record.variety.flags.empty();
    counted_.repeated += std::any_of(record.variety.flags.begin(), record.variety.flags.end(), [](const auto& flag) {
      return flag == "opening" || flag == "identical" || flag == "near_duplicate";
    });
  }

  void look_at_line(std::uint64_t seq, const std::string& stored) {
    if (log_ended_) return;
    std::string line;
    if (!std::getline(log_, line) || log_.eof()) {
      log_ended_ = true;
      return differ("segments.jsonl: line " + std::to_string(seq) + " is missing");
    }
    ++report_.checked["lines"];
    if (line != stored) differ("segments.jsonl: line " + std::to_string(seq) + " differs from the store");
  }

  /// Behind the published lines there may be more of the store's, and a torn one; never anything else.
  void look_behind_log() {
    if (log_ended_ || !log_) return;
    std::string line;
    auto seq = published_;
    while (std::getline(log_, line) && !log_.eof()) {
      ++seq;
      auto stored = store_.segment_line(config_.run_id, seq);
      if (!stored) return differ("segments.jsonl: line " + std::to_string(seq) + " is ahead of the store");
      ++report_.checked["lines"];
      if (line != stored.value()) differ("segments.jsonl: line " + std::to_string(seq) + " differs from the store");
    }
  }

  void look_at_files(const segment_record& record) {
    for (const auto& file : derived_files(config_, record, metadata_)) {
      ++report_.checked["files"];
      std::ifstream in(output_ / file.path, std::ios::binary);
      if (!in) {
        differ(file.path.string() + ": missing");
        continue;
      }
      std::ostringstream bytes;
      bytes << in.rdbuf();
      if (file.path.extension() == ".json" && !metadata_) {
        // Without the publisher's writer only the form can be judged.
        if (!nlohmann::json::parse(bytes.str(), nullptr, false).is_object()) differ(file.path.string() + ": not JSON");
      } else if (bytes.str() != file.content) {
        differ(file.path.string() + ": differs from the store");
      }
    }
  }

  void look_at_checkpoints() {
    for (const auto& c : checkpoints_) {
      ++report_.checked["checkpoints"];
      const auto name = "checkpoint " + c.record.id;
      if (!c.valid)
        differ(name + ": " + c.fault);
      else if (c.record.seq > head_.seq)
        differ(name + ": beyond the last segment");
      else if (heads_[c.record.seq] != c.record.head)
        differ(name + ": its head is not that of segment " + std::to_string(c.record.seq));
    }
  }

  void look_at_counters() {
    const auto state = store_.state_at(config_.run_id, head_.seq);
    if (!state) return differ("state: " + to_string(state.error()));
    const auto at = state.value().find("counters");
    if (at == state.value().end()) return;
    run_counters stored;
    try {
      at->second.get_to(stored);
    } catch (const nlohmann::json::exception& e) {
      return differ(std::string("counters: ") + e.what());
    }
    const auto compare = [&](const std::string& name, std::uint64_t kept, std::uint64_t counted) {
      ++report_.checked["counters"];
      if (kept != counted)
        differ("counters: " + name + " is " + std::to_string(kept) + ", the records give " + std::to_string(counted));
    };
    compare("accepted", stored.accepted, counted_.accepted);
    compare("skipped", stored.skipped, counted_.skipped);
    compare("critical_accepted", stored.critical_accepted, counted_.critical_accepted);
    compare("variety_flagged", stored.variety_flagged, counted_.variety_flagged);
    compare("repeated", stored.repeated, counted_.repeated);
    compare_groups("severity ", stored.by_severity, counted_.by_severity, compare);
    compare_groups("category ", stored.by_category, counted_.by_category, compare);
  }

  using groups = std::map<std::string, std::uint64_t>;

  template <class Compare>
  static void compare_groups(const std::string& what, const groups& kept, const groups& counted, Compare compare) {
    const auto of = [](const groups& g, const std::string& name) {
      const auto at = g.find(name);
      return at == g.end() ? std::uint64_t{0} : at->second;
    };
    for (const auto& [name, n] : kept) compare(what + name, n, of(counted, name));
    for (const auto& [name, n] : counted)
      if (!kept.contains(name)) compare(what + name, 0, n);
  }

  const store& store_;
  const run_config config_;
  const run_head head_;
  const fs::path output_;
  const std::uint64_t published_;
  const metadata_writer& metadata_;
  std::ifstream log_;
  bool log_ended_ = false;
  std::vector<store::listed_checkpoint> checkpoints_;
  std::map<std::uint64_t, std::string> heads_; ///< chain heads where checkpoints stand
  run_counters counted_;
  audit_report report_;
  std::uint64_t beyond_ = 0;
};

} // namespace

result<audit_report> audit_run(const store& s, const std::string& run, const fs::path& output,
                               std::uint64_t jsonl_up_to_seq, const metadata_writer& metadata) {
  auto config = s.config(run);
  if (!config) return config.error();
  auto head = s.head(run);
  if (!head) return head.error();
  return audit(s, std::move(config.value()), std::move(head.value()), output, jsonl_up_to_seq, metadata).run();
}

} // namespace longwave::storage
