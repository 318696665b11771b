// Whether a story fits what is known of the setting: who is at war, who was there when, what happened when (domain 6.6).
#pragma once

#include "messages/story.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One thing that does not fit.
struct canon_finding {
  /// True: the story must not be scheduled; false: a warning.
  bool error = false;
  /// hostile_alliance, before_founding, after_end, contradictory_years, before_war, event_outside_years.
  std::string rule;
  /// One line with the names and years.
  std::string why;
};

/// Looks at a story's summaries, factions and years. Rules of domain 6.6, in this order:
///
/// - hostile_alliance, error: two factions at war, both of the story, and its summary speaks of an alliance (alliance, allied,
///   cooperate, partnership, together; whole words). An act's summary counts where one sentence names both and has the word.
/// - before_founding, error: a faction of the story was founded after its last year.
/// - after_end, warning: a faction had ended before its first year.
/// - contradictory_years, error: year_min after year_max.
/// - before_war, warning: a first year before 2077.
/// - event_outside_years, warning: it names an event whose year lies outside its own.
///
/// Years of 0 are not known, and nothing follows from them. Pure.
std::vector<canon_finding> check_canon(const story_record& story);

/// The first error of a story as "rule: why"; empty when there is none.
std::string canon_error(const story_record& story);

/// Whether two factions, under any of their names, are at war.
bool are_hostile(std::string_view a, std::string_view b) noexcept;

} // namespace longwave
