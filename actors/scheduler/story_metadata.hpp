// The facts of one finished story, as its metadata file shows them (domain 13). Pure.
#pragma once

#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "messages/segment.hpp"

#include <nlohmann/json_fwd.hpp>

namespace longwave {

/// `word_count` is the number of characters, as in the predecessor; `usage` null when the backend reported none.
nlohmann::json story_metadata(const segment_record& record, const segment_plan& plan, const run_config& config);

} // namespace longwave
