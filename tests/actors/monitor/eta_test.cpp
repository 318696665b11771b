// How long a run will still take: by count, by time, by whichever ends first.
#include "actors/monitor/eta.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("the estimate is remaining segments times the recent mean", "[eta]") {
  CHECK(eta_ms(10, 112, 100.0, 1'000, std::nullopt) == Approx(10'200));
}

TEST_CASE("there is no estimate before three segments, or without a plan", "[eta]") {
  CHECK_FALSE(eta_ms(2, 112, 100.0, 200, std::nullopt));
  CHECK(eta_ms(3, 112, 100.0, 300, std::nullopt));
  CHECK_FALSE(eta_ms(50, std::nullopt, 100.0, 5'000, std::nullopt));
  CHECK_FALSE(eta_ms(50, 112, std::nullopt, 5'000, std::nullopt));
}

TEST_CASE("a run that is done takes no more time", "[eta]") {
  CHECK(eta_ms(112, 112, 100.0, 1'000, std::nullopt) == Approx(0));
  CHECK(eta_ms(113, 112, 100.0, 1'000, std::nullopt) == Approx(0));
  CHECK(eta_ms(5, 112, 100.0, 5'000, 4'000) == Approx(0));
}

TEST_CASE("with a planned duration whichever ends first counts", "[eta]") {
  CHECK(eta_ms(10, 20, 1'000.0, 50'000, 55'000) == Approx(5'000));
  CHECK(eta_ms(10, 12, 1'000.0, 50'000, 86'400'000) == Approx(2'000));
  CHECK(eta_ms(0, std::nullopt, std::nullopt, 400, 1'000) == Approx(600));
}
