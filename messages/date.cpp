// Reading and writing one form of date.
#include "messages/date.hpp"

#include <charconv>
#include <cstdio>

namespace longwave {

namespace {

bool read_part_of_date(std::string_view text, int& out) noexcept {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

} // namespace

std::optional<std::chrono::sys_days> parse_date(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int y = 0, m = 0, d = 0;
  if (!read_part_of_date(text.substr(0, 4), y) || !read_part_of_date(text.substr(5, 2), m) || !read_part_of_date(text.substr(8, 2), d))
    return std::nullopt;
  if (m < 1 || d < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month{static_cast<unsigned>(m)},
                                         std::chrono::day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::string format_date(std::chrono::sys_days date) {
  const std::chrono::year_month_day ymd{date};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                static_cast<unsigned>(ymd.day()));
  return text;
}

} // namespace longwave
