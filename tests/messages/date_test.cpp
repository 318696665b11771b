// Dates as text, there and back.
#include "messages/date.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("date: what was read is written the same way") {
  for (const char* text : {"2102-10-23", "2104-02-29", "0001-01-01", "2281-12-31"}) {
    const auto date = parse_date(text);
    REQUIRE(date);
    CHECK(format_date(*date) == text);
  }
}

TEST_CASE("date: days that no calendar has, and other shapes, are none") {
  for (const char* text : {"2103-02-29", "2150-02-31", "2103-2-9", "2103-00-10", "2103-0--10", "2103-13-01", "2103-01-00", "2103/01/01", "2103-01-01 ",
                           " 103-01-01", "", "nonsense"})
    CHECK_FALSE(parse_date(text));
}
