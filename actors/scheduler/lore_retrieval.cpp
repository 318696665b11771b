// Queries, freshness, marks of use.
#include "actors/scheduler/lore_retrieval.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::string_view counts_name = "lore";
constexpr std::string_view cache_prefix = "lore/cache/";
constexpr std::string_view told_prefix = "lore/told/";
/// Hits of so many queries are kept between planning and settling: a segment has two, and its replacement two.
constexpr std::size_t most_planned = 8;

/// domain 4, topics of the cache: weather -> regional_climate, news -> current_events, gossip -> character_relationships,
/// story -> story_arc, music -> music_knowledge.
std::string_view standing_words(segment_type type) noexcept {
  switch (type) {
    case segment_type::weather: return "weather climate season rain wind valley";
    case segment_type::emergency_weather: return "storm shelter radiation danger warning";
    case segment_type::news: return "settlement trade road creature event people";
    case segment_type::gossip: return "people family friend neighbor town rumor";
    case segment_type::music_intro: return "music song radio record band singer";
    case segment_type::story:
    case segment_type::time_check: break;
  }
  return {};
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += " " + w;
  return out;
}

std::optional<std::uint64_t> place_in(std::string_view name, std::string_view prefix) {
  if (name.substr(0, prefix.size()) != prefix) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint64_t place = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), place);
  if (fault != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return place;
}

} // namespace

std::vector<lore_query> lore_queries(const segment_plan& plan, std::string_view region, const retrieval_limits& limits) {
  std::vector<lore_query> queries;
  const auto ask = [&](std::string words) {
    if (words.find_first_not_of(' ') != std::string::npos) queries.push_back({std::move(words), limits.candidates});
  };
  if (plan.beat) {
    // The arc's own question is the same for all its acts (domain 4, story -> story_arc); what an act adds is the second.
    ask(plan.beat->title);
    ask(joined(plan.beat->entities) + joined(plan.beat->themes));
  }
  if (plan.gossip) ask(plan.gossip->subject);
  if (plan.news) ask(plan.news->subject);
  if (plan.type == segment_type::weather || plan.type == segment_type::emergency_weather) {
    auto type = plan.weather.type;
    std::replace(type.begin(), type.end(), '_', ' ');
    ask(type + " " + std::string(region));
  }
  if (const auto words = standing_words(plan.type); !words.empty()) ask(std::string(region) + " " + std::string(words));
  return queries;
}

double freshness(std::int64_t seconds_since_told, const retrieval_limits& limits) noexcept {
  return std::clamp(static_cast<double>(seconds_since_told) / 3'600.0 / limits.hours_until_fresh, 0.0, 1.0);
}

lore_retrieval::lore_retrieval(std::shared_ptr<const lore_source> source, std::string region, std::uint64_t segments_per_day,
                               std::int64_t segment_seconds)
  : source_(std::move(source)), region_(std::move(region)), ring_(8 * segments_per_day), cache_(segment_seconds) {}

result<std::vector<lore_hit>> lore_retrieval::hits_for(const lore_query& query, std::int64_t now) const {
  if (const auto* kept = cache_.find(query, now)) return *kept;
  for (const auto& [asked, hits] : planned_)
    if (asked == query) return hits;
  auto found = source_->find(query);
  if (!found) return found.error();
  if (planned_.size() == most_planned) planned_.erase(planned_.begin());
  planned_.emplace_back(query, found.value());
  return found;
}

result<void> lore_retrieval::take_fresh(const lore_query& query, std::int64_t now, std::size_t most,
                                        std::vector<lore_passage>& out) const {
  auto hits = hits_for(query, now);
  if (!hits) return hits.error();
  std::vector<std::pair<double, std::uint64_t>> ranked;
  for (const auto& hit : hits.value()) {
    const auto at = told_.find(hit.number);
    const double fresh = at == told_.end() ? 1 : freshness(now - at->second, limits_);
    if (fresh >= limits_.least_freshness) ranked.emplace_back(-static_cast<double>(hit.score) * fresh, hit.number);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [score, number] : ranked) {
    if (out.size() == most) break;
    if (std::any_of(out.begin(), out.end(), [n = number](const auto& p) { return p.number == n; })) continue;
    auto passage = source_->passage(number, limits_.bytes / limits_.passages);
    if (!passage) return passage.error();
    if (passage.value()) out.push_back(std::move(*passage.value()));
  }
  return ok();
}

result<std::vector<lore_passage>> lore_retrieval::find(const segment_plan& plan, std::int64_t now) const {
  std::vector<lore_passage> passages;
  if (!source_) return passages;
  const auto queries = lore_queries(plan, region_, limits_);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    // One place is kept for the next query, so that each that counts as asked was.
    const auto most = limits_.passages - (queries.size() - 1 - i);
    if (auto done = take_fresh(queries[i], now, most, passages); !done) return done.error();
  }
  return passages;
}

void lore_retrieval::forget(const telling& old) {
  for (const auto number : old.numbers)
    if (const auto at = told_.find(number); at != told_.end() && at->second == old.at) told_.erase(at);
}

void lore_retrieval::settle(const segment_plan& plan, std::int64_t now, bool accepted) {
  const auto queries = lore_queries(plan, region_, limits_);
  for (const auto& query : queries) {
    std::vector<lore_hit> hits;
    bool known = false;
    for (auto& [asked, found] : planned_)
      if (asked == query) {
        hits = found;
        known = true;
      }
    const auto place = cache_.look_up(query, now, std::move(hits), known);
    changed_.push_back(std::string(cache_prefix) + std::to_string(place));
  }
  planned_.clear();
  if (!queries.empty()) changed_.emplace_back(counts_name);
  if (!accepted || plan.lore.empty()) return;
  const auto place = plan.seq % ring_;
  auto& told = tellings_[place];
  forget(told);
  told = {now, {}};
  for (const auto& p : plan.lore) {
    told.numbers.push_back(p.number);
    told_[p.number] = now;
  }
  changed_.push_back(std::string(told_prefix) + std::to_string(place));
}

std::vector<std::string> lore_retrieval::take_changed() { return std::exchange(changed_, {}); }

std::vector<std::string> lore_retrieval::piece_names() const {
  std::vector<std::string> names{std::string(counts_name)};
  for (std::size_t i = 0; i < cache_.size(); ++i) names.push_back(std::string(cache_prefix) + std::to_string(i));
  for (const auto& [place, told] : tellings_) names.push_back(std::string(told_prefix) + std::to_string(place));
  return names;
}

void lore_retrieval::append_piece(std::string& out, std::string_view name) const {
  json_writer w(out);
  if (name == counts_name) {
    const auto& c = counts();
    w.begin_object().name("evictions").number(c.evictions).name("hits").number(c.hits);
    w.name("misses").number(c.misses).name("near_hits").number(c.near_hits).end_object();
    return;
  }
  if (const auto place = place_in(name, cache_prefix); place && *place < cache_.size()) return cache_.append_entry(out, *place);
  if (const auto place = place_in(name, told_prefix)) {
    if (const auto at = tellings_.find(*place); at != tellings_.end()) {
      w.begin_object().name("at").number(at->second.at).name("records").begin_list();
      for (const auto n : at->second.numbers) w.number(n);
      w.end_list().end_object();
      return;
    }
  }
  out += "null";
}

void lore_retrieval::load(const std::string& name, const json& piece) {
  if (name == counts_name) {
    retrieval_counts c;
    piece.at("hits").get_to(c.hits);
    piece.at("misses").get_to(c.misses);
    piece.at("near_hits").get_to(c.near_hits);
    piece.at("evictions").get_to(c.evictions);
    cache_.set_counts(c);
  } else if (const auto entry = place_in(name, cache_prefix)) {
    cache_.load_entry(*entry, piece);
  } else if (const auto place = place_in(name, told_prefix)) {
    telling t;
    piece.at("at").get_to(t.at);
    piece.at("records").get_to(t.numbers);
    for (const auto n : t.numbers) {
      auto& at = told_.try_emplace(n, t.at).first->second;
      at = std::max(at, t.at);
    }
    tellings_[*place] = std::move(t);
  }
}

json lore_retrieval::view() const {
  const auto& c = counts();
  const auto lookups = c.hits + c.misses;
  return {{"hits", c.hits},
          {"misses", c.misses},
          {"near_hits", c.near_hits},
          {"evictions", c.evictions},
          {"hit_rate", lookups == 0 ? json() : json(static_cast<double>(c.hits) / static_cast<double>(lookups))},
          {"told_lately", told()}};
}

} // namespace longwave
