// Circles of links are found, whatever leads to them; ways without a circle are left alone.
#include "storage/link_circles.hpp"

#include <catch2/catch.hpp>

using longwave::storage::find_circle;
using places = std::vector<std::size_t>;

TEST_CASE("link circles: the first circle is named in order", "[storage]") {
  CHECK(find_circle({}).empty());
  CHECK(find_circle({{1, 2}, {2}, {}}).empty());
  CHECK(find_circle({{0}}) == places{0});
  CHECK(find_circle({{1}, {2}, {1}}) == places{1, 2});
  CHECK(find_circle({{}, {2}, {3}, {1}}) == places{1, 2, 3});
  CHECK(find_circle({{1, 3}, {2}, {}, {1}}).empty()); // two ways to one place are no circle
}

TEST_CASE("link circles: a long way needs no deep stack", "[storage]") {
  std::vector<places> to(300'000);
  for (std::size_t i = 0; i + 1 < to.size(); ++i) to[i] = {i + 1};
  CHECK(find_circle(to).empty());
  to.back() = {0};
  CHECK(find_circle(to).size() == to.size());
}
