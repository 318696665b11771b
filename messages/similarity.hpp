// How near a story is to the nearest one told before it (domain 14).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace longwave {

/// The nearest earlier story and how near it is. An observation by itself changes nothing.
struct similarity_observation {
  /// File stem of the nearest story's pair; empty when there is none before it.
  std::string closest_story_id;
  std::string closest_title;
  /// Jaccard index of the two texts' word sets, 0..1.
  double text_similarity = 0;
  /// Equal terms of the canonical core, 0..5.
  int canonical_matches = 0;
  /// LOW, MEDIUM or HIGH.
  std::string signal = "LOW";

  bool operator==(const similarity_observation&) const = default;
};

/// Closest story null when there was none; fractions of three decimals.
void to_json(nlohmann::json& j, const similarity_observation& o);

} // namespace longwave
