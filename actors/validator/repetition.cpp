// The window of recent texts: what it keeps, and the variety rules over it.
#include "actors/validator/repetition.hpp"

#include "actors/validator/packed_hashes.hpp"
#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace longwave {

namespace {

constexpr variety_limits variety_numbers;
constexpr int days_per_week = 7;
constexpr int hours_per_day = 24;

std::uint64_t hash_text(std::string_view s) noexcept {
  std::uint64_t h = 14695981039346656037ull;
  for (unsigned char c : s) h = (h ^ c) * 1099511628211ull;
  return h;
}

int week_of(int day) noexcept { return (day - 1) / days_per_week + 1; }

template <class Map, class Key>
int count_in(const Map& map, const Key& key) {
  const auto it = map.find(key);
  return it == map.end() ? 0 : it->second;
}

int hours_between(const topic_use& then, int day, int hour) noexcept {
  return (day - then.day) * hours_per_day + hour - then.hour;
}

// The rules.

void flag(std::vector<violation>& out, std::string rule, std::string message, std::string evidence) {
  out.push_back({std::move(rule), "variety", severity::warning, std::move(message), std::move(evidence)});
}

variety_use use_of_opening(const repetition_window& window, std::string_view opening, int day, bool has_calendar) {
  variety_use use;
  const auto look_back =
    std::min<std::size_t>(limit_of("opening", limit_kind::cooldown_segments), window.texts.size());
  for (std::size_t i = 0; i < look_back && !use.segments_ago; ++i)
    if (window.texts[window.texts.size() - 1 - i]->opening == opening) use.segments_ago = static_cast<std::int64_t>(i) + 1;
  if (!has_calendar) return use;
  const std::uint64_t key = hash_text(opening);
  if (window.day == day) use.today = count_in(window.day_openings, key);
  if (window.week == week_of(day)) use.this_week = count_in(window.week_openings, key);
  return use;
}

void judge_opening(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  const std::string& opening = c.digest.opening;
  if (opening.empty()) return;
  const auto* rule = broken_rule("opening", use_of_opening(window, opening, c.digest.day, c.has_calendar));
  if (!rule) return;
  std::string message = "The opening was used within the last " + std::to_string(rule->limit) + " segments.";
  if (rule->kind == limit_kind::max_per_day) message = "The opening was used on this day already.";
  if (rule->kind == limit_kind::max_per_week)
    message = "The opening was used " + std::to_string(rule->limit) + " times this week.";
  flag(out, std::string(rule->flag), std::move(message), opening);
}

void judge_duplicate(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  if (window.hash_counts.contains(c.digest.text_hash)) {
    flag(out, "identical", "The same text was aired before.", c.digest.opening);
    return;
  }
  constexpr int percent = limit_of("near_duplicate", limit_kind::no_immediate_repeat);
  if (const auto near = window.all.nearest(c.words, percent))
    flag(out, "near_duplicate", "The text has half of its words in common with segment " + std::to_string(*near) + ".",
         c.digest.opening);
}

/// The airing's story: "quest:<id>#2" is told again, "quest:<id>" goes on.
std::string_view without_airing(std::string_view key) noexcept { return key.substr(0, key.find('#')); }

void judge_quest(const variety_candidate& c, const repetition_window& window, const std::string& key,
                 std::vector<violation>& out) {
  const std::string story(without_airing(key));
  for (auto it = window.last_uses.lower_bound(story); it != window.last_uses.end(); ++it) {
    if (!it->first.starts_with(story)) break;
    if (it->first == key || without_airing(it->first) != story) continue;
    if (!broken_rule("quest", {.hours_ago = hours_between(it->second, c.digest.day, c.digest.hour)})) continue;
    flag(out, "quest_reference", "The same story was told within the last seven days.", key);
    return;
  }
}

/// Messages of the cool-downs that a key's own dimension has.
std::string message_of(const variety_rule& rule) {
  if (rule.kind == limit_kind::cooldown_segments)
    return "The topic was on the air within the last " + std::to_string(rule.limit) + " segments.";
  return "Named again within " + std::to_string(rule.limit) + " hours.";
}

void judge_cool_downs(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  for (const std::string& key : c.digest.cooled) {
    if (std::find(c.exempt.begin(), c.exempt.end(), key) != c.exempt.end()) continue;
    if (key.starts_with("quest:")) {
      if (c.has_calendar) judge_quest(c, window, key, out);
      continue;
    }
    const auto last = window.last_uses.find(key);
    if (last == window.last_uses.end()) continue;
    variety_use use;
    use.segments_ago = static_cast<std::int64_t>(c.digest.seq - last->second.seq);
    if (c.has_calendar) use.hours_ago = hours_between(last->second, c.digest.day, c.digest.hour);
    const std::size_t colon = key.find(':');
    if (const auto* rule = broken_rule(std::string_view(key).substr(0, colon), use))
      flag(out, std::string(rule->flag), message_of(*rule), key.substr(colon + 1));
  }
}

} // namespace

bool counts_as_repetition(std::string_view name) noexcept {
  return name == "opening" || name == "identical" || name == "near_duplicate";
}

void judge_variety(const variety_candidate& candidate, const repetition_window& window, std::vector<violation>& out) {
  const recent_text& digest = candidate.digest;
  judge_opening(candidate, window, out);
  judge_duplicate(candidate, window, out);
  judge_cool_downs(candidate, window, out);
  if (candidate.has_calendar && window.day == digest.day) {
    for (const std::string& phrase : digest.catchphrases)
      if (const auto* rule = broken_rule("catchphrase", {.today = count_in(window.day_catchphrases, phrase)}))
        flag(out, std::string(rule->flag),
             "The catch-phrase was used " + std::to_string(rule->limit) + " times this day.", phrase);
  }
  const auto last = window.last_structures.find(digest.type);
  const bool same = !digest.structure.empty() && last != window.last_structures.end() && last->second == digest.structure;
  if (const auto* rule = same ? broken_rule("structure", {.uses_ago = 1}) : nullptr)
    flag(out, std::string(rule->flag), "The segment before of this type was built the same way.", digest.structure);
}

bool opening_rests(const repetition_window& window, std::string_view opening, int day, bool has_calendar) {
  return !opening.empty() && broken_rule("opening", use_of_opening(window, opening, day, has_calendar)) != nullptr;
}

std::vector<std::string> resting_keys(const repetition_window& window, int day, int hour) {
  std::vector<std::string> keys;
  for (const std::string_view dimension : {std::string_view("faction"), std::string_view("location")}) {
    std::string prefix(dimension);
    prefix += ':';
    for (auto at = window.last_uses.lower_bound(prefix); at != window.last_uses.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      if (broken_rule(dimension, {.hours_ago = hours_between(at->second, day, hour)})) keys.push_back(at->first);
    }
  }
  return keys;
}

void repetition_window::add(std::shared_ptr<const recent_text> added) {
  const recent_text& text = *added;
  if (text.day != day) {
    day = text.day;
    day_openings.clear();
    day_catchphrases.clear();
  }
  if (week_of(text.day) != week) {
    week = week_of(text.day);
    week_openings.clear();
    std::erase_if(last_uses, [&](const auto& use) {
      return hours_between(use.second, text.day, text.hour) >= limit_of("quest", limit_kind::cooldown_hours);
    });
  }
  const std::uint64_t opening = hash_text(text.opening);
  ++day_openings[opening];
  ++week_openings[opening];
  for (const std::string& phrase : text.catchphrases) ++day_catchphrases[phrase];
  for (const std::string& key : text.cooled) last_uses[key] = {text.seq, text.day, text.hour};
  while (last_uses.size() > variety_numbers.remembered_uses) {
    const auto oldest = std::min_element(last_uses.begin(), last_uses.end(), [](const auto& a, const auto& b) {
      return a.second.seq < b.second.seq;
    });
    last_uses.erase(oldest);
  }
  last_structures[text.type] = text.structure;
  all.add(text.seq, text.shingles);
  text_hashes.push_back(text.text_hash);
  ++hash_counts[text.text_hash];
  if (text_hashes.size() > run_texts::most) {
    const auto it = hash_counts.find(text_hashes.front());
    if (it != hash_counts.end() && --it->second == 0) hash_counts.erase(it);
    text_hashes.pop_front();
  }
  texts.push_back(std::move(added));
  if (texts.size() > variety_numbers.recent_texts) texts.pop_front();
}

void append_json(std::string& out, const recent_text& t) {
  json_writer w(out);
  w.begin_object().name("catchphrases").texts(t.catchphrases).name("cooled").texts(t.cooled).name("day").number(t.day);
  w.name("hash").number(t.text_hash).name("hour").number(t.hour).name("opening").text(t.opening);
  w.name("seq").number(t.seq).name("structure").text(t.structure).name("topics").texts(t.topics);
  w.name("type").text(t.type).name("words").text(packed<std::uint32_t>(t.shingles)).end_object();
}

void to_json(nlohmann::json& j, const recent_text& t) {
  std::string text;
  append_json(text, t);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, recent_text& t) {
  j.at("seq").get_to(t.seq);
  j.at("day").get_to(t.day);
  j.at("hour").get_to(t.hour);
  j.at("opening").get_to(t.opening);
  t.shingles = unpacked<std::uint32_t>(j.at("words"));
  j.at("hash").get_to(t.text_hash);
  j.at("topics").get_to(t.topics);
  j.at("catchphrases").get_to(t.catchphrases);
  j.at("structure").get_to(t.structure);
  j.at("type").get_to(t.type);
  j.at("cooled").get_to(t.cooled);
}

} // namespace longwave
