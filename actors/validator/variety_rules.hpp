// The one rule table of variety (domain 9, contract 8.33): the planner chooses by it, the validator flags by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace longwave {

/// How a rule counts. Hours and days are simulated ones.
enum class limit_kind {
  /// Not again within this many segments.
  cooldown_segments,
  /// Not again within this many hours.
  cooldown_hours,
  /// Not one of the last uses of its dimension: 3 = none of the last three phrases that were used.
  cooldown_uses,
  max_per_day,
  max_per_week,
  /// Not more than this many days (weather) in a row.
  max_consecutive,
  /// Not the one that its neighbour of the same type had.
  no_immediate_repeat,
};

std::string_view to_string(limit_kind k) noexcept;

struct variety_rule {
  /// What is limited: opening, catchphrase, structure, topic, news, news_category, quest, location, faction, weather.
  std::string_view dimension;
  limit_kind kind;
  int limit;
  /// Rule id of the violation that a breach leaves; empty where only the planner looks.
  std::string_view flag;
};

/// All rules; the order within a dimension is the order in which they are looked at.
inline constexpr std::array<variety_rule, 17> variety_rules{{
  // contract 8.33
  {"opening", limit_kind::cooldown_segments, 10, "opening"},
  {"opening", limit_kind::max_per_day, 1, "opening"},
  {"opening", limit_kind::max_per_week, 3, "opening"},
  // domain 4, "Catch-phrase policy"
  {"catchphrase", limit_kind::cooldown_uses, 3, ""},
  {"catchphrase", limit_kind::max_per_day, 3, "catchphrase"},
  // domain 9: four patterns a type, never the same twice running
  {"structure", limit_kind::no_immediate_repeat, 1, "structure"},
  {"topic", limit_kind::cooldown_segments, 5, "topic"},
  {"news", limit_kind::cooldown_segments, 5, "news_topic"},
  {"news", limit_kind::cooldown_hours, 48, "news_topic"},
  // domain 4, "News": never one of the last two
  {"news_category", limit_kind::cooldown_uses, 2, ""},
  {"quest", limit_kind::cooldown_hours, 7 * 24, "quest_reference"},
  {"location", limit_kind::cooldown_hours, 24, "location"},
  {"faction", limit_kind::cooldown_hours, 12, "faction"},
  // domain 4: days of a type in a row, and rad storms (slots) in seven days; kept by the calendar
  {"weather", limit_kind::max_consecutive, 3, ""},
  {"rad_storm", limit_kind::max_per_week, 2, ""},
  // domain 9, "Repetition flag": texts that share half of their words (percent), and the same text, in the whole run
  {"near_duplicate", limit_kind::no_immediate_repeat, 50, "near_duplicate"},
  {"identical", limit_kind::no_immediate_repeat, 1, "identical"},
}};

/// The number of a rule; 0 when the table has none.
constexpr int limit_of(std::string_view dimension, limit_kind kind) noexcept {
  for (const variety_rule& r : variety_rules)
    if (r.dimension == dimension && r.kind == kind) return r.limit;
  return 0;
}

/// What is known of one key's uses (a phrase, a place, a pattern). What is not known breaks no rule.
struct variety_use {
  /// 1 = used by the segment before.
  std::optional<std::int64_t> segments_ago = std::nullopt;
  std::optional<std::int64_t> hours_ago = std::nullopt;
  /// Within its dimension: 1 = the last one that was used.
  std::optional<std::int64_t> uses_ago = std::nullopt;
  int today = 0;
  int this_week = 0;
  int consecutive = 0;
};

/// The first rule of the dimension that using the key once more would break; null when it is free.
const variety_rule* broken_rule(std::string_view dimension, const variety_use& use) noexcept;

} // namespace longwave
