// Doubling waits.
#include "actors/retry/backoff.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using namespace longwave;

TEST_CASE("backoff: waits double from one second to thirty") {
  const std::vector<std::int64_t> expected{1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(backoff_after(static_cast<int>(i) + 1) == expected[i]);
  CHECK(backoff_after(0) == 1'000);
  CHECK(backoff_after(std::numeric_limits<int>::max()) == 30'000);
}

TEST_CASE("backoff: the series goes on from what was waited") {
  std::int64_t waited = 0;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 7; ++i) {
    waits.push_back(backoff_from_waited(waited));
    waited += waits.back();
  }
  CHECK(waits == std::vector<std::int64_t>{1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000});
  CHECK(backoff_from_waited(-5) == 1'000);
  CHECK(backoff_from_waited(std::numeric_limits<std::int64_t>::max()) == 30'000);
}
