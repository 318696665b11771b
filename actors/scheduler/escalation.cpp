// Conditions, chance and transforms of escalation.
#include "actors/scheduler/escalation.hpp"

#include <algorithm>
#include <cmath>

namespace longwave {

namespace {

constexpr escalation_rules escalation_numbers;
constexpr std::string_view id_mark = "_escalated_";

struct bonus {
  std::string_view name;
  double factor;
};

constexpr std::array<bonus, 9> faction_bonuses{{{"brotherhood of steel", 1.3},
                                                {"ncr", 1.25},
                                                {"caesar's legion", 1.25},
                                                {"enclave", 1.2},
                                                {"institute", 1.2},
                                                {"railroad", 1.15},
                                                {"raiders", 1.1},
                                                {"super mutants", 1.1},
                                                {"caesar legion", 1.25}}};
constexpr std::array<bonus, 7> location_bonuses{{{"hoover dam", 1.3},
                                                 {"new vegas", 1.25},
                                                 {"capital wasteland", 1.2},
                                                 {"mojave wasteland", 1.2},
                                                 {"commonwealth", 1.2},
                                                 {"appalachia", 1.15},
                                                 {"diamond city", 1.15}}};

bool same_name(std::string_view name, std::string_view known) {
  if (name.size() > 4 && (name.starts_with("the ") || name.starts_with("The "))) name.remove_prefix(4);
  return name.size() == known.size() && std::equal(name.begin(), name.end(), known.begin(), [](char a, char b) {
    if (a == '_') a = ' ';
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

double best_bonus(std::span<const std::string> names, std::span<const bonus> table) {
  double best = 1;
  for (const auto& name : names)
    for (const auto& b : table)
      if (b.factor > best && same_name(name, b.name)) best = b.factor;
  return best;
}

/// Replaces {hero}, {place} and {title}.
std::string filled(std::string text, const story_record& story) {
  const std::array<std::pair<std::string_view, std::string>, 3> values{
    {{"{hero}", story.characters.empty() ? std::string("our neighbors") : story.characters.front()},
     {"{place}", story.locations.empty() ? story.region : story.locations.front()},
     {"{title}", story.title}}};
  for (const auto& [mark, value] : values)
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  return text;
}

story_act filled(story_act act, const story_record& story) {
  act.title = filled(act.title, story);
  act.summary = filled(act.summary, story);
  for (auto& t : act.tellings) t = filled(t, story);
  for (auto& e : act.entities) e = filled(e, story);
  return act;
}

std::vector<const story_record*> of_kind(std::span<const story_record> catalogue, std::string_view kind) {
  std::vector<const story_record*> out;
  for (const auto& r : catalogue)
    if (r.content_type == kind && !r.acts.empty()) out.push_back(&r);
  return out;
}

/// Where a pack has no acts of its own to put in between.
story_act plain_complication(const story_act& after, bool thread) {
  story_act act;
  act.act_type = "rising";
  act.title = (thread ? "Beside " : "After ") + after.title;
  act.summary = thread ? "Meanwhile others have their own part in this: " + after.summary
                       : "A new difficulty stands in the way, and it follows from what was done: " + after.summary;
  act.tellings = {act.summary}; // one wording, so it is aired once
  act.entities = after.entities;
  act.themes = after.themes;
  act.conflict_level = after.conflict_level;
  act.emotional_tone = after.emotional_tone;
  return act;
}

bool takes_complication(const std::vector<story_act>& acts, std::size_t i) {
  return i + 1 < acts.size() && acts[i].act_type != "resolution";
}

bool takes_thread(const std::vector<story_act>& acts, std::size_t i) {
  return acts[i].act_type != "setup" && acts[i].act_type != "resolution";
}

/// Puts an act of `kind` behind every act that takes one, dealing the pack's in turn from a chosen place on.
std::vector<story_act> interleaved(const std::vector<story_act>& acts, const story_record& names,
                                   const std::vector<const story_record*>& extras, std::uint64_t choice, bool thread) {
  std::vector<story_act> out;
  std::size_t dealt = 0;
  for (std::size_t i = 0; i < acts.size(); ++i) {
    out.push_back(acts[i]);
    if (thread ? !takes_thread(acts, i) : !takes_complication(acts, i)) continue;
    // An act told twice in one story would be heard; beyond the pack's stock none is put in.
    if (extras.empty()) {
      out.push_back(plain_complication(acts[i], thread));
    } else if (dealt < extras.size()) {
      out.push_back(filled(extras[(choice + dealt++) % extras.size()]->acts.front(), names));
    }
  }
  return out;
}

std::string sequel_title(const std::string& title) {
  return title.starts_with("After ") ? "Long " + std::string("after ") + title.substr(6) : "After " + title;
}

} // namespace

std::string_view to_string(escalation_mode m) noexcept {
  return m == escalation_mode::natural ? "natural" : m == escalation_mode::always ? "always" : "never";
}

std::optional<escalation_mode> parse_escalation_mode(std::string_view text) noexcept {
  for (auto m : {escalation_mode::natural, escalation_mode::always, escalation_mode::never})
    if (text == to_string(m)) return m;
  return std::nullopt;
}

double escalation_chance(const escalation_input& s, escalation_mode mode) noexcept {
  const auto line = static_cast<std::size_t>(s.line);
  if (mode == escalation_mode::never || s.line == timeline::yearly) return 0;
  if (s.count >= escalation_numbers.most_in_chain || s.broadcasts < escalation_numbers.least_broadcasts[line]) return 0;
  if (s.hours_since_last && *s.hours_since_last < escalation_numbers.cooldown_hours) return 0;
  if (mode == escalation_mode::always) return 1;
  if (s.engagement < escalation_numbers.least_engagement) return 0;
  const double chance = escalation_numbers.base_chance[line] * s.engagement / escalation_numbers.least_engagement *
                        best_bonus(s.factions, faction_bonuses) * best_bonus(s.locations, location_bonuses);
  return std::min(chance, escalation_numbers.most_chance);
}

std::optional<timeline> escalated_line(timeline line) noexcept {
  if (line == timeline::yearly) return std::nullopt;
  return static_cast<timeline>(static_cast<int>(line) + 1);
}

std::string escalated_id(const std::string& story_id, timeline to) {
  return story_id + std::string(id_mark) + std::string(to_string(to));
}

std::optional<sequel_name> parse_sequel(std::string_view id) {
  const auto mark = id.rfind(id_mark);
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const auto line = parse_timeline(id.substr(mark + id_mark.size()));
  if (!line || *line == timeline::daily) return std::nullopt;
  return sequel_name{std::string(id.substr(0, mark)), *line};
}

bool is_plot(const story_record& record) noexcept {
  return record.content_type == "sequel" || record.content_type == "complication" || record.content_type == "thread";
}

story_record make_sequel(const story_record& story, timeline to, std::span<const story_record> catalogue,
                         std::uint64_t choice) {
  story_record next = story;
  next.story_id = escalated_id(story.story_id, to);
  next.title = sequel_title(story.title);
  next.line = to;
  if (const auto sequels = of_kind(catalogue, "sequel"); !sequels.empty()) {
    next.acts.clear();
    for (const auto& act : sequels[choice % sequels.size()]->acts) next.acts.push_back(filled(act, story));
  }
  if (to == timeline::monthly)
    next.acts = interleaved(next.acts, story, of_kind(catalogue, "complication"), choice, false);
  if (to == timeline::yearly) next.acts = interleaved(next.acts, story, of_kind(catalogue, "thread"), choice, true);
  const double more = escalation_numbers.more_conflict[static_cast<std::size_t>(to) - 1];
  for (std::size_t i = 0; i < next.acts.size(); ++i) {
    next.acts[i].act_number = static_cast<int>(i) + 1;
    next.acts[i].conflict_level = std::min(1.0, std::round((next.acts[i].conflict_level + more) * 100) / 100);
  }
  return next;
}

} // namespace longwave
