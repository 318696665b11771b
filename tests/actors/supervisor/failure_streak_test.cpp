// Five failures in a row, and nothing less.
#include "actors/supervisor/failure_streak.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

using namespace longwave;

namespace {

/// Length of the run of failures that ends at `end` (exclusive) of a base-3 sequence.
struct tail {
  int failures = 0;
  bool all_backend = true;
};

tail tail_of(const std::string& sequence) {
  tail t;
  for (auto it = sequence.rbegin(); it != sequence.rend() && *it != 'a'; ++it) {
    if (++t.failures <= 5 && *it != 'b') t.all_backend = false;
  }
  return t;
}

} // namespace

TEST_CASE("failure_streak: every sequence of up to seven segments pauses exactly when five fail in a row") {
  for (int length = 0; length <= 7; ++length) {
    int sequences = 1;
    for (int i = 0; i < length; ++i) sequences *= 3;
    for (int code = 0; code < sequences; ++code) {
      failure_streak streak;
      std::string done;
      int rest = code;
      std::uint64_t total = 0;
      for (int i = 0; i < length; ++i, rest /= 3) {
        const char kind = "afb"[rest % 3];
        done += kind;
        const auto effect = kind == 'a' ? streak.on_accepted() : streak.on_failed(done, kind == 'b');
        total += kind == 'a' ? 0 : 1;
        const tail t = tail_of(done);
        const bool pauses = t.failures >= 5;
        REQUIRE((effect == failure_streak::effect::pause) == pauses);
        REQUIRE(streak.consecutive == static_cast<std::uint64_t>(t.failures > 5 ? 5 : t.failures));
        REQUIRE(streak.total == total);
        REQUIRE(streak.all_backend() == (pauses && t.all_backend));
      }
    }
  }
}

TEST_CASE("failure_streak: four, one accepted, four do not pause") {
  failure_streak streak;
  for (int i = 0; i < 4; ++i) CHECK(streak.on_failed("x", false) == failure_streak::effect::none);
  CHECK(streak.on_accepted() == failure_streak::effect::none);
  CHECK(streak.consecutive == 0);
  for (int i = 0; i < 4; ++i) CHECK(streak.on_failed("x", false) == failure_streak::effect::none);
  CHECK(streak.on_failed("y", false) == failure_streak::effect::pause);
  CHECK(streak.last == "y");
  CHECK(streak.total == 9);
}

TEST_CASE("failure_streak: it stays at five until resumed, then starts at zero") {
  failure_streak streak;
  for (int i = 0; i < 8; ++i) streak.on_failed("x", true);
  CHECK(streak.consecutive == 5);
  CHECK(streak.total == 8);
  CHECK(streak.all_backend());
  streak.on_resumed();
  CHECK(streak.consecutive == 0);
  CHECK(streak.total == 8);
  CHECK_FALSE(streak.all_backend());
  for (int i = 0; i < 4; ++i) CHECK(streak.on_failed("x", true) == failure_streak::effect::none);
  CHECK(streak.on_failed("x", true) == failure_streak::effect::pause);
}

TEST_CASE("failure_streak: a limit of zero never pauses") {
  failure_streak streak;
  streak.limit = 0;
  for (int i = 0; i < 20; ++i) CHECK(streak.on_failed("x", true) == failure_streak::effect::none);
  CHECK(streak.consecutive == 20);
  CHECK_FALSE(streak.all_backend());
}

TEST_CASE("failure_streak: state survives JSON") {
  failure_streak streak;
  for (int i = 0; i < 4; ++i) streak.on_failed("segment 7: stall", true);
  auto back = nlohmann::json::parse(nlohmann::json(streak).dump()).get<failure_streak>();
  CHECK(back.consecutive == 4);
  CHECK(back.total == 4);
  CHECK(back.last == "segment 7: stall");
  CHECK(back.on_failed("x", true) == failure_streak::effect::pause);
  CHECK(back.all_backend());
}
