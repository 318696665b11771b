// The temporal rules: no year that the DJ cannot know, no word from a world that never came.
#pragma once

#include "actors/validator/words.hpp"
#include "messages/verdict.hpp"

#include <vector>

namespace longwave {

/// What counts as a year, and which years a DJ can know.
struct temporal_limits {
  /// 0 = no upper limit.
  int cutoff_year = 0;
  /// 0 = no lower limit.
  int year_min = 0;
  // domain 6.2: a four-digit token 1900..2999.
  int first_year = 1900;
  int last_year = 2999;
};

/// Appends one violation for each distinct year outside the limits.
///
/// `year_beyond_cutoff` and `year_below_min` are critical. A number that only may be a year (part of a telephone
/// number, a quantity, a quoted title) gives the warning `year_doubtful` with the words around it as evidence.
void judge_years(const word_list& words, const temporal_limits& limits, std::vector<violation>& out);

/// Lists the words of the anachronism rule.
void add_temporal_phrases(phrase_set& phrases);

/// Appends `anachronism` (critical) and `setting_device` (warning: "computer" and "tablet" exist in the setting).
void judge_anachronisms(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                        std::vector<violation>& out);

} // namespace longwave
