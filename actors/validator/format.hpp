// The format rules: length, end mark, required elements, stage wording, weather words.
#pragma once

#include "actors/validator/words.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <cstddef>
#include <vector>

namespace longwave {

/// Lengths that hold whatever the plan says.
struct format_limits {
  // domain 6.2, row "format"
  std::size_t fragment_words = 5;
  // domain 13: target length of a story, "+-10 % soft"
  int story_length_tolerance_percent = 10;
};

/// Lists the stage keywords of gossip and the words of the weather types.
void add_format_phrases(phrase_set& phrases);

/// Appends `too_short`, `too_long`, `no_end_mark`, `stage_direction`, `required_element` (warnings).
/// @param story_run  lengths are those of a story: `target_length` counts, the word limits of a segment do not
void judge_format(const word_list& words, const segment_plan& plan, bool story_run, std::vector<violation>& out);

/// Appends `story_progression` (quality/story) when a rumour's wording does not fit its stage.
void judge_stage(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                 const segment_plan& plan, std::vector<violation>& out);

/// Appends `weather_mismatch` (quality/weather) when a weather script never names the planned weather.
void judge_weather(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const segment_plan& plan,
                   std::vector<violation>& out);

/// True when a content word of `subject` stands in the text; also when it has none.
bool mentions_subject(const word_hash_set& text, std::string_view subject);

} // namespace longwave
