// What a story has told so far, short enough for a prompt: the newest beats in full, each older act by its outcome
// (domain 10, "Beat history & summarisation").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace longwave {

struct beat_history_limits {
  /// Beats that stay as they were told.
  std::size_t full_beats = 3;
  std::size_t entities = 10;
  /// Words of one act's outcome.
  std::size_t outcome_words = 24;
  /// Bound of the whole digest; a token is a word, as in the predecessor.
  std::size_t tokens = 750;
};

/// One beat that was really aired.
struct aired_beat {
  std::uint64_t seq = 0;
  int act = 1;
  std::string act_type;
  std::string act_title;
  /// What the act comes to.
  std::string outcome;
  std::vector<std::string> entities;
  double conflict_level = 0.5;
  /// As told.
  std::string text;
};

struct act_outcome {
  int act = 1;
  std::string act_type;
  std::string title;
  std::string outcome;
  /// Beats of the act among the summarised ones.
  std::size_t beats = 0;
};

struct beat_digest {
  /// All beats.
  std::size_t count = 0;
  /// Those of them that only the outcomes stand for.
  std::size_t summarized_count = 0;
  /// By act, oldest first, of the summarised beats.
  std::vector<act_outcome> outcomes;
  /// Of the summarised beats, most frequent first.
  std::vector<std::string> entities;
  /// Of the summarised beats; 0 when there are none.
  double mean_conflict = 0;
  /// Newest beats, oldest first, in full as far as the bound allows.
  std::vector<aired_beat> recent;
  /// Words of all texts, and of this digest.
  std::size_t tokens_full = 0;
  std::size_t tokens = 0;
};

/// Digests the beats of one story (never of several), oldest first. Pure.
///
/// Guarantees: `tokens` <= the bound; every summarised act keeps its outcome; few short beats stay whole.
beat_digest digest_beats(const std::vector<aired_beat>& beats, const beat_history_limits& limits = {});

} // namespace longwave
