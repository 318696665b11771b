// Timeline numbers and the making of beats.
#include "actors/scheduler/story_beats.hpp"

#include "actors/scheduler/story_pool.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

// Inclusion, spacing, airings per act and cool-downs as in domain 10. Daily and weekly stories go on faster than its
// 30 %: with half of the fillers telling stories, one slot an hour, a daily one shall be over in a day and a weekly one
// in a week.
constexpr std::array<timeline_rule, 4> rules{{
  {0.80, 0, 1, 3, 0.90, 2, 1, 0},
  {0.50, 1, 2, 6, 0.70, 5, 7, 4},
  {0.30, 3, 3, 15, 0.30, 10, 30, 14},
  {0.15, 10, 5, 30, 0.30, 20, 365, 25},
}};

constexpr std::size_t summary_bytes = 160;
constexpr std::size_t recalled_acts = 12;

/// Cuts between words, so that no character is split.
std::string shortened(const std::string& text) {
  if (text.size() <= summary_bytes) return text;
  const auto space = text.rfind(' ', summary_bytes);
  if (space == std::string::npos || space == 0) return {};
  return text.substr(0, space) + " ...";
}

} // namespace

const timeline_rule& rule_of(timeline line) noexcept { return rules[static_cast<std::size_t>(line)]; }

act_limits limits_of(timeline line, const story_act& act) noexcept {
  const timeline_rule& rule = rule_of(line);
  if (act.tellings.empty()) return {rule.min_per_act, rule.max_per_act};
  const int tellings = static_cast<int>(act.tellings.size());
  return {std::min(rule.min_per_act, tellings), std::min(rule.max_per_act, tellings)};
}

std::string airing_id(const std::string& story_id, int airing) {
  return airing <= 1 ? story_id : story_id + "#" + std::to_string(airing);
}

story_beat make_beat(const story_record& story, const dj_profile& dj, int airing, std::size_t act, int telling) {
  const story_act& a = story.acts[act];
  story_beat b;
  b.id = airing_id(story.story_id, airing);
  b.title = story.title;
  b.line = story.line;
  b.act = static_cast<int>(act) + 1;
  b.acts_total = static_cast<int>(story.acts.size());
  b.act_type = a.act_type;
  b.act_title = a.title;
  b.summary = a.summary;
  if (!a.tellings.empty()) b.telling = a.tellings[static_cast<std::size_t>(telling) % a.tellings.size()];
  b.entities = a.entities;
  b.themes = a.themes;
  b.conflict_level = a.conflict_level;
  b.emotional_tone = a.emotional_tone;
  b.framing = framing_for(dj, story);
  for (std::size_t i = act > recalled_acts ? act - recalled_acts : 0; i < act; ++i) {
    b.so_far.push_back(story.acts[i].title + ": " + shortened(story.acts[i].summary));
  }
  return b;
}

} // namespace longwave
