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

constexpr variety_limits limits;
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

int hours_between(const topic_use& then, const recent_text& now) noexcept {
  return (now.day - then.day) * hours_per_day + now.hour - then.hour;
}

nlohmann::json counts_to_json(const std::unordered_map<std::uint64_t, int>& counts) {
  std::vector<std::pair<std::uint64_t, int>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> values;
  for (const auto& [key, value] : sorted) {
    keys.push_back(key);
    values.push_back(static_cast<std::uint32_t>(value));
  }
  return nlohmann::json::array({packed<std::uint64_t>(keys), packed<std::uint32_t>(values)});
}

std::unordered_map<std::uint64_t, int> counts_from_json(const nlohmann::json& j) {
  const auto keys = unpacked<std::uint64_t>(j.at(0));
  const auto values = unpacked<std::uint32_t>(j.at(1));
  if (keys.size() != values.size())
    throw nlohmann::json::other_error::create(501, "packed counts have different lengths", &j);
  std::unordered_map<std::uint64_t, int> counts;
  for (std::size_t i = 0; i < keys.size(); ++i) counts[keys[i]] = static_cast<int>(values[i]);
  return counts;
}

// The rules.

void flag(std::vector<violation>& out, std::string rule, std::string message, std::string evidence) {
  out.push_back({std::move(rule), "variety", severity::warning, std::move(message), std::move(evidence)});
}

void judge_opening(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  const std::string& opening = c.digest.opening;
  if (opening.empty()) return;
  const std::size_t look_back = std::min(limits.opening_segments, window.texts.size());
  for (std::size_t i = 0; i < look_back; ++i) {
    if (window.texts[window.texts.size() - 1 - i]->opening != opening) continue;
    flag(out, "opening", "The opening was used within the last " + std::to_string(limits.opening_segments) +
                           " segments.", opening);
    return;
  }
  if (!c.has_calendar) return;
  const std::uint64_t key = hash_text(opening);
  if (window.day == c.digest.day && count_in(window.day_openings, key) >= limits.opening_per_day) {
    flag(out, "opening", "The opening was used on this day already.", opening);
  } else if (window.week == week_of(c.digest.day) && count_in(window.week_openings, key) >= limits.opening_per_week) {
    flag(out, "opening", "The opening was used " + std::to_string(limits.opening_per_week) + " times this week.",
         opening);
  }
}

/// Word-Jaccard >= .5 without computing more of it than the answer needs: 2 I >= A + B - I.
bool is_near(const word_hash_set& words, const recent_text& old) {
  const std::size_t a = words.distinct().size();
  const std::size_t b = old.shingles.size();
  // I * 100 >= percent * (A + B - I)
  const auto percent = static_cast<std::size_t>(limits.near_duplicate_percent);
  const std::size_t needed = (percent * (a + b) + 99 + percent) / (100 + percent);
  if (needed == 0 || std::min(a, b) < needed) return false;
  std::size_t misses_left = b - needed;
  if (!words.may_miss_at_most(misses_left, old.shingles)) return false;
  for (std::uint32_t h : old.shingles) {
    if (words.contains(h)) continue;
    if (misses_left-- == 0) return false;
  }
  return true;
}

void judge_duplicate(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  if (window.hash_counts.contains(c.digest.text_hash)) {
    flag(out, "identical", "The same text was aired before.", c.digest.opening);
    return;
  }
  for (auto it = window.texts.rbegin(); it != window.texts.rend(); ++it) {
    const recent_text& old = **it;
    if (!is_near(c.words, old)) continue;
    flag(out, "near_duplicate", "The text has half of its words in common with segment " + std::to_string(old.seq) +
                                  ".", old.opening);
    return;
  }
}

/// The airing's story: "quest:<id>#2" is told again, "quest:<id>" goes on.
std::string_view without_airing(std::string_view key) noexcept { return key.substr(0, key.find('#')); }

void judge_quest(const variety_candidate& c, const repetition_window& window, const std::string& key,
                 std::vector<violation>& out) {
  const std::string story(without_airing(key));
  for (auto it = window.last_uses.lower_bound(story); it != window.last_uses.end(); ++it) {
    if (!it->first.starts_with(story)) break;
    if (it->first == key || without_airing(it->first) != story) continue;
    if (hours_between(it->second, c.digest) >= limits.quest_hours) continue;
    flag(out, "quest_reference", "The same story was told within the last seven days.", key);
    return;
  }
}

struct cool_down {
  std::string_view prefix;
  std::string_view rule;
  int hours;
};

constexpr std::array<cool_down, 3> cool_downs{{
  {"news:", "news_topic", limits.news_hours},
  {"location:", "location", limits.location_hours},
  {"faction:", "faction", limits.faction_hours},
}};

void judge_cool_downs(const variety_candidate& c, const repetition_window& window, std::vector<violation>& out) {
  for (const std::string& key : c.digest.cooled) {
    if (std::find(c.exempt.begin(), c.exempt.end(), key) != c.exempt.end()) continue;
    if (key.starts_with("quest:")) {
      if (c.has_calendar) judge_quest(c, window, key, out);
      continue;
    }
    const auto use = window.last_uses.find(key);
    if (use == window.last_uses.end()) continue;
    const std::string name = key.substr(key.find(':') + 1);
    if (key.starts_with("topic:") && c.digest.seq - use->second.seq <= limits.topic_segments)
      flag(out, "topic", "The topic was on the air within the last five segments.", name);
    for (const cool_down& rule : cool_downs) {
      if (!c.has_calendar || !key.starts_with(rule.prefix)) continue;
      if (hours_between(use->second, c.digest) < rule.hours)
        flag(out, std::string(rule.rule), "Named again within " + std::to_string(rule.hours) + " hours.", name);
    }
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
      if (count_in(window.day_catchphrases, phrase) >= limits.catchphrase_per_day)
        flag(out, "catchphrase", "The catch-phrase was used " + std::to_string(limits.catchphrase_per_day) +
                                   " times this day.", phrase);
  }
  const auto structure = window.last_structures.find(digest.type);
  if (!digest.structure.empty() && structure != window.last_structures.end() && structure->second == digest.structure)
    flag(out, "structure", "The segment before of this type was built the same way.", digest.structure);
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
      return hours_between(use.second, text) >= limits.quest_hours;
    });
  }
  const std::uint64_t opening = hash_text(text.opening);
  ++day_openings[opening];
  ++week_openings[opening];
  for (const std::string& phrase : text.catchphrases) ++day_catchphrases[phrase];
  for (const std::string& key : text.cooled) last_uses[key] = {text.seq, text.day, text.hour};
  while (last_uses.size() > limits.remembered_uses) {
    const auto oldest = std::min_element(last_uses.begin(), last_uses.end(), [](const auto& a, const auto& b) {
      return a.second.seq < b.second.seq;
    });
    last_uses.erase(oldest);
  }
  last_structures[text.type] = text.structure;
  text_hashes.push_back(text.text_hash);
  ++hash_counts[text.text_hash];
  if (text_hashes.size() > limits.identical_texts) {
    const auto it = hash_counts.find(text_hashes.front());
    if (it != hash_counts.end() && --it->second == 0) hash_counts.erase(it);
    text_hashes.pop_front();
  }
  texts.push_back(std::move(added));
  if (texts.size() > limits.near_duplicate_texts) texts.pop_front();
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

void to_json(nlohmann::json& j, const repetition_window& w) {
  nlohmann::json uses = nlohmann::json::object();
  for (const auto& [key, use] : w.last_uses) uses[key] = nlohmann::json::array({use.seq, use.day, use.hour});
  j = nlohmann::json{{"texts", nlohmann::json::array()},
                     {"day", w.day},
                     {"week", w.week},
                     {"day_openings", counts_to_json(w.day_openings)},
                     {"week_openings", counts_to_json(w.week_openings)},
                     {"day_catchphrases", w.day_catchphrases},
                     {"text_hashes", packed<std::uint64_t>(w.text_hashes)},
                     {"last_uses", std::move(uses)},
                     {"last_structures", w.last_structures}};
  for (const auto& t : w.texts) j["texts"].push_back(*t);
}

void from_json(const nlohmann::json& j, repetition_window& w) {
  w = {};
  for (const auto& t : j.at("texts")) w.texts.push_back(std::make_shared<const recent_text>(t.get<recent_text>()));
  j.at("day").get_to(w.day);
  j.at("week").get_to(w.week);
  w.day_openings = counts_from_json(j.at("day_openings"));
  w.week_openings = counts_from_json(j.at("week_openings"));
  j.at("day_catchphrases").get_to(w.day_catchphrases);
  for (std::uint64_t h : unpacked<std::uint64_t>(j.at("text_hashes"))) {
    w.text_hashes.push_back(h);
    ++w.hash_counts[h];
  }
  for (const auto& [key, use] : j.at("last_uses").items())
    w.last_uses[key] = {use.at(0).get<std::uint64_t>(), use.at(1).get<int>(), use.at(2).get<int>()};
  j.at("last_structures").get_to(w.last_structures);
}

} // namespace longwave
