// Entries by place; a hundred are looked through one by one.
#include "actors/scheduler/retrieval_cache.hpp"

#include "messages/json_text.hpp"
#include "storage/lore_terms.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace longwave {

namespace {

std::vector<std::string> words_of(const lore_query& query) {
  auto words = storage::lore_terms(query.words);
  std::sort(words.begin(), words.end());
  return words;
}

double jaccard(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  const auto all = a.size() + b.size() - both.size();
  return all == 0 ? 0 : static_cast<double>(both.size()) / static_cast<double>(all);
}

} // namespace

retrieval_cache::retrieval_cache(std::int64_t segment_seconds, retrieval_cache_limits limits)
  : limits_(limits), ttl_(std::max(limits.ttl_seconds, limits.ttl_segments * segment_seconds)) {}

const std::vector<lore_hit>* retrieval_cache::find(const lore_query& query, std::int64_t now) const {
  for (const auto& e : entries_)
    if (fresh(e, now) && e.known && e.query == query) return &e.hits;
  return nullptr;
}

bool retrieval_cache::has_near(const std::vector<std::string>& words, std::int64_t now) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const entry& e) { return fresh(e, now) && jaccard(e.words, words) >= limits_.near; });
}

std::size_t retrieval_cache::place_for_new() {
  if (entries_.size() < limits_.entries) {
    entries_.emplace_back();
    return entries_.size() - 1;
  }
  const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                       [](const entry& a, const entry& b) { return a.used < b.used; });
  ++counts_.evictions;
  return static_cast<std::size_t>(oldest - entries_.begin());
}

std::size_t retrieval_cache::look_up(const lore_query& query, std::int64_t now, std::vector<lore_hit> hits, bool known) {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.used > 0 && e.query == query; });
  if (at != entries_.end() && fresh(*at, now)) {
    ++counts_.hits;
    at->used = ++uses_;
    if (!at->known && known) {
      at->hits = std::move(hits);
      at->known = true;
    }
    return static_cast<std::size_t>(at - entries_.begin());
  }
  ++counts_.misses;
  auto words = words_of(query);
  if (has_near(words, now)) ++counts_.near_hits;
  const auto place = at != entries_.end() ? static_cast<std::size_t>(at - entries_.begin()) : place_for_new();
  entries_[place] = {query, std::move(words), now, ++uses_, known, std::move(hits)};
  return place;
}

void retrieval_cache::append_entry(std::string& out, std::size_t place) const {
  const auto& e = entries_.at(place);
  json_writer w(out);
  w.begin_object().name("limit").number(e.query.limit).name("since").number(e.since);
  w.name("used").number(e.used).name("words").text(e.query.words).end_object();
}

void retrieval_cache::load_entry(std::size_t place, const nlohmann::json& j) {
  if (place >= limits_.entries) return;
  entry e;
  j.at("words").get_to(e.query.words);
  j.at("limit").get_to(e.query.limit);
  j.at("since").get_to(e.since);
  j.at("used").get_to(e.used);
  e.words = words_of(e.query);
  uses_ = std::max(uses_, e.used);
  if (entries_.size() <= place) entries_.resize(place + 1);
  entries_[place] = std::move(e);
}

} // namespace longwave
