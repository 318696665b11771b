// The sixth death within a minute.
#include "actors/supervisor/restart_intensity.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using std::chrono::milliseconds;

TEST_CASE("restart_intensity: five deaths are borne, the sixth within the period is not") {
  restart_intensity r;
  for (int i = 0; i < 5; ++i) CHECK_FALSE(r.note(milliseconds(i)));
  CHECK(r.note(milliseconds(5)));
  CHECK(r.note(milliseconds(6)));
}

TEST_CASE("restart_intensity: the period slides") {
  restart_intensity at_the_edge;
  for (int i = 0; i < 5; ++i) at_the_edge.note(milliseconds(i));
  CHECK(at_the_edge.note(milliseconds(60'000)));
  restart_intensity beyond;
  for (int i = 0; i < 5; ++i) beyond.note(milliseconds(i));
  CHECK_FALSE(beyond.note(milliseconds(60'001)));
  CHECK(beyond.note(milliseconds(60'001)));
}

TEST_CASE("restart_intensity: slow deaths never add up") {
  restart_intensity r;
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(r.note(milliseconds(i * 12'001)));
  CHECK(r.deaths.size() <= 6);
}

TEST_CASE("restart_intensity: memory is bounded and can be reset") {
  restart_intensity r;
  for (int i = 0; i < 1'000; ++i) r.note(milliseconds(i));
  CHECK(r.deaths.size() == 6);
  r.reset();
  CHECK_FALSE(r.note(milliseconds(1'000)));
}

TEST_CASE("restart_intensity: no restarts allowed means the first death is beyond") {
  restart_intensity r;
  r.max_restarts = 0;
  CHECK(r.note(milliseconds(0)));
}
