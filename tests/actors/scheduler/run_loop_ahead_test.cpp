// The run's state machine where it works ahead: segment N+1 is made while N is being written, and nothing shows.
#include "actors/generator/prompt.hpp"
#include "actors/scheduler/run_loop.hpp"
#include "tests/support/run_loop_trial.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

run_config broadcast(std::int64_t hours) {
  auto c = sample_config(5, hours);
  c.validation_enabled = true;
  return c;
}

/// A run that works ahead, with its first segment out.
struct ahead_trial : loop_trial {
  explicit ahead_trial(std::int64_t hours = 40, bool works_ahead = true) : loop_trial(broadcast(hours), sample_pack()) {
    auto changed = std::make_shared<run_setup>(*setup);
    changed->works_ahead = works_ahead;
    setup = changed;
    start();
    commit_one(); // the beginning
    serve_notes();
  }
  void serve_notes() {
    while (!notes.empty()) {
      const auto [note, head, serial] = notes.front();
      notes.erase(notes.begin());
      loop->noted({serial, true, {}});
    }
  }
};

std::vector<std::string> lines_of(ahead_trial& t) {
  for (int i = 0; i < 200 && !t.outcome; ++i) {
    if (t.out()) t.accept();
    else t.serve();
  }
  REQUIRE(t.outcome);
  return t.lines;
}

} // namespace

TEST_CASE("work ahead: the next segment is made while this one is written, and shown only when it is on disk") {
  ahead_trial t;
  t.accept();
  REQUIRE(t.commits.size() == 1);
  CHECK(t.ticket.seq == 2); // out before segment 1 is on disk
  CHECK(t.published.empty());
  CHECK(t.loop->facts()->counters.done() == 0);
  t.accept();
  REQUIRE(t.commits.size() == 2); // follows at once, in order
  CHECK(t.commits[1].first->prev_hash == t.commits[0].first->head.hash);
  t.accept();
  t.accept();
  REQUIRE(t.commits.size() == 4);
  CHECK(t.generated == 4);        // no fifth while four are on their way
  CHECK_FALSE(t.out());
  CHECK(t.published.empty());
  t.commit_one();
  CHECK(t.loop->facts()->counters.done() == 1);
  CHECK(t.ticket.seq == 5);
  t.commit_one();
  CHECK(t.loop->facts()->counters.done() == 2);
}

TEST_CASE("work ahead: the records are those of a run that does not") {
  ahead_trial ahead(20), plain(20, false);
  const auto a = lines_of(ahead), b = lines_of(plain);
  REQUIRE(a.size() == 20);
  CHECK(a == b);
  CHECK(ahead.stored.state == plain.stored.state);
}

TEST_CASE("work ahead: a pause lets what was begun end, and nothing is begun after it") {
  ahead_trial t;
  t.accept();
  SECTION("while the next call is out") {
    t.loop->pause("control", "");
    CHECK(t.loop->state() == run_state::pausing);
    t.commit_one();
    CHECK(t.loop->state() == run_state::pausing); // the call in flight has its grace
    t.accept();
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.size() == 2);
    CHECK(t.generated == 2);
  }
  SECTION("the call does not end within its grace") {
    t.loop->pause("control", "");
    REQUIRE(t.graces.size() == 1);
    t.loop->grace_over(t.graces[0].second);
    CHECK(t.cancelled.size() == 1);
    CHECK(t.loop->state() == run_state::pausing); // segment 1 is still being written
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.size() == 1);
    t.loop->resume("");
    t.serve();
    CHECK(t.ticket.seq == 2);
  }
  SECTION("while four are being written") {
    for (int i = 0; i < 3; ++i) t.accept();
    REQUIRE_FALSE(t.out());
    t.loop->pause("control", "");
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.size() == 4);
    CHECK(t.generated == 4);
  }
}

TEST_CASE("work ahead: a limit that a segment reaches is seen before the next is begun") {
  SECTION("the fifth failure in a row") {
    ahead_trial t;
    for (int i = 0; i < 5; ++i) {
      t.serve();
      t.skip();
    }
    CHECK(t.loop->phase() == run_phase::committing);
    CHECK_FALSE(t.loop->attempt_open());
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.size() == 5);
  }
  SECTION("the end") {
    ahead_trial t(2);
    t.accept();
    t.accept();
    CHECK_FALSE(t.loop->attempt_open());
    t.serve();
    REQUIRE(t.outcome);
    CHECK(t.outcome->state == run_state::completed);
    CHECK(t.lines.size() == 2);
  }
}

TEST_CASE("work ahead: a refused commit takes those behind it along, and all are sent again in order") {
  ahead_trial t;
  for (int i = 0; i < 4; ++i) t.accept();
  REQUIRE(t.commits.size() == 4);
  t.refuse_commit();
  CHECK(t.loop->state() == run_state::paused);
  t.refuse_commit(error_code::internal); // "the run stands at": follows from the first
  t.refuse_commit();                     // the write of a whole group failed
  t.refuse_commit();
  CHECK_FALSE(t.outcome);
  CHECK(t.generated == 4); // nothing is begun
  REQUIRE(t.commit_waits.size() == 1);
  t.loop->commit_again(t.commit_waits[0].second);
  REQUIRE(t.commits.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(t.commits[i].first->seq == i + 1);
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.lines.size() == 4);
  CHECK(t.ticket.seq == 5);
}

TEST_CASE("work ahead: a second of the two that was taken although the first was refused is no harm") {
  ahead_trial t;
  t.accept();
  t.accept();
  const auto second = t.commits[1].second;
  t.refuse_commit();                      // reported failed, but written
  t.loop->committed({second, true, {}});  // and so the next one fitted
  CHECK(t.loop->facts()->counters.done() == 0);
  t.commits.clear();
  t.loop->commit_again(t.commit_waits[0].second);
  REQUIRE(t.commits.size() == 2);
  t.serve();
  CHECK(t.loop->facts()->counters.done() == 2);
}

TEST_CASE("work ahead: a stop while the store refuses ends the run with what is on disk") {
  ahead_trial t;
  t.accept();
  t.refuse_commit();
  t.loop->stop(stop_mode::graceful);
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::stopped);
  CHECK(t.cancelled.size() == 1);
  CHECK(t.lines.empty());
}

TEST_CASE("work ahead: a new committer gets both commits, a new generator the call again") {
  ahead_trial t;
  t.accept();
  t.accept();
  t.commits.clear();
  t.loop->replaced({"committer", 0, 2, false, ""});
  REQUIRE(t.commits.size() == 2);
  t.commit_one();
  REQUIRE(t.ticket.seq == 3);
  const auto made = t.generated;
  t.loop->replaced({"generator", 0, 2, false, ""});
  CHECK(t.generated == made); // its note has to say so first, and that waits for the commit
  t.commit_one();
  t.serve_notes();
  CHECK(t.generated == made + 1);
  CHECK(t.order->state.actor_deaths == 1);
}

TEST_CASE("work ahead: who asks while a segment is written is answered once it is there") {
  ahead_trial t;
  t.accept();
  t.facts.reset();
  t.loop->facts_asked();
  CHECK_FALSE(t.facts);
  t.accept(); // the second knows that somebody asked
  t.commit_one();
  CHECK_FALSE(t.facts);
  t.commit_one();
  REQUIRE(t.facts);
  CHECK(t.facts->counters.done() == 2);
}

TEST_CASE("made ready: plan and prompt of the next segment are made while this one is written, its call is not") {
  ahead_trial t(40, false);
  CHECK_FALSE(t.order->ready); // the first had nothing to wait for
  t.accept();
  REQUIRE(t.commits.size() == 1);
  CHECK(t.generated == 1); // a kill must not lose two calls
  t.commit_one();
  REQUIRE(t.generated == 2);
  REQUIRE(t.order->ready);
  const auto made_now = make_call(*t.order);
  CHECK(t.order->ready->user_prompt == made_now.user_prompt);
  CHECK(t.order->ready->system_prompt == made_now.system_prompt);
  CHECK(t.order->ready->plan == t.order->plan);
  CHECK(t.order->ready->call == made_now.call);
  CHECK(t.order->ready->seq == 2);
  CHECK(t.order->ready->resting == made_now.resting);
  t.fail(); // another attempt has another prompt
  t.serve();
  CHECK(t.order->plan->seq == 2);
  CHECK_FALSE(t.order->ready);
  t.accept();
  t.loop->pause("control", "");
  t.serve();
  REQUIRE(t.loop->state() == run_state::paused);
  t.loop->resume("control");
  t.serve();
  CHECK(t.order->plan->seq == 3);
  REQUIRE(t.order->ready); // nothing changed in the pause
  CHECK(t.order->ready->user_prompt == make_call(*t.order).user_prompt);
}

TEST_CASE("made ready: weather that is ordered while a segment is written changes the next one") {
  ahead_trial t(40, false);
  t.accept();
  weather_order order;
  order.type = "rad_storm";
  order.intensity = "severe";
  t.loop->order_weather(order);
  t.commit_one();
  REQUIRE(t.order->plan->seq == 2);
  CHECK(t.order->plan->weather.type == "rad_storm");
  CHECK_FALSE(t.order->ready);
}

TEST_CASE("a pause that comes back during one call has its own grace") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->resume("");
  t.loop->pause("control", "");
  REQUIRE(t.graces.size() == 2);
  t.loop->grace_over(t.graces[0].second); // the first pause's timer
  CHECK(t.cancelled.empty());
  t.loop->grace_over(t.graces[1].second);
  CHECK(t.cancelled.size() == 1);
}

TEST_CASE("a call that costs something goes out when the commit before it is written, and shows nothing before that is synced") {
  ahead_trial t(40, false);
  t.accept();
  REQUIRE(t.commits.size() == 1);
  CHECK(t.wanted_written);
  CHECK_FALSE(t.out());
  const auto serial = t.commits[0].second;
  SECTION("the next segment is made meanwhile") {
    t.loop->written({serial});
    CHECK(t.out());
    CHECK(t.ticket.seq == 2);
    CHECK(t.notes.empty()); // its note is in the commit
    CHECK(t.published.empty());
    CHECK(t.loop->facts()->counters.done() == 0);
    t.loop->written({serial}); // said again by a second committer
    CHECK(t.generated == 2);
    t.accept();
    REQUIRE(t.commits.size() == 2);
    CHECK(t.commits[1].first->prev_hash == t.commits[0].first->head.hash);
    t.loop->written({serial}); // of the one before
    CHECK(t.generated == 2);
    t.commit_one();
    CHECK(t.loop->facts()->counters.done() == 1);
    t.loop->written({t.commits[0].second});
    CHECK(t.ticket.seq == 3);
  }
  SECTION("the sync fails: the run is paused with the call out, and both follow when the disk works") {
    t.loop->written({serial});
    t.refuse_commit();
    CHECK(t.loop->state() == run_state::paused);
    t.accept();
    CHECK(t.loop->facts()->counters.done() == 0);
    t.commits.clear(); // the store refuses the second, which follows from the first
    t.loop->commit_again(serial);
    t.serve();
    CHECK(t.loop->state() == run_state::running);
    CHECK(t.lines.size() == 2);
  }
  SECTION("a pause that comes before stands between") {
    t.loop->pause("control", "");
    t.loop->written({serial});
    CHECK_FALSE(t.out());
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.size() == 1);
    CHECK(t.generated == 1);
  }
  SECTION("the committer dies before the sync: the next one is told both") {
    t.loop->written({serial});
    t.accept();
    REQUIRE(t.commits.size() == 2);
    const auto both = t.commits;
    t.commits.clear();
    t.loop->replaced({"committer", 0, 2, false, ""});
    REQUIRE(t.commits.size() == 2);
    CHECK(t.commits[0].second == both[0].second);
    t.serve();
    CHECK(t.lines.size() == 2);
  }
}

TEST_CASE("nobody waits to be told of a write after which nothing follows") {
  ahead_trial t(1, false);
  t.accept();
  REQUIRE(t.commits.size() == 1);
  CHECK_FALSE(t.wanted_written);
  ahead_trial ahead(40, true);
  ahead.accept();
  CHECK_FALSE(ahead.wanted_written); // it did not wait for that
}

TEST_CASE("begun when written: the records are those of a run that waits for each sync") {
  ahead_trial told(20, false), plain(20, false);
  for (int i = 0; i < 400 && !told.outcome; ++i) {
    if (told.wanted_written && !told.commits.empty() && !told.out()) told.loop->written({told.commits.back().second});
    if (told.out()) told.accept();
    else told.serve();
  }
  REQUIRE(told.outcome);
  CHECK(told.lines == lines_of(plain));
  CHECK(told.stored.state == plain.stored.state);
}
