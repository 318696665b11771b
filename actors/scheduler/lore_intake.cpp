// Gathering of records and faults.
#include "actors/scheduler/lore_intake.hpp"

#include "actors/scheduler/lore_links.hpp"
#include "storage/lore_ranking.hpp"
#include "storage/lore_terms.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace longwave {

void lore_intake::add(std::uint64_t line, const nlohmann::json& row) {
  ++rows_;
  auto read = read_lore_record(row);
  if (auto* fault = std::get_if<lore_fault>(&read)) {
    std::string id;
    if (row.is_object() && row.contains("id") && row["id"].is_string()) id = row["id"].get<std::string>().substr(0, 100);
    faults_.push_back({line, std::move(id), std::move(*fault)});
    return;
  }
  auto& record = std::get<lore_record>(read);
  record.source = source_;
  record.line_number = line;
  record.layer = discovery_layer(record, curated_);
  record.excluded = title_exclusion(record.title);
  records_.push_back(std::move(record));
}

void lore_intake::add_fault(std::uint64_t line, lore_fault fault) {
  ++rows_;
  faults_.push_back({line, "", std::move(fault)});
}

void lore_intake::finish() {
  std::vector<placed_fault> found = find_duplicates(records_);
  for (auto& circle : find_cycles(records_)) found.push_back(std::move(circle));
  take_out(found);
  for (const auto& r : records_)
    if (!r.year_min && !r.year_max) undated_.push_back(r.line_number);
}

void lore_intake::drop(const std::vector<std::size_t>& places, const lore_fault& fault) {
  std::vector<std::pair<std::size_t, lore_fault>> found;
  for (const auto place : places) found.emplace_back(place, fault);
  take_out(found);
}

void lore_intake::take_out(const std::vector<std::pair<std::size_t, lore_fault>>& found) {
  if (found.empty() && std::is_sorted(faults_.begin(), faults_.end(), [](const auto& a, const auto& b) { return a.line < b.line; })) return;
  std::set<std::size_t> bad;
  for (const auto& [place, fault] : found)
    if (bad.insert(place).second) faults_.push_back({records_[place].line_number, records_[place].id, fault});
  std::vector<lore_record> sound;
  sound.reserve(records_.size() - bad.size());
  for (std::size_t i = 0; i < records_.size(); ++i)
    if (bad.count(i) == 0) sound.push_back(std::move(records_[i]));
  records_ = std::move(sound);
  std::stable_sort(faults_.begin(), faults_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
}

std::map<std::string, std::size_t> lore_intake::fault_counts() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& f : faults_) ++counts[f.fault.kind];
  return counts;
}

std::map<std::string, std::size_t> lore_intake::layers() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& r : records_)
    if (r.excluded.empty()) ++counts[r.layer.empty() ? "none" : r.layer];
  return counts;
}

std::map<std::string, std::size_t> lore_intake::exclusions() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& r : records_)
    if (!r.excluded.empty()) ++counts[r.excluded];
  return counts;
}

result<void> lore_list::each(const std::function<void(const lore_glance&)>& look) const {
  for (std::size_t i = 0; i < records_.size(); ++i) look(glance_at(records_[i], i + 1));
  return ok();
}

result<lore_record> lore_list::record(std::uint64_t number) const {
  if (number == 0 || number > records_.size())
    return failure{error_code::not_found, "no record " + std::to_string(number), "the list has " + std::to_string(records_.size()), ""};
  return records_[number - 1];
}

result<std::vector<lore_hit>> lore_list::search(std::string_view words, std::size_t limit,
                                                const std::function<bool(std::uint64_t)>& allowed) const {
  std::call_once(indexed_, [&] {
    for (std::size_t i = 0; i < records_.size(); ++i) {
      const auto& r = records_[i];
      for (auto& term : storage::lore_terms(r.title + " " + r.text + " " + r.summary)) index_[std::move(term)].push_back(i + 1);
    }
  });
  std::vector<std::vector<std::uint64_t>> postings;
  for (const auto& term : storage::lore_terms(words))
    if (const auto at = index_.find(term); at != index_.end()) postings.push_back(at->second);
  return storage::rank_postings(std::move(postings), records_.size(), limit, allowed);
}

} // namespace longwave
