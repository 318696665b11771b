// The part of a story that one segment tells, and the rules by which a story moves from act to act (domain 10).
#pragma once

#include "messages/profile.hpp"
#include "messages/story.hpp"

#include <cstdint>
#include <string>

namespace longwave {

/// Numbers of one timeline. Spacing and cool-down are counted in segments.
struct timeline_rule {
  /// Weight in the draw between timelines that could be told.
  double inclusion = 0;
  /// Segments between two beats of the timeline.
  std::uint64_t spacing = 0;
  int min_per_act = 1;
  int max_per_act = 1;
  /// Chance to go on to the next act once the minimum was aired.
  double advance_chance = 0.3;
  /// Segments between a story's end and the next one's start.
  std::uint64_t cooldown = 0;
  /// Broadcast days that a story is meant to last.
  int days = 1;
  /// Broadcast days that must be left in the run to start one.
  int days_to_start = 0;
};

const timeline_rule& rule_of(timeline line) noexcept;

/// Airings of one act, at least and at most: the timeline's numbers, cut to the tellings that the act has.
struct act_limits {
  int least = 1;
  int most = 1;
};

act_limits limits_of(timeline line, const story_act& act) noexcept;

/// "<story_id>", told again "<story_id>#2".
std::string airing_id(const std::string& story_id, int airing);

/// The beat of one act.
/// @param act     0-based, must exist
/// @param telling counts on over all airings; taken modulo the act's tellings
story_beat make_beat(const story_record& story, const dj_profile& dj, int airing, std::size_t act, int telling);

} // namespace longwave
