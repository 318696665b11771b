// The broadcast calendar: from a segment's number to its day, hour, slot and simulated date, and back.
#pragma once

#include "messages/date.hpp"
#include "messages/segment.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// The shape of a broadcast day. A value; all functions are pure and may be called from any thread.
struct broadcast_calendar {
  int segments_per_hour = 1;
  int start_hour = 6;
  int hours_per_day = 16;
  /// Date of broadcast day 1.
  std::chrono::sys_days first_date{};

  std::uint64_t segments_per_day() const noexcept;
  /// 1-based day of a 1-based segment.
  int day_of(std::uint64_t seq) const noexcept;
  /// First segment of a 1-based day.
  std::uint64_t first_of_day(int day) const noexcept;
  /// 0..23; hours beyond midnight wrap and still belong to the day that they started from.
  int hour_of(std::uint64_t seq) const noexcept;
  slot_position position_of(std::uint64_t seq) const;
  /// The date on a wall calendar: one later than the broadcast date once the day has wrapped past midnight.
  std::chrono::sys_days date_of(std::uint64_t seq) const noexcept;

  bool last_of_hour(std::uint64_t seq) const noexcept;
  bool last_of_day(std::uint64_t seq) const noexcept;
  /// Hours begun up to and including this segment, 1-based.
  std::uint64_t hours_done(std::uint64_t seq) const noexcept;
};

/// Builds a calendar from a run's numbers; out-of-range ones are brought into range, a bad date becomes 2102-10-23.
broadcast_calendar make_calendar(int segments_per_hour, int start_hour, int hours_per_day, std::string_view start_date);

} // namespace longwave
