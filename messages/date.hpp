// Days of the calendar as text, the one form that packs, flags and records know. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// "YYYY-MM-DD" to a date; empty when it is no date, or one that no calendar has (2150-02-31).
std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept;
/// The same way back.
std::string format_date(std::chrono::sys_days date);

} // namespace longwave
