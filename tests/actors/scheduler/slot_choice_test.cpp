// Tests of what the slots of a day are for.
#include "actors/scheduler/slot_choice.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace longwave;

namespace {

int count(const std::vector<slot_type>& day, segment_type type) {
  return static_cast<int>(std::count(day.begin(), day.end(), slot_type(type)));
}

/// Days without a weather emergency have their items at fixed places.
bool has_alert(const std::vector<slot_type>& day) { return count(day, segment_type::emergency_weather) > 0; }

} // namespace

TEST_CASE("slot choice: one slot an hour has weather at six, news at noon and weather at five") {
  const auto calendar = make_calendar(1, 6, 16, "2102-10-23");
  const weather_outlook weather(calendar, 1, "Appalachia");
  for (int day = 1; day <= 30; ++day) {
    const auto slots = day_slots(calendar, weather, 1, day);
    REQUIRE(slots.size() == 16);
    CHECK(count(slots, segment_type::weather) == 2);
    CHECK(count(slots, segment_type::news) == 1);
    CHECK(count(slots, segment_type::time_check) == 0);
    if (has_alert(slots)) continue;
    CHECK(slots[0] == segment_type::weather);
    CHECK(slots[6] == segment_type::news);
    CHECK(slots[11] == segment_type::weather);
  }
}

TEST_CASE("slot choice: with several slots each hour opens with the time and weather comes before news") {
  const auto calendar = make_calendar(4, 6, 16, "2102-10-23");
  const weather_outlook weather(calendar, 1, "Appalachia");
  std::set<std::vector<int>> counts;
  for (int day = 1; day <= 3; ++day) {
    const auto slots = day_slots(calendar, weather, 1, day);
    REQUIRE(slots.size() == 64);
    REQUIRE_FALSE(has_alert(slots));
    counts.insert({count(slots, segment_type::time_check), count(slots, segment_type::weather),
                   count(slots, segment_type::news)});
    for (std::size_t hour = 0; hour < 16; ++hour) CHECK(slots[hour * 4] == segment_type::time_check);
    for (std::size_t hour : {0u, 6u, 11u}) {
      CHECK(slots[hour * 4 + 1] == segment_type::weather);
      CHECK(slots[hour * 4 + 2] == segment_type::news);
    }
  }
  CHECK(counts == std::set<std::vector<int>>{{16, 3, 3}});
}

TEST_CASE("slot choice: with two slots an hour the news takes the next free slot") {
  const auto calendar = make_calendar(2, 6, 16, "2102-10-23");
  const weather_outlook weather(calendar, 1, "Appalachia");
  const auto slots = day_slots(calendar, weather, 1, 1);
  CHECK(slots[0] == segment_type::time_check);
  CHECK(slots[1] == segment_type::weather);
  CHECK(slots[2] == segment_type::time_check);
  CHECK(slots[3] == segment_type::news);
  CHECK(count(slots, segment_type::news) == 3);
}

TEST_CASE("slot choice: every event on the air gets one alert and nothing required is lost") {
  for (int per_hour : {1, 2, 20}) {
    const auto calendar = make_calendar(per_hour, 6, 16, "2281-01-08");
    const weather_outlook weather(calendar, 4, "Mojave");
    std::set<std::string> on_air, alerted;
    int alerts = 0;
    for (int day = 1; day <= 60; ++day) {
      const auto slots = day_slots(calendar, weather, 4, day);
      CHECK(count(slots, segment_type::weather) == (per_hour == 1 ? 2 : 3));
      CHECK(count(slots, segment_type::news) == (per_hour == 1 ? 1 : 3));
      CHECK(count(slots, segment_type::time_check) == (per_hour == 1 ? 0 : 16));
      for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto seq = calendar.first_of_day(day) + i;
        const auto r = weather.report(seq);
        if (r.emergency) on_air.insert(r.event);
        if (slots[i] != segment_type::emergency_weather) continue;
        ++alerts;
        CHECK(r.emergency);
        alerted.insert(r.event);
      }
    }
    CHECK(alerts > 3);
    CHECK(static_cast<std::size_t>(alerts) == alerted.size());
    CHECK(alerted == on_air);
  }
}

TEST_CASE("slot choice: a displaced item takes the next slot of the day") {
  const auto calendar = make_calendar(1, 6, 16, "2281-01-08");
  const weather_outlook weather(calendar, 4, "Mojave");
  int displaced = 0;
  for (int day = 1; day <= 120; ++day) {
    const auto slots = day_slots(calendar, weather, 4, day);
    if (slots[6] == segment_type::emergency_weather) {
      ++displaced;
      CHECK(slots[7] == segment_type::news);
    }
  }
  CHECK(displaced > 0);
}

TEST_CASE("slot choice: music is about one filler in twelve, in the lull, never twice in a row") {
  const auto calendar = make_calendar(1, 6, 16, "2102-10-23");
  const weather_outlook weather(calendar, 2, "Appalachia");
  int music = 0, fillers = 0;
  for (int day = 1; day <= 200; ++day) {
    const auto slots = day_slots(calendar, weather, 2, day);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const bool is_music = slots[i] == segment_type::music_intro;
      if (!slots[i] || is_music) ++fillers;
      if (!is_music) continue;
      ++music;
      CHECK((i + 6 >= 10 && i + 6 <= 15));
      CHECK((i == 0 || slots[i - 1] != segment_type::music_intro));
    }
  }
  CHECK(music > fillers * 0.05);
  CHECK(music < fillers * 0.11);
}

TEST_CASE("slot choice: open slots are counted exactly near the end") {
  const auto calendar = make_calendar(1, 6, 16, "2102-10-23");
  const weather_outlook weather(calendar, 2, "Appalachia");
  const slot_table table(calendar, 2, 112);
  std::uint64_t open = 0;
  for (std::uint64_t seq = 112; seq >= 1; --seq) {
    if (!table.at(weather, seq)) ++open;
    CHECK(table.open_from(weather, seq) == open);
  }
  CHECK(table.open_from(weather, 113) == 0);
  CHECK(slot_table(calendar, 2, 100'000).open_from(weather, 1) == slot_table::plenty);
  CHECK(slot_table(calendar, 2, std::nullopt).open_from(weather, 1) == slot_table::plenty);
}
