// The run's state machine at its edges: pauses, stops, refused commits and dead colleagues at every moment.
#include "actors/scheduler/run_loop.hpp"
#include "tests/support/run_loop_trial.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

using reasons = std::vector<std::string>;

reasons pauses(const loop_trial& t) { return t.loop->facts()->pause_reasons; }

run_config broadcast(std::int64_t hours) {
  auto c = sample_config(5, hours);
  c.validation_enabled = true;
  return c;
}

} // namespace

TEST_CASE("a run notes, generates, commits and goes on") {
  loop_trial t;
  t.start();
  CHECK(t.loop->phase() == run_phase::committing); // the beginning itself is committed
  t.serve();
  REQUIRE(t.out());
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.ticket.seq == 1);
  t.accept();
  CHECK(t.lines.empty());
  CHECK(t.facts->counters.done() == 0); // not before it is on disk
  t.serve();
  CHECK(t.lines.size() == 1);
  CHECK(t.ticket.seq == 2);
  CHECK(t.record(0).status == record_status::accepted);
  CHECK(t.loop->facts()->counters.done() == 1);
}

TEST_CASE("test_max_retries_enforced: three calls, then the segment is skipped with every error kept") {
  loop_trial t;
  t.start();
  t.serve();
  t.skip(outcome_class::rejected);
  t.serve();
  CHECK(t.generated == 3 + 1); // and the next segment's first
  REQUIRE(t.lines.size() == 1);
  const auto record = t.record(0);
  CHECK(record.status == record_status::skipped);
  CHECK(record.skip_reason == "max_retries_exceeded");
  CHECK(record.attempts == 3);
  CHECK(record.attempt_outcomes == reasons{"rejected", "rejected", "rejected"});
  CHECK(record.text.empty());
}

TEST_CASE("test_skip_and_continue: the run goes on after a skipped segment") {
  loop_trial t(broadcast(5), sample_pack());
  t.start();
  t.serve();
  for (int seq = 1; seq <= 5; ++seq) {
    seq == 3 ? t.skip() : t.accept();
    t.serve();
  }
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::completed);
  CHECK(t.record(2).status == record_status::skipped);
  for (const auto at : {0u, 1u, 3u, 4u}) CHECK(t.record(at).status == record_status::accepted);
}

TEST_CASE("test_high_failure_pause: the fifth failure in a row pauses, four and a success do not") {
  loop_trial t;
  t.start();
  t.serve();
  for (int i = 0; i < 4; ++i, t.serve()) t.skip();
  t.accept();
  t.serve();
  for (int i = 0; i < 4; ++i, t.serve()) t.skip();
  CHECK(t.loop->state() == run_state::running);
  t.skip();
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"consecutive_failures", "backend_down"});
  CHECK(t.facts->consecutive_failures == 5);
  REQUIRE_FALSE(t.checkpoints.empty());
  CHECK(t.checkpoints.back().kind == checkpoint_kind::pause);
  const auto made = t.generated;
  t.loop->resume("");
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.loop->facts()->consecutive_failures == 0);
  CHECK(t.generated == made + 1);
}

TEST_CASE("a sound probe lifts backend_down, and with auto-resume the failures too") {
  auto config = endless_stories();
  config.auto_resume = GENERATE(false, true);
  loop_trial t(config);
  t.start();
  t.serve();
  for (int i = 0; i < 5; ++i, t.serve()) t.skip();
  REQUIRE(t.probe_waits.size() == 1);
  CHECK(t.probe_waits.back().first == 30'000);
  t.loop->probe_again(t.probe_waits.back().second);
  CHECK(t.probes == 1);
  t.loop->probed(false, "refused");
  CHECK(t.loop->state() == run_state::paused);
  t.loop->probe_again(t.probe_waits.back().second);
  CHECK(t.probes == 2);
  t.loop->probed(true, "");
  t.serve();
  CHECK((t.loop->state() == run_state::running) == config.auto_resume);
  if (!config.auto_resume) CHECK(pauses(t) == reasons{"consecutive_failures"});
}

TEST_CASE("a probe whose asker died is made again") {
  loop_trial t;
  t.start();
  t.serve();
  for (int i = 0; i < 5; ++i, t.serve()) t.skip();
  t.loop->probe_again(t.probe_waits.back().second);
  REQUIRE(t.probes == 1);
  t.loop->probe_again(t.probe_waits.back().second); // nobody answered
  CHECK(t.probes == 2);
}

TEST_CASE("a pause lets the call in flight end within its grace") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  CHECK(t.loop->state() == run_state::pausing);
  REQUIRE(t.graces.size() == 1);
  CHECK(t.graces[0].first == 25'000);
  SECTION("the call ends in time") {
    t.accept();
    t.serve();
    CHECK(t.lines.size() == 1);
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.generated == 1);
  }
  SECTION("the call does not end in time") {
    t.loop->grace_over(t.graces[0].second);
    CHECK(t.cancelled.size() == 1);
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.empty());
    const auto late = t.ticket;
    t.loop->resume("");
    t.serve();
    CHECK(t.generated == 2);
    CHECK(t.order->state.attempt == 1); // the interruption spent nothing
    CHECK(t.order->state.history.empty());
    t.loop->accepted({late, {}, {}}); // an answer of before changes nothing
    t.serve();
    CHECK(t.lines.empty());
  }
  SECTION("the pause is lifted before the call ends") {
    t.loop->resume("");
    CHECK(t.loop->state() == run_state::running);
    t.loop->grace_over(t.graces[0].second);
    CHECK(t.cancelled.empty());
    t.accept();
    t.serve();
    CHECK(t.generated == 2);
  }
}

TEST_CASE("a resume while the segment is being committed shows as running") {
  loop_trial t;
  t.start();
  t.serve();
  t.accept();
  t.loop->pause("control", "");
  CHECK(t.loop->state() == run_state::pausing);
  t.loop->resume("");
  CHECK(t.loop->state() == run_state::running);
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.out());
}

TEST_CASE("a resume while the pause is being committed leads back to running") {
  auto config = endless_stories();
  config.exit_on_failure_limit = GENERATE(false, true);
  loop_trial t(config);
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->grace_over(t.graces.back().second);
  REQUIRE(t.commits.size() == 1);
  t.loop->resume("");
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.out());
  CHECK_FALSE(t.outcome);
}

TEST_CASE("a resume while a manual checkpoint is being committed goes through a commit of its own") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->grace_over(t.graces.back().second);
  t.serve();
  t.loop->checkpoint_now();
  REQUIRE(t.commits.size() == 1);
  t.loop->resume("");
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.stored.head.state == "running");
  CHECK(t.out());
}

TEST_CASE("a stop while a resume is being committed still writes its checkpoint") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->grace_over(t.graces.back().second);
  t.serve();
  t.loop->resume("");
  REQUIRE(t.commits.size() == 1);
  t.loop->stop(stop_mode::graceful);
  CHECK_FALSE(t.outcome);
  t.serve();
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::stopped);
  CHECK(t.checkpoints.back().kind == checkpoint_kind::stop);
  CHECK(t.stored.head.state == "stopped");
}

TEST_CASE("both pauses must be lifted") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("pause_file", "");
  t.loop->pause("control", "");
  t.accept();
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"pause_file", "control"});
  SECTION("the file first") {
    t.loop->resume("pause_file");
    CHECK(pauses(t) == reasons{"control"});
    t.loop->resume("");
  }
  SECTION("the person first") {
    t.loop->resume("");
    CHECK(pauses(t) == reasons{"pause_file"});
    t.loop->resume("pause_file");
  }
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.ticket.seq == 2);
}

TEST_CASE("a pause during a back-off keeps the failure and forgets the wait") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->moved({t.ticket, "retry", 1}, 1);
  draft stalled;
  stalled.outcome = outcome_class::stall;
  const auto decision = std::make_shared<retry_decision>(t.decision(outcome_class::stall));
  t.loop->waiting({t.ticket, "waiting", decision->wait_ms, decision, stalled});
  t.loop->pause("control", "");
  CHECK(t.forgotten.size() == 1);
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  t.loop->decided({t.ticket, decision, stalled}); // was on its way already
  t.serve();
  t.loop->resume("");
  t.serve();
  CHECK(t.order->state.attempt == 2);
  CHECK(t.order->state.history.size() == 1);
}

TEST_CASE("a pause before the decision of a failed attempt is known") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->moved({t.ticket, "retry", 1}, 1);
  t.loop->pause("control", "");
  draft stalled;
  stalled.outcome = outcome_class::stall;
  const auto decision = std::make_shared<retry_decision>(t.decision(outcome_class::stall));
  t.loop->waiting({t.ticket, "waiting", decision->wait_ms, decision, stalled});
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  t.loop->resume("");
  t.serve();
  CHECK(t.order->state.attempt == 2);
}

TEST_CASE("stop while paused ends the run at once") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->grace_over(t.graces.back().second);
  t.serve();
  t.loop->stop(GENERATE(stop_mode::graceful, stop_mode::urgent, stop_mode::immediate));
  t.serve();
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::stopped);
}

TEST_CASE("the three ways to stop treat the call in flight differently") {
  loop_trial t;
  t.start();
  t.serve();
  SECTION("graceful: it may still become the segment") {
    t.loop->stop(stop_mode::graceful);
    CHECK(t.graces.empty());
    CHECK(t.loop->state() == run_state::stopping);
    t.accept();
    t.serve();
    CHECK(t.lines.size() == 1);
  }
  SECTION("graceful: its failure begins no new attempt") {
    t.loop->stop(stop_mode::graceful);
    t.fail();
    t.serve();
    CHECK(t.lines.empty());
    CHECK(t.generated == 1);
  }
  SECTION("urgent: it has the grace of a pause") {
    t.loop->stop(stop_mode::urgent);
    REQUIRE(t.graces.size() == 1);
    CHECK(t.cancelled.empty());
    t.loop->grace_over(t.graces[0].second);
    t.serve();
    CHECK(t.cancelled.size() == 1);
    CHECK(t.lines.empty());
  }
  SECTION("immediate: it is cancelled now") {
    t.loop->stop(stop_mode::immediate);
    CHECK(t.cancelled.size() == 1);
    t.serve();
    CHECK(t.lines.empty());
  }
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::stopped);
  CHECK(t.checkpoints.back().kind == checkpoint_kind::stop);
}

TEST_CASE("an attempt that a stop cut off is made again by the next process, under the same number") {
  loop_trial t;
  t.start();
  t.serve();
  t.fail(outcome_class::rejected);
  t.serve();
  REQUIRE(t.order->state.attempt == 2);
  t.loop->stop(stop_mode::immediate);
  t.serve();
  t.start();
  t.serve();
  CHECK(t.order->state.attempt == 2);
  CHECK(t.order->state.rejected == 1);
  CHECK(t.order->call == 3);
}

TEST_CASE("a commit that the disk refuses pauses the run and is tried again until it is taken") {
  loop_trial t;
  t.start();
  t.serve();
  t.accept();
  t.refuse_commit();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"disk_low"});
  REQUIRE(t.commit_waits.size() == 1);
  t.loop->commit_again(t.commit_waits[0].second);
  t.refuse_commit(error_code::io_failed);
  t.loop->commit_again(t.commit_waits[1].second);
  SECTION("it goes on by itself") {
    t.serve();
    CHECK(t.loop->state() == run_state::running);
    CHECK(pauses(t).empty());
  }
  SECTION("a person's resume in between changes nothing about it") {
    t.loop->resume("");
    t.serve();
    CHECK(t.loop->state() == run_state::running);
  }
  SECTION("the monitor's all-clear in between neither") {
    t.loop->resume("disk_low");
    t.serve();
    CHECK(t.loop->state() == run_state::running);
  }
  SECTION("a person's pause in between holds") {
    t.loop->pause("control", "");
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(pauses(t) == reasons{"control"});
    t.loop->resume("");
    t.serve();
  }
  CHECK(t.lines.size() == 1);
  CHECK(t.out());
  CHECK(t.ticket.seq == 2);
}

TEST_CASE("stop ends a run whose store takes nothing") {
  loop_trial t;
  t.start();
  t.serve();
  t.accept();
  t.refuse_commit();
  t.loop->stop(stop_mode::graceful);
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::stopped);
  t.start();
  t.serve();
  CHECK(t.ticket.seq == 1); // what was not committed is made again
}

TEST_CASE("a note that the disk refuses pauses the run until a commit is taken") {
  loop_trial t;
  t.start();
  t.serve();
  t.fail(outcome_class::rejected);
  REQUIRE(t.notes.size() == 1);
  const auto serial = std::get<2>(t.notes.front());
  t.notes.clear();
  t.loop->noted({serial, false, {error_code::disk_full, "cannot note", "no space", ""}});
  CHECK(pauses(t) == reasons{"disk_low"});
  REQUIRE(t.commits.size() == 1);
  t.refuse_commit();
  CHECK(t.loop->state() == run_state::paused);
  t.loop->commit_again(t.commit_waits.back().second);
  t.serve();
  CHECK(t.loop->state() == run_state::running);
  CHECK(t.order->state.attempt == 2);
  CHECK(t.order->call == 2);
}

TEST_CASE("a store that is damaged ends the run") {
  loop_trial t;
  t.start();
  t.serve();
  t.accept();
  t.refuse_commit(error_code::store_damaged);
  REQUIRE(t.outcome);
  CHECK(t.outcome->failed);
  CHECK(t.outcome->state == run_state::failed);
}

TEST_CASE("the death of the actor that holds the segment has it made again") {
  loop_trial t;
  t.start();
  t.serve();
  const auto first = t.ticket;
  SECTION("generator") { t.loop->replaced({"generator", 0, 2, false, ""}); }
  SECTION("validator") {
    t.to_validator();
    t.loop->replaced({"validator", 0, 2, false, ""});
  }
  SECTION("retry") {
    t.loop->moved({t.ticket, "retry", 1}, 1);
    t.loop->replaced({"retry", 0, 2, false, ""});
  }
  SECTION("a validator that was dead already when the draft was sent to it") {
    SECTION("and it is told so before") {
      t.loop->replaced({"validator", 0, 2, false, ""});
      t.loop->moved({t.ticket, "validator", 1}, 2);
    }
    SECTION("and it is told so after") {
      t.loop->moved({t.ticket, "validator", 1}, 2);
      CHECK(t.generated == 1);
      t.loop->replaced({"validator", 0, 2, false, ""});
    }
  }
  t.serve();
  CHECK(t.generated == 2);
  CHECK(t.order->state.attempt == 1);
  CHECK(t.order->state.actor_deaths == 1);
  CHECK(t.stored.open_attempt->actor_deaths == 1);
  t.loop->accepted({first, {}, {}});
  CHECK(t.loop->phase() == run_phase::generating);
}

TEST_CASE("the death of an actor that does not hold the segment changes nothing") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->replaced({"validator", 0, 2, false, ""});
  t.loop->replaced({"retry", 0, 2, false, ""});
  t.loop->moved({t.ticket, "validator", 2}, 2);
  t.loop->replaced({"validator", 0, 2, false, ""}); // told late: the draft went to this successor
  t.loop->replaced({"generator", 0, 2, false, ""});
  CHECK(t.generated == 1);
  CHECK(t.loop->phase() == run_phase::validating);
}

TEST_CASE("the third death over one segment skips it as one failure") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->replaced({"generator", 0, 2, false, ""});
  t.serve();
  SECTION("in one process") {
    t.loop->replaced({"generator", 0, 3, false, ""});
    t.serve();
  }
  SECTION("over a process restart, which does not count") {
    t.loop->replaced({"generator", 0, 3, false, ""});
    t.serve();
    t.start();
    t.serve();
  }
  SECTION("a revived scheduler counts its predecessor's death on top of the others") {
    t.start(true, {}, 1);
    t.serve();
    CHECK(t.order->state.actor_deaths == 2);
  }
  SECTION("a scheduler that dies before it makes its attempt counts too") {
    t.start(true, {}, 1);
    t.commit_one(); // the beginning is committed, the next scheduler begins
    t.start(false);
    t.serve();
    CHECK(t.order->state.actor_deaths == 2);
  }
  CHECK(t.lines.empty());
  t.loop->replaced({"generator", 0, 4, false, ""});
  t.serve();
  REQUIRE(t.lines.size() == 1);
  CHECK(t.record(0).skip_reason == "poison");
  CHECK(t.loop->facts()->consecutive_failures == 1);
  CHECK(t.loop->facts()->counters.skipped == 1);
  CHECK(t.ticket.seq == 2);
  CHECK(t.order->state.actor_deaths == 0);
}

TEST_CASE("a death over another run has the segment made again and is not counted against it") {
  loop_trial t;
  t.start();
  t.serve();
  const auto run = t.setup->config->run_id;
  for (std::uint64_t generation = 2; generation < 10; ++generation) {
    t.loop->replaced({"generator", 0, generation, false, "another"});
    t.serve();
  }
  t.loop->moved({t.ticket, "validator", 1}, 2);
  t.loop->replaced({"validator", 0, 2, false, "another"});
  t.serve();
  t.loop->replaced({"validator", 0, 3, false, "another"});
  t.loop->moved({t.ticket, "validator", 2}, 3);
  t.serve();
  CHECK(t.generated == 11);
  CHECK(t.order->plan->seq == 1);
  CHECK(t.order->state.attempt == 1);
  CHECK(t.order->state.actor_deaths == 0);
  t.loop->replaced({"generator", 0, 10, false, run});
  t.serve();
  t.loop->moved({t.ticket, "validator", 3}, 4);
  t.loop->replaced({"validator", 0, 4, false, run});
  t.serve();
  CHECK(t.order->state.actor_deaths == 2);
  t.loop->replaced({"generator", 0, 11, true, "another"});
  t.serve();
  CHECK(pauses(t) == reasons{"crash_loop"}); // contract 8.3: whose segment was held
  t.loop->resume("");
  t.serve();
  CHECK(t.order->state.actor_deaths == 2);
  t.accept();
  t.serve();
  CHECK(t.record(0).status == record_status::accepted);
}

TEST_CASE("deaths beyond the restart intensity pause the run whose segment was held") {
  loop_trial t;
  t.start();
  t.serve();
  SECTION("held") {
    t.loop->replaced({"generator", 0, 2, true, ""});
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(pauses(t) == reasons{"crash_loop"});
    t.loop->resume("");
    t.serve();
    CHECK(t.order->state.attempt == 1);
  }
  SECTION("not held") {
    t.loop->replaced({"validator", 0, 2, true, ""});
    CHECK(t.loop->state() == run_state::running);
  }
}

TEST_CASE("a committer's death repeats what waits for it") {
  loop_trial t;
  t.start();
  SECTION("a commit") {
    t.serve();
    t.accept();
    REQUIRE(t.commits.size() == 1);
    t.commits.clear();
    t.loop->replaced({"committer", 0, 2, false, ""});
    CHECK(t.commits.size() == 1);
  }
  SECTION("a note") {
    t.serve();
    t.fail(outcome_class::rejected);
    REQUIRE(t.notes.size() == 1);
    t.notes.clear();
    t.loop->replaced({"committer", 0, 2, false, ""});
    CHECK(t.notes.size() == 1);
  }
  t.serve();
  CHECK(t.out());
}

TEST_CASE("a monitor's death repeats what it did not acknowledge") {
  loop_trial t(broadcast(2), sample_pack());
  t.keep_unpublished = true;
  t.start();
  t.serve();
  t.accept();
  t.serve();
  t.loop->published(1, 1);
  t.accept();
  t.serve();
  REQUIRE(t.outcome);
  CHECK(t.published == std::vector<std::uint64_t>{1, 2});
  t.loop->replaced({"monitor", 0, 2, false, ""}); // also when everything is over
  CHECK(t.published == std::vector<std::uint64_t>{1, 2, 2});
  CHECK(t.finishes == 2);
}

TEST_CASE("a run waits when the monitor is too far behind") {
  loop_trial t;
  t.keep_unpublished = true;
  t.start();
  t.serve();
  for (int i = 0; i < 64; ++i, t.serve()) t.accept();
  CHECK(t.loop->phase() == run_phase::publishing);
  CHECK(t.loop->head().seq == 64);
  t.loop->published(10, 10);
  t.serve();
  CHECK(t.ticket.seq == 65);
  CHECK(t.out());
}

TEST_CASE("stored reasons hold after a restart, the others are looked at anew") {
  loop_trial t;
  t.start();
  t.serve();
  t.loop->pause("control", "");
  t.loop->pause("pause_file", "");
  t.accept();
  t.serve();
  t.start();
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"control"});
  CHECK(t.ticket.seq == 1); // nothing was begun
}

TEST_CASE("ten starts without a commit end in a pause") {
  loop_trial t;
  for (int i = 0; i < 10; ++i) {
    t.start();
    t.serve();
    REQUIRE(t.out());
  }
  t.start();
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"crash_loop"});
}

// Found by kill_test: a week whose segments were all there paused when its process was killed over and over in the report.
TEST_CASE("starts that end after the last segment do not pause the run: it is in no segment") {
  auto config = endless_stories();
  config.max_stories = 1;
  loop_trial t(config);
  t.start();
  t.serve();
  t.accept();
  t.commit_one(); // the story; the process is gone before the commit of the end
  for (int i = 0; i < 12; ++i) {
    t.start();
    t.commit_one(); // the begin
    REQUIRE_FALSE(t.commits.empty());
  }
  t.serve();
  CHECK(pauses(t) == reasons{});
  CHECK(t.loop->state() == run_state::completed);
}

TEST_CASE("no two schedulers of a run ever use the same ticket") {
  loop_trial t;
  t.start();
  t.serve();
  const auto before = t.ticket;
  t.start(true, {}, 1);
  t.serve();
  CHECK_FALSE(t.ticket == before);
}

TEST_CASE("busy answers spend nothing and end in a pause of their own") {
  loop_trial t;
  t.start();
  t.serve();
  for (int i = 0; i < 30 && t.out(); ++i, t.serve()) t.fail(outcome_class::busy, "HTTP 429", 60'000);
  CHECK(t.out());
  t.fail(outcome_class::busy, "HTTP 429", 60'000);
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  CHECK(pauses(t) == reasons{"backend_busy"});
  t.loop->resume("");
  t.serve();
  CHECK(t.order->state.attempt == 1);
  CHECK(t.lines.empty());
}

TEST_CASE("configuration and quota pause at once and leave the segment open") {
  const auto [outcome, reason] = GENERATE(table<outcome_class, std::string>(
    {{outcome_class::config, "backend_config"}, {outcome_class::quota, "quota"}}));
  loop_trial t;
  t.start();
  t.serve();
  t.fail(outcome);
  t.serve();
  CHECK(pauses(t) == reasons{reason});
  CHECK(t.lines.empty());
  t.loop->resume("");
  t.serve();
  CHECK(t.order->state.attempt == 1);
}

TEST_CASE("on-failure-limit exit ends the process instead of waiting for a person") {
  auto config = endless_stories();
  config.exit_on_failure_limit = true;
  loop_trial t(config);
  t.start();
  t.serve();
  for (int i = 0; i < 5; ++i, t.serve()) t.skip(outcome_class::rejected);
  REQUIRE(t.outcome);
  CHECK(t.outcome->state == run_state::paused);
  CHECK(t.outcome->reason == "consecutive_failures");
}

TEST_CASE("the interval between stories waits on the run's clock, and a pause stops it") {
  auto config = endless_stories();
  config.interval_seconds = 60;
  loop_trial t(config);
  t.start();
  t.serve();
  t.accept();
  t.serve();
  CHECK(t.loop->phase() == run_phase::interval);
  REQUIRE(t.intervals.size() == 1);
  CHECK(t.intervals[0].first == 60'000);
  t.clock->ms += 20'000;
  t.loop->pause("control", "");
  t.serve();
  CHECK(t.loop->state() == run_state::paused);
  t.clock->ms += 1'000'000;
  t.loop->interval_over(t.intervals[0].second); // the old timer means nothing now
  CHECK(t.generated == 1);
  t.loop->resume("");
  t.serve();
  REQUIRE(t.intervals.size() == 2);
  CHECK(t.intervals[1].first == 40'000);
  SECTION("it passes") {
    t.clock->ms += 40'000;
    t.loop->interval_over(t.intervals[1].second);
    t.serve();
    CHECK(t.generated == 2);
  }
  SECTION("a process that starts in its middle waits for the rest") {
    t.clock->ms += 15'000;
    t.loop->stop(stop_mode::graceful);
    t.serve();
    t.start();
    t.serve();
    REQUIRE(t.intervals.size() == 3);
    CHECK(t.intervals[2].first == 25'000);
  }
}

TEST_CASE("a long interval is stored in parts: a process that dies in it does not begin it again") {
  auto config = endless_stories();
  config.interval_seconds = 5'400;
  loop_trial t(config);
  t.start();
  t.serve();
  t.accept();
  t.serve();
  REQUIRE(t.intervals.size() == 1);
  CHECK(t.intervals[0].first == 300'000);
  for (std::size_t part = 0; part < 3; ++part) {
    t.clock->ms += 300'000;
    t.loop->interval_over(t.intervals[part].second);
    t.serve();
    REQUIRE(t.intervals.size() == part + 2);
    CHECK(t.loop->phase() == run_phase::interval);
  }
  CHECK(t.generated == 1);
  t.clock->ms += 200'000;
  t.start(); // without a stop: what was not stored yet waits once more
  t.serve();
  const auto killed_at = t.clock->ms;
  while (t.generated == 1 && t.intervals.size() < 100) {
    t.clock->ms += t.intervals.back().first;
    t.loop->interval_over(t.intervals.back().second);
    t.serve();
  }
  CHECK(t.clock->ms - killed_at == 5'400'000 - 900'000);
}

TEST_CASE("a story that was dropped stays dropped when the process dies") {
  auto config = broadcast(48);
  loop_trial t(config, sample_pack());
  t.start();
  t.serve();
  while (!t.order->plan->beat) {
    t.accept();
    t.serve();
    REQUIRE(t.ticket.seq < 40);
  }
  const violation weak{"story_incorporation", "story", severity::quality, "told too weakly", ""};
  for (int i = 0; i < 2; ++i) {
    t.to_validator();
    t.loop->moved({t.ticket, "retry", 1}, 1);
    draft answer;
    answer.outcome = outcome_class::rejected;
    const auto decision = std::make_shared<retry_decision>(
      decide_retry(t.order->state, {t.order->state.attempt, outcome_class::rejected, "", {weak}}, 3, true, 0, 0, 0, false));
    t.loop->decided({t.ticket, decision, answer});
    t.serve();
  }
  REQUIRE_FALSE(t.order->plan->beat);
  const auto planned = as_text(*t.order->plan);
  t.start();
  t.serve();
  CHECK(t.order->state.attempt == 3);
  CHECK(as_text(*t.order->plan) == planned);
}
