// How engaging a running story is, from novelty, variety, pacing and progress (domain 10, "Engagement").
#pragma once

#include "messages/story.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace longwave {

/// The predecessor's formula could not pass .69 with any input (F-08). Here a fresh, well-paced story of a varied show
/// passes .75 by its end, a crammed one stays below .5.
struct engagement_rules {
  double base = 0.8;
  /// Loss of novelty a beat, by timeline: a long story may last longer before it is old.
  std::array<double, 4> novelty_step{0.05, 0.012, 0.006, 0.003};
  double novelty_floor = 0.5;
  /// Beats of the whole show that a beat is compared with.
  std::size_t compared_beats = 5;
  double variety_floor = 0.6;
  /// Segments between two beats of a story from which on they are not crowded, by timeline.
  std::array<std::uint64_t, 4> easy_gap{2, 3, 5, 10};
  double pacing_floor = 0.6;
  /// Gained over the way from the first act to the last.
  double progress_gain = 0.25;
  /// Below this a long story is brought down to the pace of the next shorter timeline.
  double deescalate_below = 0.45;
  /// Beats before that is looked at, by timeline.
  std::array<int, 4> deescalate_after{0, 5, 8, 12};
};

/// What is known of a story after one of its beats.
struct engagement_input {
  timeline line = timeline::daily;
  /// Beats aired, this one included.
  int broadcasts = 1;
  /// Mean over the beats, each 0..1: see `beat_diversity` and `beat_pacing`.
  double variety = 1;
  double pacing = 1;
  /// Acts told to their end, of all, 0..1.
  double progress = 0;
};

/// 0..1, three decimals. Pure.
double engagement_score(const engagement_input& in) noexcept;

/// How little a beat's names and themes share with the beats before it, 0..1: one minus the mean Jaccard index.
/// @param beat, before sorted sets of hashes (`beat_marks`); no beats before: 1
double beat_diversity(const std::vector<std::uint32_t>& beat, std::span<const std::vector<std::uint32_t>> before);

/// Names and themes of an act as a sorted set of hashes.
std::vector<std::uint32_t> beat_marks(const story_act& act);

/// 1 when the story's last beat is `easy_gap` segments ago or there was none, less when beats crowd each other.
/// @param gap segments since the story's last beat, 0 = none
double beat_pacing(timeline line, std::uint64_t gap) noexcept;

/// Whether a long story goes on at the pace of the next shorter timeline.
bool must_deescalate(timeline line, int broadcasts, double engagement) noexcept;

} // namespace longwave
