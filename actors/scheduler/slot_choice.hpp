// What the slots of a broadcast day are for: alerts, time checks, weather and news before all fillers (domain 3).
#pragma once

#include "actors/scheduler/calendar.hpp"
#include "actors/scheduler/weather_outlook.hpp"
#include "messages/segment.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace longwave {

/// A slot's fixed type; empty for a slot that a story or gossip may fill.
using slot_type = std::optional<segment_type>;

/// The fixed types of one broadcast day, in slot order.
///
/// A weather emergency takes one slot for its alert: the first that is on the air during the event. An item that this
/// displaces, or that finds no room in its hour, takes the day's next slot that is not a time check; at the day's end
/// it lapses. Pure: the day follows from the run's numbers and its seed.
std::vector<slot_type> day_slots(const broadcast_calendar& calendar, const weather_outlook& weather,
                                 std::uint64_t seed, int day);

/// The days lately asked for, and how much room for stories is left before a run's end.
/// Not safe for use by several threads at a time.
class slot_table {
public:
  slot_table(broadcast_calendar calendar, std::uint64_t seed, std::optional<std::uint64_t> planned)
    : calendar_(calendar), seed_(seed), planned_(planned) {}

  slot_type at(const weather_outlook& weather, std::uint64_t seq) const;

  /// Slots from `seq` on, it included, that a story may fill; `plenty` when the end is far away or unknown.
  std::uint64_t open_from(const weather_outlook& weather, std::uint64_t seq) const;

  /// The weather was ordered: coming days may be other ones.
  void forget() noexcept {
    cached_day_ = 0;
    tail_.clear();
  }

  static constexpr std::uint64_t plenty = 1'000'000;

private:
  const std::vector<slot_type>& day(const weather_outlook& weather, int day) const;

  broadcast_calendar calendar_;
  std::uint64_t seed_;
  std::optional<std::uint64_t> planned_;
  mutable int cached_day_ = 0;
  mutable std::vector<slot_type> cached_;
  /// Open slots from (planned - i) on, for the last slots of the run; made when the run gets there.
  mutable std::vector<std::uint16_t> tail_;
};

} // namespace longwave
