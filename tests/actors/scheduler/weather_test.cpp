// Tests of the weather calendar and its limits (acceptance A25).
#include "actors/scheduler/weather.hpp"

#include "actors/scheduler/calendar.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <set>

using namespace longwave;

namespace {

/// True when a type is among the most frequent ones of a day.
std::array<bool, 8> tops(const std::vector<weather_slot>& slots, std::size_t day) {
  std::array<int, 8> count{};
  for (std::size_t i = 0; i < 4; ++i) ++count[static_cast<std::size_t>(slots[day * 4 + i].type)];
  const int most = *std::max_element(count.begin(), count.end());
  std::array<bool, 8> out{};
  for (std::size_t t = 0; t < 8; ++t) out[t] = count[t] == most;
  return out;
}

int longest_streak(const std::vector<weather_slot>& slots) {
  std::array<int, 8> streak{};
  int longest = 0;
  for (std::size_t day = 0; day < slots.size() / 4; ++day) {
    const auto top = tops(slots, day);
    for (std::size_t t = 0; t < 8; ++t) {
      streak[t] = top[t] ? streak[t] + 1 : 0;
      longest = std::max(longest, streak[t]);
    }
  }
  return longest;
}

int most_rad_a_week(const std::vector<weather_slot>& slots) {
  int most = 0;
  for (std::size_t from = 0; from + 28 <= slots.size(); from += 4) {
    int n = 0;
    for (std::size_t i = from; i < from + 28; ++i) n += slots[i].type == weather_type::rad_storm ? 1 : 0;
    most = std::max(most, n);
  }
  return most;
}

} // namespace

TEST_CASE("weather: fifty seeds keep the streak and rad-storm limits over two years") {
  for (const char* region : {"Appalachia", "Mojave Wasteland", "Commonwealth"}) {
    int longest = 0, rad = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      auto slots = weather_year(seed, region, 2102);
      CHECK(slots.size() == 1460);
      const auto next = weather_year(seed, region, 2103);
      slots.insert(slots.end(), next.begin(), next.end());
      longest = std::max(longest, longest_streak(slots));
      rad = std::max(rad, most_rad_a_week(slots));
    }
    INFO(region);
    CHECK(longest <= 3);
    CHECK(rad <= 2);
  }
}

TEST_CASE("weather: regions have their own types and temperatures stay in their range") {
  const auto types = [](const char* region, int low, int high) {
    std::set<weather_type> seen;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      for (const auto& s : weather_year(seed, region, 2102)) {
        seen.insert(s.type);
        REQUIRE(s.temperature_f >= low - 10);
        REQUIRE(s.temperature_f <= high + 10);
        REQUIRE((!is_emergency(s.type) || s.intensity >= 1));
      }
    }
    return seen;
  };
  using enum weather_type;
  CHECK(types("Appalachia", 20, 85) == std::set<weather_type>{sunny, cloudy, rainy, foggy, snow, rad_storm});
  CHECK(types("Mojave", 35, 115) == std::set<weather_type>{sunny, cloudy, rainy, rad_storm, dust_storm});
  CHECK(types("Commonwealth", 10, 80) == std::set<weather_type>{sunny, cloudy, rainy, snow, rad_storm, glowing_fog});
}

TEST_CASE("weather: a year follows from seed, region and year alone") {
  CHECK(weather_year(7, "Appalachia", 2102) == weather_year(7, "Appalachia", 2102));
  CHECK(weather_year(7, "Appalachia", 2102) != weather_year(8, "Appalachia", 2102));
  CHECK(weather_year(7, "Appalachia", 2102) != weather_year(7, "Appalachia", 2103));
  CHECK(weather_year(7, "Capital Wasteland", 2102) == weather_year(7, "Appalachia", 2102));
  CHECK(weather_year(7, "Appalachia", 2104).size() == 366 * 4);
}

TEST_CASE("weather: summer is warmer than winter") {
  const auto slots = weather_year(3, "Appalachia", 2102);
  double january = 0, july = 0;
  for (std::size_t i = 0; i < 31 * 4; ++i) {
    january += slots[i].temperature_f;
    july += slots[181 * 4 + i].temperature_f;
  }
  CHECK(july > january + 20 * 124);
}

TEST_CASE("weather: hours fall into four slots and the night belongs to the day before") {
  const auto date = *parse_date("2102-10-23");
  const auto morning = weather_calendar::slot_at(date, 6);
  CHECK(weather_calendar::slot_at(date, 11) == morning);
  CHECK(weather_calendar::slot_at(date, 12) == morning + 1);
  CHECK(weather_calendar::slot_at(date, 18) == morning + 2);
  CHECK(weather_calendar::slot_at(date, 22) == morning + 3);
  CHECK(weather_calendar::slot_at(date, 5) == morning - 1);
}

TEST_CASE("weather: the calendar goes on over the turn of the year") {
  const weather_calendar c(5, "Appalachia");
  const auto first = weather_calendar::slot_at(*parse_date("2103-01-01"), 6);
  CHECK(c.at(first) == weather_year(5, "Appalachia", 2103).front());
  CHECK(c.at(first - 1) == weather_year(5, "Appalachia", 2102).back());
  CHECK(c.at(first + 4 * 365) == weather_year(5, "Appalachia", 2104).front());
}

TEST_CASE("weather: an event is named after the slot in which its spell began") {
  const weather_calendar c(5, "Mojave");
  const auto start = weather_calendar::slot_at(*parse_date("2281-01-08"), 6);
  int events = 0;
  for (auto slot = start; slot < start + 1200; ++slot) {
    const auto r = c.report(slot);
    CHECK(r.emergency == !r.event.empty());
    if (!r.emergency) continue;
    ++events;
    CHECK(r.event.rfind(r.type + "@22", 0) == 0);
    CHECK((r.intensity == "moderate" || r.intensity == "severe"));
    if (c.at(slot - 1).type == c.at(slot).type) CHECK(c.report(slot - 1).event == r.event);
  }
  CHECK(events > 10);
}
