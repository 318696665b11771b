// How much of a planned story beat a text really tells (domain 6.4).
#pragma once

#include "actors/validator/words.hpp"
#include "messages/story.hpp"

namespace longwave {

/// Weights of the parts and the line below which a beat counts as not told.
struct incorporation_rules {
  // domain 6.4
  double entities = 0.3;
  double summary = 0.4;
  double themes = 0.2;
  double title = 0.1;
  double told_from = 0.5;
  /// Only longer words are compared.
  std::size_t short_word = 3;
  /// Share of a past story's own words from which a callback counts as told. Own choice: a title and a clause of what it
  /// came to, out of a title and a sentence or two.
  double called_back_from = 0.3;
};

/// 0..1; parts that the beat does not have are left out and the rest is weighed anew. A beat without any part: 1.
double incorporation_score(const story_beat& beat, const word_hash_set& text);

/// Whether a text really refers to a planned callback: it names what both stories have in common, and enough words of the
/// past one's title and outcome that the beat itself does not bring along.
/// @param beat with a callback
bool refers_back(const story_beat& beat, const word_hash_set& text);

} // namespace longwave
