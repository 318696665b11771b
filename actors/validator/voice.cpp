// Markers by tone word and by "don't" guideline.
#include "actors/validator/voice.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace longwave {

namespace {

struct marker_family {
  /// Words in the profile that switch the family on.
  std::vector<std::string_view> keys;
  std::vector<std::string_view> markers;
};

// domain 6.2, row "tone present"
const std::array<marker_family, 5>& tone_families() {
  static const std::array<marker_family, 5> families{{
    {{"hopeful"}, {"hope", "believe", "together", "can", "will", "better"}},
    {{"earnest"}, {"sincere", "real", "honest", "true", "important"}},
    {{"conversational"}, {"you know", "like", "um", "think", "feel"}},
    {{"friendly"}, {"friend", "friends", "hey", "folks", "buddy", "pal"}},
    {{"protective"}, {"safe", "protect", "careful", "watch"}},
  }};
  return families;
}

// domain 6.2, row "don't guideline"
const std::array<marker_family, 4>& dont_families() {
  static const std::array<marker_family, 4> families{{
    {{"polished", "slick"}, {"meticulously", "perfectly", "pristine", "flawlessly"}},
    {{"cynical"}, {"hopeless", "useless", "pointless", "never work"}},
    {{"aggressive"}, {"destroy them", "kill them", "crush them"}},
    {{"formal"}, {"furthermore", "henceforth", "thus", "whereas", "hereby"}},
  }};
  return families;
}

bool names_any(std::string_view text, const std::vector<std::string_view>& keys) {
  const word_list words(text);
  for (std::size_t i = 0; i < words.size(); ++i)
    if (std::find(keys.begin(), keys.end(), words.folded(i)) != keys.end()) return true;
  return false;
}

/// "like" is a filler only between commas or after one; elsewhere it is a verb or a preposition.
bool is_filler_use(const phrase_hit& hit, const word_list& words) {
  if (hit.count != 1 || words.folded(hit.first) != "like") return true;
  const bool comma_after = words.gap(hit.first).find(',') != std::string_view::npos;
  const bool comma_before = hit.first > 0 && words.gap(hit.first - 1).find(',') != std::string_view::npos;
  return comma_after || (comma_before && hit.first + 1 < words.size());
}

} // namespace

voice_rules add_voice_phrases(phrase_set& phrases, const dj_profile& profile) {
  voice_rules rules;
  for (const marker_family& family : tone_families()) {
    if (!names_any(profile.tone, family.keys)) continue;
    rules.has_tone_markers = true;
    for (std::string_view marker : family.markers) phrases.add(phrase_kind::tone_marker, marker);
  }
  std::uint8_t family_index = 0;
  for (const marker_family& family : dont_families()) {
    const bool on = std::any_of(profile.dont_rules.begin(), profile.dont_rules.end(),
                                [&](const std::string& rule) { return names_any(rule, family.keys); });
    if (on)
      for (std::string_view marker : family.markers)
        phrases.add(phrase_kind::dont_marker, marker, {.tag = family_index});
    ++family_index;
  }
  rules.wants_fillers = names_any(profile.voice_prosody, {"filler", "fillers"});
  if (rules.wants_fillers) {
    if (profile.filler_words.empty()) {
      for (std::string_view filler : {"um", "like", "you know", "I mean", "sort of"})
        phrases.add(phrase_kind::filler, filler);
    }
    for (const std::string& filler : profile.filler_words) phrases.add(phrase_kind::filler, filler);
  }
  if (names_any(profile.tone, {"suave", "smooth"}) || names_any(profile.role, {"suave"}))
    for (std::string_view filler : {"uh", "um"}) phrases.add(phrase_kind::informal, filler);
  for (const std::string& phrase : profile.catchphrases)
    phrases.add(phrase_kind::catchphrase, phrase, {.across_sentences = true});
  rules.has_catchphrases = !profile.catchphrases.empty();
  return rules;
}

void judge_voice(const voice_rules& rules, const phrase_set& phrases, const std::vector<phrase_hit>& hits,
                 const word_list& words, bool catchphrase_due, std::vector<violation>& out) {
  bool tone = false;
  bool filler = false;
  bool catchphrase = false;
  unsigned families_seen = 0;
  bool informal_seen = false;
  for (const phrase_hit& hit : hits) {
    switch (phrases.kind(hit)) {
      case phrase_kind::tone_marker: tone = true; break;
      case phrase_kind::filler: filler = filler || is_filler_use(hit, words); break;
      case phrase_kind::catchphrase: catchphrase = true; break;
      case phrase_kind::dont_marker: {
        const unsigned bit = 1u << phrases.tag(hit);
        if ((families_seen & bit) != 0) break;
        families_seen |= bit;
        const auto& family = dont_families()[phrases.tag(hit)];
        out.push_back({"dont_guideline", "tone", severity::quality,
                       "The tone turns " + std::string(family.keys.front()) + ", which this DJ's guidelines rule out.",
                       std::string(words.span(hit.first, hit.count))});
        break;
      }
      case phrase_kind::informal:
        if (informal_seen) break;
        informal_seen = true;
        out.push_back({"informal_words", "voice", severity::quality, "This voice is smooth and does not hesitate.",
                       std::string(words.span(hit.first, hit.count))});
        break;
      default: break;
    }
  }
  if (rules.has_tone_markers && !tone && words.text().size() >= rules.tone_from_bytes)
    out.push_back({"tone_missing", "tone", severity::quality, "Nothing in the text carries the DJ's tone.", ""});
  if (rules.wants_fillers && !filler && words.text().size() >= rules.filler_from_bytes)
    out.push_back({"filler_missing", "voice", severity::warning, "The voice has none of its filler words.", ""});
  if (rules.has_catchphrases && catchphrase_due && !catchphrase && words.spoken_count() >= rules.catchphrase_from_words)
    out.push_back({"catchphrase_missing", "voice", severity::warning, "The voice has none of its catch-phrases.", ""});
}

std::vector<std::string> catchphrases_in(const phrase_set& phrases, const std::vector<phrase_hit>& hits) {
  std::vector<std::string> found;
  for (const phrase_hit& hit : hits) {
    if (phrases.kind(hit) != phrase_kind::catchphrase) continue;
    if (std::find(found.begin(), found.end(), phrases.name(hit)) == found.end()) found.push_back(phrases.name(hit));
  }
  return found;
}

} // namespace longwave
