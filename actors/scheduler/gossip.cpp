// How rumours are chosen and how they age.
#include "actors/scheduler/gossip.hpp"

#include "actors/validator/variety_rules.hpp"
#include "messages/json_text.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> stages{"rumor", "spreading", "confirmed", "resolved"};
constexpr int resolved_stage = 3;
constexpr int fade_days = 7;
/// Subjects that may wait at a time for a better moment.
constexpr std::size_t postponed_limit = 12;
constexpr std::size_t kept_resolved = 5;
constexpr std::string_view prefix = "gossip/";

/// What is talked about where a pack brings no rumours: an hour must never be empty.
std::vector<std::pair<std::string, std::string>> plain_subjects() {
  return {{"settlement_news", "a settlement patching up its old wall"},
          {"mysterious_events", "a light on the ridge that nobody lit"},
          {"survivor_sightings", "a stranger walking the road alone"},
          {"creature_reports", "tracks in the mud by the river"},
          {"treasure_rumors", "a locked cellar under a burned house"},
          {"conflict", "two neighbours who quarrel over a pump"},
          {"romance", "letters left in a hollow tree"},
          {"faction_movements", "a patrol that changed its route"}};
}

std::vector<std::pair<std::string, std::string>> flatten(const std::vector<topic_list>& topics) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& list : topics) {
    for (const auto& subject : list.subjects) out.emplace_back(list.category, subject);
  }
  return out.empty() ? plain_subjects() : out;
}

std::string name_of(std::uint64_t number) { return std::string(prefix) + "g" + std::to_string(number); }

int stage_number(std::string_view name) {
  const auto at = std::find(stages.begin(), stages.end(), name);
  return at == stages.end() ? 0 : static_cast<int>(at - stages.begin());
}

/// Number of an id like "g12"; empty when it is none.
std::optional<std::uint64_t> number_of(std::string_view id) {
  std::uint64_t n = 0;
  if (id.size() < 2 || id[0] != 'g') return std::nullopt;
  const auto [end, code] = std::from_chars(id.data() + 1, id.data() + id.size(), n);
  if (code != std::errc{} || end != id.data() + id.size()) return std::nullopt;
  return n;
}

} // namespace

gossip_tracker::gossip_tracker(std::uint64_t seed, const std::vector<topic_list>& topics, double expected_a_day)
  : seed_(seed),
    subjects_(flatten(topics)),
    deck_(seed, "gossip", subjects_.size()),
    live_limit_(std::min<std::size_t>(static_cast<std::size_t>(std::clamp(expected_a_day, 5.0, 40.0)),
                                      subjects_.size())) {}

gossip_topic gossip_tracker::topic_of(std::uint64_t number, std::size_t subject, int stage) const {
  gossip_topic t;
  t.id = "g" + std::to_string(number);
  t.category = subjects_[subject].first;
  t.subject = subjects_[subject].second;
  t.stage = stages[static_cast<std::size_t>(stage)];
  return t;
}

bool gossip_tracker::is_live(std::size_t subject) const noexcept {
  return std::any_of(live_.begin(), live_.end(), [&](const live_rumour& r) { return r.subject == subject; });
}

std::uint64_t gossip_tracker::next_number(const std::function<bool(const std::string&)>& rests) const {
  const auto free = [&](std::uint64_t k) { return !rests || !rests(subjects_[deck_.at(k)].second); };
  for (const std::uint64_t k : postponed_)
    if (!is_live(deck_.at(k)) && free(k)) return k;
  std::optional<std::uint64_t> first;
  std::uint64_t k = drawn_;
  for (std::size_t tries = 0; tries < subjects_.size() + postponed_limit; ++tries, ++k) {
    if (is_live(deck_.at(k))) continue;
    if (!first) first = k;
    if (free(k)) return k;
    if (postponed_.size() + (k - drawn_) >= postponed_limit) break;
  }
  return first.value_or(k);
}

gossip_topic gossip_tracker::pick(std::uint64_t seq, int day,
                                  const std::function<bool(const std::string&)>& rests) const {
  const live_rumour* ripe = nullptr;   // rested, and a day older than its last step
  const live_rumour* rested = nullptr; // not told in the last segments
  const live_rumour* oldest = nullptr;
  const auto older = [](const live_rumour* a, const live_rumour& b) { return !a || b.last_seq < a->last_seq; };
  for (const auto& r : live_) {
    if (older(oldest, r)) oldest = &r;
    if (broken_rule("topic", {.segments_ago = static_cast<std::int64_t>(seq) - static_cast<std::int64_t>(r.last_seq)}))
      continue;
    if (rests && rests(subjects_[r.subject].second)) continue;
    if (older(rested, r)) rested = &r;
    if (day > r.stage_day && older(ripe, r)) ripe = &r;
  }
  const bool room = live_.size() < live_limit_;
  const bool carry_on = random_stream(seed_, seq, 0, "gossip").chance(0.65);
  const live_rumour* chosen = nullptr;
  if (ripe && (carry_on || !room)) {
    chosen = ripe;
  } else if (!room) {
    chosen = rested ? rested : oldest;
  }
  if (chosen) {
    const int step = day > chosen->stage_day ? 1 : 0;
    return topic_of(chosen->number, chosen->subject, std::min(chosen->stage + step, resolved_stage));
  }
  const std::uint64_t number = next_number(rests);
  return topic_of(number, deck_.at(number), 0);
}

void gossip_tracker::told(const gossip_topic& topic, std::uint64_t seq, int day) {
  const auto number = number_of(topic.id);
  if (!number) return;
  auto at = std::find_if(live_.begin(), live_.end(), [&](const live_rumour& r) { return r.number == *number; });
  if (at == live_.end()) {
    std::erase(postponed_, *number);
    for (std::uint64_t k = drawn_; k < *number && postponed_.size() < postponed_limit; ++k)
      if (!is_live(deck_.at(k))) postponed_.push_back(k);
    live_rumour fresh;
    fresh.number = *number;
    fresh.subject = deck_.at(*number);
    fresh.stage_day = day;
    live_.push_back(fresh);
    at = live_.end() - 1;
    drawn_ = std::max(drawn_, *number + 1);
    changed_.emplace_back("gossip");
  }
  const int stage = stage_number(topic.stage);
  if (stage > at->stage) {
    at->stage = stage;
    at->stage_day = day;
  }
  ++at->mentions;
  at->last_seq = seq;
  at->last_day = day;
  changed_.push_back(name_of(*number));
  if (at->stage < resolved_stage) return;
  ++resolved_;
  last_resolved_.push_back(subjects_[at->subject].second);
  if (last_resolved_.size() > kept_resolved) last_resolved_.erase(last_resolved_.begin());
  live_.erase(at);
  changed_.emplace_back("gossip");
}

void gossip_tracker::begin_day(int day) {
  for (auto at = live_.begin(); at != live_.end();) {
    if (day - at->last_day < fade_days) {
      ++at;
      continue;
    }
    changed_.push_back(name_of(at->number));
    changed_.emplace_back("gossip");
    ++faded_;
    at = live_.erase(at);
  }
}

std::vector<std::string> gossip_tracker::take_changed() {
  std::vector<std::string> out;
  out.swap(changed_);
  return out;
}

std::vector<std::string> gossip_tracker::piece_names() const {
  std::vector<std::string> out{"gossip"};
  for (const auto& r : live_) out.push_back(name_of(r.number));
  return out;
}

void gossip_tracker::append_piece(std::string& out, std::string_view name) const {
  json_writer w(out);
  if (name == "gossip") {
    w.begin_object().name("drawn").number(drawn_).name("faded").number(faded_);
    w.name("last_resolved").texts(last_resolved_).name("postponed").numbers(postponed_).name("resolved").number(resolved_).end_object();
    return;
  }
  const auto number = number_of(name.substr(std::min(name.size(), prefix.size())));
  const auto at = std::find_if(live_.begin(), live_.end(), [&](const live_rumour& r) { return number == r.number; });
  if (at == live_.end()) {
    w.raw("null");
    return;
  }
  const auto& r = *at;
  w.begin_object().name("category").text(subjects_[r.subject].first).name("last_day").number(r.last_day);
  w.name("last_seq").number(r.last_seq).name("mentions").number(r.mentions);
  w.name("stage").text(stages[static_cast<std::size_t>(r.stage)]).name("stage_day").number(r.stage_day);
  w.name("subject").text(subjects_[r.subject].second).end_object();
}

json gossip_tracker::piece(const std::string& name) const {
  std::string text;
  append_piece(text, name);
  return json::parse(text);
}

void gossip_tracker::load(const std::string& name, const json& piece) {
  if (name == "gossip") {
    piece.at("drawn").get_to(drawn_);
    piece.at("resolved").get_to(resolved_);
    piece.at("faded").get_to(faded_);
    postponed_ = piece.value("postponed", std::vector<std::uint64_t>()); // older stores lack it
    piece.at("last_resolved").get_to(last_resolved_);
    return;
  }
  const auto number = number_of(std::string_view(name).substr(std::min(name.size(), prefix.size())));
  if (!number) throw json::other_error::create(501, "piece '" + name + "' has no rumour's name", &piece);
  live_rumour r;
  r.number = *number;
  r.subject = deck_.at(*number);
  r.stage = stage_number(piece.at("stage").get<std::string>());
  piece.at("stage_day").get_to(r.stage_day);
  piece.at("mentions").get_to(r.mentions);
  piece.at("last_seq").get_to(r.last_seq);
  piece.at("last_day").get_to(r.last_day);
  // Order does not steer the choice, but equal worlds shall also look equal.
  const auto after = [](const live_rumour& a, const live_rumour& b) { return a.number < b.number; };
  live_.insert(std::upper_bound(live_.begin(), live_.end(), r, after), r);
}

json gossip_tracker::view() const {
  json rumours = json::array();
  for (const auto& r : live_) {
    json one = piece(name_of(r.number));
    one["id"] = "g" + std::to_string(r.number);
    rumours.push_back(std::move(one));
  }
  return json{{"live", rumours}, {"resolved", resolved_}, {"faded", faded_}, {"last_resolved", last_resolved_}};
}

} // namespace longwave
