// Slowdowns are seen within a window, noise never is, and what recovers is no longer slow.
#include "actors/monitor/trend.hpp"

#include "messages/random.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

void add(segment_trend& t, int count, double ms) {
  for (int i = 0; i < count; ++i) t.add(ms);
}

} // namespace

TEST_CASE("50 ms and then 150 ms is slowing within one window", "[trend]") {
  segment_trend t;
  add(t, 40, 50);
  CHECK(t.trend() == "stable");
  int needed = 0;
  while (t.trend() != "slowing" && needed < 100) {
    t.add(150);
    ++needed;
  }
  CHECK(needed <= 10);
}

TEST_CASE("noise of five percent over 400 segments never warns", "[trend]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    segment_trend t;
    random_stream noise(seed, 0, 0, "noise");
    for (int i = 0; i < 400; ++i) {
      t.add(50 * (0.95 + 0.1 * noise.fraction()));
      REQUIRE(t.trend() == "stable");
    }
  }
}

TEST_CASE("what recovers is stable again", "[trend]") {
  segment_trend t;
  add(t, 40, 50);
  add(t, 20, 150);
  CHECK(t.trend() == "slowing");
  add(t, 10, 50);
  CHECK(t.trend() == "stable");
}

TEST_CASE("a speed-up is never a slowdown", "[trend]") {
  segment_trend t;
  add(t, 40, 150);
  for (int i = 0; i < 40; ++i) {
    t.add(50);
    REQUIRE(t.trend() != "slowing");
  }
  CHECK(t.trend() == "improving");
}

TEST_CASE("fast segments are noise of the machine", "[trend]") {
  segment_trend t;
  add(t, 40, 2);
  add(t, 20, 9);
  CHECK(t.trend() == "stable");
}

TEST_CASE("before there is a baseline nothing is known", "[trend]") {
  segment_trend t;
  CHECK_FALSE(t.recent_ms());
  CHECK_FALSE(t.change_percent());
  CHECK(t.trend() == "stable");
  add(t, 14, 100);
  CHECK(t.recent_ms() == Approx(100));
  CHECK_FALSE(t.baseline_ms());
  t.add(100);
  CHECK(t.baseline_ms() == Approx(100));
  CHECK(t.change_percent() == Approx(0));
}
