// The voice rules: tone markers, manners to avoid, fillers and catch-phrases. None of them rejects a draft.
#pragma once

#include "actors/validator/words.hpp"
#include "messages/profile.hpp"
#include "messages/verdict.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace longwave {

/// From which length on a voice rule speaks, and which rules a profile switches on.
struct voice_rules {
  // domain 6.2, rows "tone present", "filler words", "catch-phrase"
  std::size_t tone_from_bytes = 51;
  std::size_t filler_from_bytes = 101;
  std::size_t catchphrase_from_words = 51;
  bool has_tone_markers = false;
  bool wants_fillers = false;
  bool has_catchphrases = false;
};

/// Lists the markers that this profile asks for and says which rules apply.
voice_rules add_voice_phrases(phrase_set& phrases, const dj_profile& profile);

/// Appends `tone_missing`, `dont_guideline`, `informal_words` (quality) and `filler_missing`, `catchphrase_missing`
/// (warnings).
/// @param catchphrase_due  the plan asks for a catch-phrase, or there is no plan
void judge_voice(const voice_rules& rules, const phrase_set& phrases, const std::vector<phrase_hit>& hits,
                 const word_list& words, bool catchphrase_due, std::vector<violation>& out);

/// The profile's catch-phrases found in the text, each once, in order of appearance.
std::vector<std::string> catchphrases_in(const phrase_set& phrases, const std::vector<phrase_hit>& hits);

} // namespace longwave
