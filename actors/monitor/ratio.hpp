// A share of a count. Of nothing there is none: null, never 0.
#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <optional>

namespace longwave {

/// part / whole; nothing when whole is 0.
inline std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// A figure for a reader: four decimals, or null.
inline nlohmann::ordered_json four_decimals(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(std::round(*value * 10'000.0) / 10'000.0) : nlohmann::ordered_json(nullptr);
}

/// part / whole for a reader.
inline nlohmann::ordered_json shown_ratio(std::uint64_t part, std::uint64_t whole) { return four_decimals(ratio(part, whole)); }

} // namespace longwave
