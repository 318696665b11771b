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

/// The same for a reader: four decimals, or null.
inline nlohmann::ordered_json shown_ratio(std::uint64_t part, std::uint64_t whole) {
  const auto share = ratio(part, whole);
  return share ? nlohmann::ordered_json(std::round(*share * 10'000.0) / 10'000.0) : nlohmann::ordered_json(nullptr);
}

} // namespace longwave
