// Choosing of the sample, and writing of the review folders.
#include "actors/monitor/review.hpp"

#include "messages/json_controls.hpp"
#include "messages/random.hpp"
#include "storage/record_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

namespace longwave {

namespace fs = std::filesystem;

namespace {

using nlohmann::ordered_json;

// domain 12: ten texts of a pilot are read by a person, one a day of a longer run.
constexpr std::size_t pilot_sample = 10;

/// Calls `each` for every accepted record, in order.
template <class Each>
result<void> for_accepted(const storage::store& store, const std::string& run, const Each& each) {
  const auto head = store.head(run);
  if (!head) return head.error();
  return storage::for_each_record(store, run, 1, head.value().seq, [&](const segment_record& record, const std::string&) {
    return record.status == record_status::accepted ? each(record) : ok();
  });
}

std::optional<storage::review_verdict> verdict_on(const segment_record& r,
                                                  const std::map<std::uint64_t, storage::review_verdict>& latest) {
  const auto at = latest.find(r.seq);
  if (at == latest.end() || at->second.hash != r.hash) return std::nullopt;
  return at->second;
}

std::string file_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// "day001-h06-1-weather.md": the readable file's place without its folders.
std::string flat_name(const segment_record& r) {
  const auto path = storage::segment_file_name(r);
  return path.parent_path().filename().string() + "-" + path.filename().string();
}

fs::path folder_of(const engagement& e) {
  const fs::path folder(to_string(e.folder));
  return e.folder == review_folder::review ? folder / e.kind : folder;
}

std::string page_of(const review_item& item) {
  const auto& e = *item.score;
  char terms[120];
  std::snprintf(terms, sizeof terms, "score %.3f (voice %.3f, variety %.3f, emotion %.3f): ", e.score, e.voice,
                e.variety, e.emotion);
  std::string page = storage::segment_file_text(item.record);
  page += "\n---\n\n" + std::string(terms) + std::string(to_string(e.folder)) + "\n";
  for (const auto& issue : e.issues) page += "- " + issue.kind + ", " + issue.rule + ": " + issue.message + "\n";
  return page;
}

/// Writes what differs, and remembers what belongs here.
class folder_writer {
public:
  folder_writer(fs::path root, storage::file_calls& calls) : root_(std::move(root)), calls_(calls) {}

  result<void> make_folders() const {
    std::vector<fs::path> folders{"approved", "rejected"};
    for (const auto kind : review_issues) folders.push_back(fs::path("review") / kind);
    for (const auto& folder : folders) {
      std::error_code ec;
      fs::create_directories(root_ / folder, ec);
      if (ec) return storage::file_failure("cannot create", root_ / folder, ec.value());
    }
    return ok();
  }

  result<void> put(const fs::path& name, const std::string& content) {
    wanted_.insert(name.string());
    const auto path = root_ / name;
    std::error_code ec;
    if (fs::file_size(path, ec) == content.size() && !ec && file_bytes(path) == content) return ok();
    return storage::write_file_atomically(calls_, path, content);
  }

  /// Files that were written for segments which now lie elsewhere, or which this run no longer has.
  void remove_others() const {
    std::error_code ec;
    std::vector<fs::path> gone;
    for (fs::recursive_directory_iterator it(root_, ec), end; !ec && it != end; it.increment(ec)) {
      const auto name = it->path().filename().string();
      if (!it->is_regular_file(ec) || !name.starts_with("day")) continue; // a person's own files stay
      if (!wanted_.contains(it->path().lexically_relative(root_).string())) gone.push_back(it->path());
    }
    for (const auto& path : gone) fs::remove(path, ec); // what stays is old, not wrong, and goes the next time
  }

private:
  fs::path root_;
  storage::file_calls& calls_;
  std::set<std::string> wanted_;
};

} // namespace

std::vector<std::uint64_t> review_sample(const run_config& config, const accepted_days& accepted) {
  random_stream draw(config.seed, 0, 0, "review_sample");
  std::vector<std::uint64_t> sample;
  if (config.kind == run_kind::broadcast && config.duration_hours > pilot_hours) {
    for (const auto& [day, seqs] : accepted) sample.push_back(seqs[draw.below(seqs.size())]);
    return sample;
  }
  std::vector<std::uint64_t> left;
  for (const auto& [day, seqs] : accepted) left.insert(left.end(), seqs.begin(), seqs.end());
  std::sort(left.begin(), left.end());
  while (!left.empty() && sample.size() < pilot_sample) {
    const auto at = left.begin() + static_cast<std::ptrdiff_t>(draw.below(left.size()));
    sample.push_back(*at);
    left.erase(at);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

bool is_behind_fork(const storage::run_head& head, std::uint64_t seq) noexcept {
  const auto at = head.totals.find("forked_at");
  if (at == head.totals.end() || !at->is_number_unsigned()) return false;
  const auto point = at->get<std::uint64_t>();
  return seq > point && seq - point <= continuity_segments;
}

bool is_scored(const run_config& config) noexcept { return config.kind == run_kind::broadcast; }

result<std::vector<review_item>> review_items(const storage::store& store, const std::string& run,
                                              const storage::review_file& reviews, review_scope scope) {
  const auto config = store.config(run);
  if (!config) return config.error();
  const auto head = store.head(run);
  if (!head) return head.error();
  const auto latest = reviews.latest(run);
  accepted_days days;
  std::set<std::uint64_t> wanted;
  auto read = for_accepted(store, run, [&](const segment_record& r) -> result<void> {
    days[r.position.day].push_back(r.seq);
    if (is_behind_fork(head.value(), r.seq)) wanted.insert(r.seq);
    if (scope == review_scope::sample) return ok();
    const bool flagged = is_scored(config.value()) && engagement_of(r).folder != review_folder::approved;
    if (flagged || verdict_on(r, latest)) wanted.insert(r.seq);
    return ok();
  });
  if (!read) return read.error();
  const auto sample = review_sample(config.value(), days);
  const std::set<std::uint64_t> sampled(sample.begin(), sample.end());
  wanted.insert(sample.begin(), sample.end());
  std::vector<review_item> items;
  for (const auto seq : wanted) {
    auto item = review_item_of(store, run, seq, reviews);
    if (!item) return item.error();
    item.value().sampled = sampled.contains(seq);
    items.push_back(std::move(item.value()));
  }
  return items;
}

result<review_item> review_item_of(const storage::store& store, const std::string& run, std::uint64_t seq,
                                   const storage::review_file& reviews) {
  const auto config = store.config(run);
  if (!config) return config.error();
  auto record = storage::read_record(store, run, seq);
  if (!record && record.error().code == error_code::not_found)
    return failure{error_code::not_found, "run " + run + " has no segment " + std::to_string(seq),
                   "it is not made yet, or never will be", "see `longwave inspect segments`"};
  if (!record) return record.error();
  review_item item;
  item.record = std::move(record.value());
  if (item.record.status != record_status::accepted)
    return failure{error_code::wrong_state, "segment " + std::to_string(seq) + " has no text to judge",
                   "it was skipped", "try it again with `longwave retry`"};
  if (is_scored(config.value())) item.score = engagement_of(item.record);
  item.verdict = verdict_on(item.record, reviews.latest(run));
  const auto head = store.head(run);
  item.continuity = head && is_behind_fork(head.value(), seq);
  return item;
}

ordered_json review_metadata(const review_item& item) {
  const auto& r = item.record;
  ordered_json j{{"seq", r.seq},
         {"run_id", r.run_id},
         {"type", r.type},
         {"day", r.position.day},
         {"hour", r.position.hour},
         {"slot", r.position.slot},
         {"hash", r.hash}};
  if (!item.score) {
    j["engagement"] = j["folder"] = j["file"] = nullptr;
    j["issues"] = ordered_json::array();
    return j;
  }
  const auto& e = *item.score;
  j["engagement"] = {{"score", e.score}, {"voice", e.voice}, {"variety", e.variety}, {"emotion", e.emotion}};
  j["folder"] = folder_of(e).generic_string();
  j["file"] = (folder_of(e) / flat_name(r)).generic_string();
  auto issues = ordered_json::array();
  for (const auto& issue : e.issues)
    issues.push_back({{"kind", issue.kind}, {"rule", issue.rule}, {"message", issue.message}});
  j["issues"] = std::move(issues);
  return j;
}

result<void> write_review_folders(const storage::store& store, const std::string& run, const fs::path& output,
                                  storage::file_calls& calls) {
  const auto config = store.config(run);
  if (!config) return config.error();
  if (!is_scored(config.value())) return ok();
  folder_writer writer(output / "review", calls);
  if (auto made = writer.make_folders(); !made) return made;
  std::string index;
  auto read = for_accepted(store, run, [&](const segment_record& r) -> result<void> {
    review_item item{r, engagement_of(r), false, false, {}};
    const auto metadata = review_metadata(item);
    index += controlless_json(metadata, -1) + "\n";
    const fs::path file = metadata["file"].get<std::string>();
    if (auto put = writer.put(file, page_of(item)); !put) return put;
    if (item.score->folder == review_folder::approved) return ok();
    return writer.put(fs::path(file).replace_extension(".json"), controlless_json(metadata, 2) + "\n");
  });
  if (!read) return read;
  writer.remove_others();
  return writer.put("index.jsonl", index);
}

} // namespace longwave
