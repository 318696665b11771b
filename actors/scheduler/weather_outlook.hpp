// The weather as a run has it: the seeded calendar, and above it what a person ordered (domain 4, "Manual override").
#pragma once

#include "actors/scheduler/calendar.hpp"
#include "actors/scheduler/weather.hpp"
#include "messages/segment.hpp"
#include "messages/weather_order.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Names of all weather types, in the order of `weather_type`.
const std::vector<std::string>& weather_type_names();
std::optional<weather_type> parse_weather_type(std::string_view text) noexcept;

/// What is wrong with an order, empty for nothing: unknown type or intensity, a temperature beyond -150..200 F.
std::string fault_of(const weather_order& order);

/// Orders by the segments that they hold for. Later orders end earlier ones; segments before an order keep the weather
/// they had, so that what was planned or aired is never planned differently. A plain value.
class weather_overrides {
public:
  /// An order holds from segment `from` on; one without a type ends the order in force. The order must be sound.
  void apply(const weather_order& order, std::uint64_t from);

  struct entry {
    weather_type type = weather_type::sunny;
    /// 0 minor, 1 moderate, 2 severe.
    std::uint8_t intensity = 1;
    /// Empty: the calendar's.
    std::optional<int> temperature_f;
    std::uint64_t from = 1;
    /// First segment that it does not hold for; 0 = until further notice.
    std::uint64_t to = 0;
  };

  /// The order that holds for a segment; null for none.
  const entry* at(std::uint64_t seq) const noexcept;
  /// The order until further notice; null for none.
  const entry* open() const noexcept;
  bool empty() const noexcept { return entries_.empty(); }

  nlohmann::json piece() const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const nlohmann::json& piece);

private:
  /// Oldest first; at most `most_entries`, of which only the newest can matter for segments still to come.
  std::vector<entry> entries_;
};

/// Weather by segment. Not safe for use by several threads at a time.
class weather_outlook {
public:
  weather_outlook(broadcast_calendar calendar, std::uint64_t seed, std::string region)
    : calendar_(calendar), weather_(seed, std::move(region)) {}

  weather_type type(std::uint64_t seq) const;
  /// Without `previous_type`.
  weather_report report(std::uint64_t seq) const;
  /// What is expected in a coming slot of the calendar, as of segment `seq`.
  weather_report expected(std::int64_t slot, std::uint64_t seq) const;

  /// True for the first segment on the air during a weather emergency: once an event, also when an order interrupted it.
  bool alert_due(std::uint64_t seq) const;

  void apply(const weather_order& order, std::uint64_t from) { overrides_.apply(order, from); }
  const weather_overrides& overrides() const noexcept { return overrides_; }
  const std::string& region() const noexcept { return weather_.region(); }

  /// The one piece, "weather": the orders. The calendar follows from the seed.
  nlohmann::json piece() const;
  void load(const nlohmann::json& piece) { overrides_.load(piece); }

private:
  std::int64_t slot_of(std::uint64_t seq) const noexcept;
  /// The key of the emergency in a segment; empty for none.
  std::string event(std::uint64_t seq) const;

  broadcast_calendar calendar_;
  weather_calendar weather_;
  weather_overrides overrides_;
};

} // namespace longwave
