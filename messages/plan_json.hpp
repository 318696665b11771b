// A segment's plan read back from the JSON that is stored with its record.
#pragma once

#include "messages/segment.hpp"

#include <nlohmann/json_fwd.hpp>

namespace longwave {

/// The inverse of `to_json(segment_plan)`; what is not in the JSON keeps its default.
/// Throws nlohmann::json::exception when a field is of the wrong type or the type of segment is not known.
segment_plan plan_from_json(const nlohmann::json& j);

} // namespace longwave
