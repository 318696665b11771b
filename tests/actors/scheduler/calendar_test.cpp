// Tests of the broadcast calendar.
#include "actors/scheduler/calendar.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("calendar: a day has sixteen hours from six and the next day is a date later") {
  const auto c = make_calendar(1, 6, 16, "2102-10-23");
  CHECK(c.position_of(1) == slot_position{1, 6, 1, "2102-10-23"});
  CHECK(c.position_of(16) == slot_position{1, 21, 1, "2102-10-23"});
  CHECK(c.position_of(17) == slot_position{2, 6, 1, "2102-10-24"});
  CHECK(c.position_of(112) == slot_position{7, 21, 1, "2102-10-29"});
  CHECK(c.position_of(161).broadcast_date == "2102-11-02");
}

TEST_CASE("calendar: several slots share an hour") {
  const auto c = make_calendar(20, 6, 16, "2102-12-31");
  CHECK(c.segments_per_day() == 320);
  CHECK(c.position_of(20) == slot_position{1, 6, 20, "2102-12-31"});
  CHECK(c.position_of(21) == slot_position{1, 7, 1, "2102-12-31"});
  CHECK(c.position_of(321) == slot_position{2, 6, 1, "2103-01-01"});
  CHECK(c.last_of_hour(20));
  CHECK_FALSE(c.last_of_hour(21));
  CHECK(c.hours_done(21) == 2);
}

TEST_CASE("calendar: hours wrap past midnight within one broadcast day") {
  const auto c = make_calendar(1, 20, 16, "2102-10-23");
  CHECK(c.position_of(5) == slot_position{1, 0, 1, "2102-10-23"});
  CHECK(format_date(c.date_of(4)) == "2102-10-23");
  CHECK(format_date(c.date_of(5)) == "2102-10-24");
  CHECK(c.position_of(17) == slot_position{2, 20, 1, "2102-10-24"});
  CHECK(c.last_of_day(16));
  CHECK(c.first_of_day(2) == 17);
}

TEST_CASE("calendar: leap days exist and bad dates are refused") {
  const auto c = make_calendar(1, 6, 16, "2104-02-28");
  CHECK(c.position_of(17).broadcast_date == "2104-02-29");
  CHECK(make_calendar(1, 6, 16, "nonsense").position_of(1).broadcast_date == "2102-10-23");
}

TEST_CASE("calendar: two million hours stay in order") {
  const auto c = make_calendar(20, 6, 16, "2102-10-23");
  const auto last = c.position_of(40'000'000);
  CHECK(last.day == 125'000);
  CHECK(last.hour == 21);
  CHECK(last.slot == 20);
}
