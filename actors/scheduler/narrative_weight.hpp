// How much story there is in a story: a weight from 1 to 10 from words, factions, acts, conflict and themes (domain 10).
#pragma once

#include "messages/story.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// The table of domain 10, "narrative weight". All points are tenths, so that no sum depends on rounding.
struct narrative_rules {
  int start = 50;
  int least = 10;
  int most = 100;
  int trivial_word = -5;
  int trivial_limit = -20;
  int significant_word = 7;
  int significant_limit = 30;
  int faction = 8;
  int faction_limit = 20;
  int acts_seven_or_more = 20;
  int acts_five_or_six = 15;
  int acts_three_or_four = 5;
  int acts_one_or_none = -10;
  int conflict_high = 15;   ///< mean >= .8
  int conflict_middle = 8;  ///< mean >= .6
  int conflict_low = -5;    ///< mean <= .3
  int quest = 5;
  int event = 3;
  int theme = 4;
  int theme_limit = 15;
  /// Upper ends of the categories trivial, minor and significant.
  int trivial_to = 30;
  int minor_to = 60;
  int significant_to = 90;
  /// Least weight for a daily, weekly, monthly and yearly story.
  std::array<int, 4> timeline_from{10, 30, 60, 80};
  /// Tiers: lower ends of minor, major and epic.
  int minor_tier_from = 30;
  int major_tier_from = 60;
  int epic_tier_from = 80;
};

/// What the weight is made from.
struct narrative_input {
  std::string title;
  std::string summary;
  std::string content_type;
  /// Empty optional: not said, then the major factions named in title and summary count.
  std::optional<std::vector<std::string>> factions;
  std::vector<std::string> themes;
  std::size_t acts = 0;
  /// 0..1; empty when no act says one.
  std::optional<double> mean_conflict;
};

narrative_input narrative_input_of(const story_record& story);

/// One row of the sum.
struct narrative_term {
  /// start, trivial, significant, factions, acts, conflict, content_type, themes, clamp.
  std::string name;
  double points = 0;
  /// The words, names or numbers that gave the points.
  std::vector<std::string> evidence;
};

struct narrative_weight {
  /// 1.0 to 10.0, one decimal.
  double weight = 5;
  /// trivial (to 3), minor (to 6), significant (to 9) or epic.
  std::string category;
  /// epic (from 8), major (from 6), minor (from 3) or filler.
  std::string tier;
  /// Every rule that gave points, in the table's order; their sum is the weight.
  std::vector<narrative_term> terms;
  /// The word that makes it no story at all (daily, repeatable, tutorial); empty for none.
  std::string rejected_by;
};

/// Weighs a story. Pure. Words and names match whole and in any case; each counts once however often it stands there.
/// Source: domain 10, "Narrative weight"; the rejecting words are those of its documented alternative.
narrative_weight weigh_narrative(const narrative_input& story);

/// Whether a weight is enough for a timeline: 1, 3, 6 and 8 from daily to yearly.
bool heavy_enough(double weight, timeline line) noexcept;

/// The longest timeline that a weight is enough for; domain 10: assigned from the weight, never filtered afterwards.
timeline timeline_for(double weight) noexcept;

} // namespace longwave
