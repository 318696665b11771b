// Deaths over one segment.
#include "actors/supervisor/recovery_plan.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("recovery_plan: kill and power loss change nothing, however often") {
  attempt_state state;
  state.attempt = 2;
  for (std::uint64_t starts = 0; starts < 10; ++starts) {
    const auto d = decide_start(state, false, starts);
    CHECK_FALSE(d.skip_poison);
    CHECK_FALSE(d.pause_crash_loop);
    CHECK(d.resumed.attempt == 2);
    CHECK(d.resumed.process_deaths == 0);
    state = d.resumed;
  }
}

TEST_CASE("recovery_plan: ten starts without a commit pause") {
  CHECK_FALSE(decide_start({}, false, 9).pause_crash_loop);
  CHECK(decide_start({}, false, 10).pause_crash_loop);
  CHECK(decide_start({}, false, 11).pause_crash_loop);
}

TEST_CASE("recovery_plan: the third death of the process's own skips the segment") {
  attempt_state state;
  for (int deaths = 1; deaths <= 3; ++deaths) {
    const auto d = decide_start(state, true, static_cast<std::uint64_t>(deaths));
    CHECK(d.resumed.process_deaths == deaths);
    CHECK(d.skip_poison == (deaths == 3));
    CHECK(d.resumed.attempt == 1);
    state = d.resumed;
  }
}

TEST_CASE("recovery_plan: kills between do not add to the deaths") {
  attempt_state state;
  state = decide_start(state, true, 0).resumed;
  state = decide_start(state, false, 1).resumed;
  state = decide_start(state, true, 2).resumed;
  CHECK(state.process_deaths == 2);
  CHECK_FALSE(decide_start(state, false, 3).skip_poison);
  CHECK(decide_start(state, true, 3).skip_poison);
}

TEST_CASE("recovery_plan: a skip goes before a pause") {
  attempt_state state;
  state.process_deaths = 2;
  const auto d = decide_start(state, true, 20);
  CHECK(d.skip_poison);
  CHECK_FALSE(d.pause_crash_loop);
}

TEST_CASE("recovery_plan: the third actor death skips the segment") {
  attempt_state state;
  CHECK_FALSE(note_actor_death(state));
  CHECK_FALSE(note_actor_death(state));
  CHECK(note_actor_death(state));
  CHECK(state.actor_deaths == 3);
  CHECK(state.attempt == 1);
  CHECK(decide_start(state, false, 0).skip_poison);
}
