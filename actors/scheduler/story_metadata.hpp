// The facts of one finished story, as its metadata file shows them (domain 13). Pure.
#pragma once

#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "messages/segment.hpp"
#include "messages/similarity.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace longwave {

/// `word_count` is the number of characters, as in the predecessor; `usage` null when the backend reported none.
/// @param similarity how near the story is to earlier ones; none when nobody looked
nlohmann::json story_metadata(const segment_record& record, const segment_plan& plan, const run_config& config,
                              const std::optional<similarity_observation>& similarity);

} // namespace longwave
