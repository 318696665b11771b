// The seeded weather calendar: four slots a day, year by year, from a Markov chain per region (domain 4).
#pragma once

#include "messages/segment.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

enum class weather_type : std::uint8_t { sunny, cloudy, rainy, foggy, snow, rad_storm, dust_storm, glowing_fog };

std::string_view to_string(weather_type t) noexcept;
/// Rad storms, dust storms and glowing fog: listeners are warned once an event.
bool is_emergency(weather_type t) noexcept;

inline constexpr int weather_slots_a_day = 4;

/// Weather of one slot: morning 06, afternoon 12, evening 18, night 22.
struct weather_slot {
  weather_type type = weather_type::sunny;
  /// 0 minor, 1 moderate, 2 severe; emergencies are never minor.
  std::uint8_t intensity = 0;
  /// Degrees Fahrenheit.
  std::int16_t temperature_f = 0;

  bool operator==(const weather_slot&) const = default;
};

/// "06", "12", "18" or "22" of a slot's place 0..3 in its day.
int weather_slot_hour(int place) noexcept;

/// The calendar of one year from 1 January, four slots a day (1,460, in leap years 1,464). Pure.
///
/// No type is among a day's most frequent ones on more than three days in a row, and no seven days hold more than two
/// rad-storm slots; both also hold across the turn of the year.
/// @param region "Appalachia", "Mojave..." or "Commonwealth"; others have Appalachia's climate
std::vector<weather_slot> weather_year(std::uint64_t seed, std::string_view region, int year);

/// All years of one region, made when they are first asked for. Not safe for use by several threads at a time.
class weather_calendar {
public:
  weather_calendar(std::uint64_t seed, std::string region) : seed_(seed), region_(std::move(region)) {}

  /// Number of the slot that holds at an hour of a date: days since 1970 times four, plus the place in the day.
  /// Hours before 06 belong to the night before.
  static std::int64_t slot_at(std::chrono::sys_days date, int hour) noexcept;

  const weather_slot& at(std::int64_t slot) const;
  /// First slot of the spell that holds in a slot: the same type without a gap.
  std::int64_t start_of_spell(std::int64_t slot) const;
  /// A report without `previous_type`, which depends on what was broadcast before.
  weather_report report(std::int64_t slot) const;

  const std::string& region() const noexcept { return region_; }

private:
  struct year_slots {
    int year = 0;
    std::int64_t first = 0;
    std::vector<weather_slot> slots;
  };

  const year_slots& year_holding(std::int64_t slot) const;

  std::uint64_t seed_;
  std::string region_;
  /// The last years asked for, at most three: a run moves forward and looks back over the turn of a year at most.
  mutable std::vector<year_slots> years_;
};

} // namespace longwave
