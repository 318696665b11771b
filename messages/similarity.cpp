// The JSON of a similarity observation, as a story's metadata shows it.
#include "messages/similarity.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace longwave {

void to_json(nlohmann::json& j, const similarity_observation& o) {
  const bool none = o.closest_story_id.empty();
  j = nlohmann::json{{"closest_story_id", none ? nlohmann::json(nullptr) : nlohmann::json(o.closest_story_id)},
                     {"closest_title", none ? nlohmann::json(nullptr) : nlohmann::json(o.closest_title)},
                     {"text_similarity", none ? nlohmann::json(nullptr)
                                              : nlohmann::json(std::round(o.text_similarity * 1'000.0) / 1'000.0)},
                     {"canonical_matches", none ? nlohmann::json(nullptr) : nlohmann::json(o.canonical_matches)},
                     {"signal", o.signal}};
}

} // namespace longwave
