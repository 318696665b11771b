// A status document as lines for a person.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace longwave::cli {

/// Several lines, safe for a terminal: run, state with reasons, place, progress, quality, time, checkpoint, warnings.
/// Fields that are missing or of another type are left out.
std::string status_text(const nlohmann::ordered_json& status);

/// "run pilot: paused (control, quality_gate)".
std::string state_line(const nlohmann::ordered_json& status);

/// "2 h 05 min", "3 min 20 s", "4.2 s"; a number below 0 counts as 0.
std::string duration_text(double seconds);

/// "1,234,567".
std::string grouped(std::uint64_t number);

} // namespace longwave::cli
