// When a run that stands still offers to leave the memory, what it hands over, and how it stands when it is back.
#include "tests/support/run_loop_trial.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

void accept(loop_trial& t) {
  t.accept();
  t.serve();
}

/// The segment that is out is finished; everything is stored.
void pause(loop_trial& t, const std::string& detail) {
  t.loop->pause("control", detail);
  t.serve();
  while (t.out()) accept(t);
  REQUIRE(t.loop->state() == run_state::paused);
}

/// Paused after its first segments.
void play_and_pause(loop_trial& t) {
  t.start();
  t.serve();
  accept(t);
  pause(t, "lunch");
}

/// The last timer of rest is over, and what it had committed is.
void rest(loop_trial& t) {
  t.loop->rest_over(t.rest_waits.back().second);
  t.serve();
}

/// Until it offers itself: once more where something was to be stored first.
void offer(loop_trial& t) {
  const auto before = t.rests_offered;
  for (int i = 0; i < 3 && t.rests_offered == before; ++i) rest(t);
  REQUIRE(t.rests_offered == before + 1);
}

} // namespace

TEST_CASE("rest: a paused run offers itself after two seconds and hands over what the store does not know") {
  loop_trial t;
  play_and_pause(t);
  REQUIRE_FALSE(t.rest_waits.empty());
  CHECK(t.rest_waits.back().first == 2'000);
  CHECK(t.rests_offered == 0);
  offer(t);
  const auto elapsed = t.loop->facts()->elapsed_ms;
  t.clock->ms += 7'000; // a pause is no part of the elapsed clock
  const auto rested = t.loop->unload();
  REQUIRE(rested);
  CHECK(rested->state == run_state::paused);
  CHECK(rested->reasons.list() == std::vector<std::string>{"control"});
  REQUIRE(rested->warnings.size() == 1);
  CHECK(rested->warnings[0].message == "lunch");
  CHECK(rested->elapsed_ms == elapsed);
  CHECK(rested->wait_ms == 0);
  CHECK(t.loop->phase() == run_phase::over);
  const auto generated = t.generated;
  t.loop->resume(""); // too late for this loop: the next one is told
  CHECK(t.generated == generated);
}

TEST_CASE("rest: a run that begins paused, which nobody has just been steering, does not wait two seconds for it") {
  loop_trial t;
  t.start(false, {"control"});
  t.serve();
  REQUIRE(t.loop->state() == run_state::paused);
  REQUIRE_FALSE(t.rest_waits.empty());
  CHECK(t.rest_waits.back().first == 100);
  t.loop->pause("control", ""); // told twice changes nothing that would have to be stored first
  t.loop->rest_over(t.rest_waits.back().second);
  CHECK(t.commits.empty());
  CHECK(t.rests_offered == 1);
  CHECK(t.loop->unload());
}

TEST_CASE("rest: a timer of an earlier rest means nothing") {
  loop_trial t;
  play_and_pause(t);
  const auto old = t.rest_waits.back().second;
  t.loop->resume("");
  t.serve();
  REQUIRE(t.out());
  t.loop->rest_over(old);
  CHECK(t.rests_offered == 0);
  accept(t);
  pause(t, "");
  t.loop->rest_over(old);
  CHECK(t.rests_offered == 0);
  offer(t);
}

TEST_CASE("rest: a run that moved since it offered itself stays") {
  loop_trial t;
  play_and_pause(t);
  offer(t);
  SECTION("it was resumed") {
    t.loop->resume("");
    t.serve();
    CHECK(t.out());
  }
  SECTION("a checkpoint is being written") {
    t.loop->checkpoint_now();
    REQUIRE(t.commits.size() == 1);
  }
  SECTION("another reason came that is not stored yet") {
    t.loop->pause("disk_low", "free disk space is below the floor");
    REQUIRE(t.commits.empty());
    CHECK(t.loop->unload() == nullptr);
    offer(t); // stores it first
    const auto rested = t.loop->unload();
    REQUIRE(rested);
    CHECK(rested->reasons.list() == std::vector<std::string>{"control", "disk_low"});
    CHECK(t.stored.head.pause_reasons == rested->reasons.list());
    return;
  }
  SECTION("it is being stopped") {
    t.loop->stop(stop_mode::graceful);
  }
  CHECK(t.loop->unload() == nullptr);
}

TEST_CASE("rest: a short wait between stories is waited for in memory, a long one is handed over with what is left of it") {
  auto config = endless_stories();
  const auto seconds = GENERATE(9, 60);
  CAPTURE(seconds);
  config.interval_seconds = seconds;
  loop_trial t(config);
  t.start();
  t.serve();
  accept(t);
  REQUIRE(t.loop->phase() == run_phase::interval);
  if (seconds == 9) {
    for (int i = 0; i < 3 && !t.rest_waits.empty(); ++i) rest(t);
    CHECK(t.rests_offered == 0);
    CHECK(t.loop->unload() == nullptr);
    return;
  }
  t.clock->ms += 2'000;
  offer(t);
  t.clock->ms += 8'000;
  const auto rested = t.loop->unload();
  REQUIRE(rested);
  CHECK(rested->state == run_state::running);
  CHECK(rested->wait_ms == 50'000);
  CHECK(next_look_ms(*rested, t.clock->ms) == 50'000);
  CHECK(next_look_ms(*rested, t.clock->ms + 50'000) == 0);
  CHECK(elapsed_at(*rested, t.clock->ms + 50'000) == rested->elapsed_ms + 50'000);
}
