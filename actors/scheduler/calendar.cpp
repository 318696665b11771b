// Arithmetic on segment numbers and simulated dates.
#include "actors/scheduler/calendar.hpp"

#include <algorithm>

namespace longwave {

namespace {

using namespace std::chrono;

constexpr sys_days default_first_date = sys_days{year{2102} / 10 / 23};

} // namespace

std::uint64_t broadcast_calendar::segments_per_day() const noexcept {
  return static_cast<std::uint64_t>(segments_per_hour) * static_cast<std::uint64_t>(hours_per_day);
}

int broadcast_calendar::day_of(std::uint64_t seq) const noexcept {
  return seq == 0 ? 1 : static_cast<int>((seq - 1) / segments_per_day()) + 1;
}

std::uint64_t broadcast_calendar::first_of_day(int day) const noexcept {
  return static_cast<std::uint64_t>(std::max(day, 1) - 1) * segments_per_day() + 1;
}

int broadcast_calendar::hour_of(std::uint64_t seq) const noexcept {
  if (seq == 0) return start_hour;
  const std::uint64_t hour = (seq - 1) / static_cast<std::uint64_t>(segments_per_hour);
  return (start_hour + static_cast<int>(hour % static_cast<std::uint64_t>(hours_per_day))) % 24;
}

slot_position broadcast_calendar::position_of(std::uint64_t seq) const {
  slot_position p;
  p.day = day_of(seq);
  p.hour = hour_of(seq);
  p.slot = seq == 0 ? 1 : static_cast<int>((seq - 1) % static_cast<std::uint64_t>(segments_per_hour)) + 1;
  p.broadcast_date = format_date(first_date + days{p.day - 1});
  return p;
}

sys_days broadcast_calendar::date_of(std::uint64_t seq) const noexcept {
  const int wrapped = hour_of(seq) < start_hour ? 1 : 0;
  return first_date + days{day_of(seq) - 1 + wrapped};
}

bool broadcast_calendar::last_of_hour(std::uint64_t seq) const noexcept {
  return seq != 0 && seq % static_cast<std::uint64_t>(segments_per_hour) == 0;
}

bool broadcast_calendar::last_of_day(std::uint64_t seq) const noexcept {
  return seq != 0 && seq % segments_per_day() == 0;
}

std::uint64_t broadcast_calendar::hours_done(std::uint64_t seq) const noexcept {
  return (seq + static_cast<std::uint64_t>(segments_per_hour) - 1) / static_cast<std::uint64_t>(segments_per_hour);
}

broadcast_calendar make_calendar(int segments_per_hour, int start_hour, int hours_per_day,
                                 std::string_view start_date) {
  broadcast_calendar c;
  c.segments_per_hour = std::max(segments_per_hour, 1);
  c.start_hour = std::clamp(start_hour, 0, 23);
  c.hours_per_day = std::clamp(hours_per_day, 1, 24);
  c.first_date = parse_date(start_date).value_or(default_first_date);
  return c;
}

} // namespace longwave
