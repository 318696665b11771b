// Arithmetic on segment numbers and simulated dates.
#include "actors/scheduler/calendar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace longwave {

namespace {

using namespace std::chrono;

constexpr sys_days default_first_date = sys_days{year{2102} / 10 / 23};

bool read_number(std::string_view text, int& out) noexcept {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

} // namespace

std::optional<sys_days> parse_date(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int y = 0, m = 0, d = 0;
  if (!read_number(text.substr(0, 4), y) || !read_number(text.substr(5, 2), m) || !read_number(text.substr(8, 2), d)) {
    return std::nullopt;
  }
  if (m < 1 || d < 1) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::string format_date(sys_days date) {
  const year_month_day ymd{date};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                static_cast<unsigned>(ymd.day()));
  return text;
}

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
