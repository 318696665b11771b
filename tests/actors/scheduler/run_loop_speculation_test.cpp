// The run's state machine where it speculates: a draft made while the judge reads, taken or thrown away.
#include "actors/scheduler/run_loop.hpp"
#include "messages/judge.hpp"
#include "tests/support/run_loop_trial.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace longwave;
using namespace longwave::test;

namespace {

run_config judged_broadcast(std::int64_t hours, bool speculate, const std::string& faults) {
  auto c = sample_config(5, hours);
  c.validation_enabled = true;
  c.validation_mode = "hybrid";
  c.backend = "openai";
  c.model = "trial";
  c.speculate = speculate;
  c.fault_plan = faults;
  return c;
}

/// A run with a judge, its first segment out.
struct judged_trial : loop_trial {
  explicit judged_trial(std::int64_t hours = 40, bool speculate = true, const std::string& faults = "")
    : loop_trial(judged_broadcast(hours, speculate, faults), sample_pack()) {
    auto changed = std::make_shared<run_setup>(*setup);
    changed->faults = std::make_shared<fault_plan>(fault_plan::parse(faults).value());
    changed->source = std::make_shared<silent>();
    setup = changed;
    start();
    serve();
  }

  /// Only asked how its servers stand.
  class silent final : public backend {
  public:
    std::shared_ptr<call_handle> start(const generation_call&, answer_function) override { return nullptr; }
    std::shared_ptr<call_handle> probe(answer_function) override { return nullptr; }
    backend_info info() const override { return {"openai", "trial", ""}; }
  };

  static draft text_of(std::uint64_t seq) {
    draft answer;
    answer.text = "Text of segment " + std::to_string(seq) + ".";
    answer.usage = token_usage{100, 20};
    answer.model = "trial";
    return answer;
  }
  static verdict good(std::uint64_t seq) {
    verdict v;
    v.variety.opening = "text of segment " + std::to_string(seq);
    return v;
  }
  std::uint64_t seq() const { return order->plan->seq; }

  /// The judge begins to read; where the run speculates, the call ahead is noted and made.
  void read() {
    to_validator();
    loop->judging({ticket, std::make_shared<const draft>(text_of(seq())), std::make_shared<const verdict>(good(seq()))});
    serve();
  }
  void pass() { loop->accepted({ticket, text_of(seq()), good(seq())}); }
  void refuse() {
    loop->moved({ticket, "retry", 1}, 1);
    auto answer = text_of(seq());
    answer.outcome = outcome_class::rejected;
    loop->decided({ticket, std::make_shared<retry_decision>(decision(outcome_class::rejected)), answer});
  }
  void answer_ahead() { loop->made_ahead({ahead_calls.back().first, text_of(ahead_calls.back().second->plan->seq)}); }
  nlohmann::json counters() const { return stored.state.at("counters"); }
};

/// The lines of a run whose judge refuses every fifth first draft.
std::vector<std::string> lines_of(judged_trial& t) {
  for (int i = 0; i < 400 && !t.outcome; ++i) {
    t.serve();
    if (!t.out()) continue;
    t.read();
    const bool early = t.seq() % 2 == 0; // the call ahead is answered while the judge reads, or later
    if (early && !t.ahead_calls.empty()) t.answer_ahead();
    t.seq() % 5 == 0 && t.order->state.attempt == 1 ? t.refuse() : t.pass();
    t.serve();
    if (!early && !t.ahead_calls.empty()) t.answer_ahead();
    t.serve();
  }
  REQUIRE(t.outcome);
  return t.lines;
}

} // namespace

TEST_CASE("speculation: the next draft is asked for while the judge reads, and taken when it passes") {
  judged_trial t;
  t.read();
  REQUIRE(t.ahead_calls.size() == 1);
  CHECK(t.ahead_calls[0].second->plan->seq == 2);
  CHECK(t.ahead_calls[0].second->call == 2);
  CHECK(t.generated == 1);
  SECTION("it was answered before") {
    t.answer_ahead();
    CHECK(t.handed_over.empty()); // not before its turn
    t.pass();
    CHECK(t.handed_over.empty()); // segment 1 is not on disk
    t.serve();
    REQUIRE(t.handed_over.size() == 1);
    CHECK(t.handed_over[0].text == "Text of segment 2.");
  }
  SECTION("it is answered after its turn came") {
    t.pass();
    t.serve();
    REQUIRE(t.taken_up.size() == 1);
    CHECK(t.handed_over.empty());
    t.answer_ahead();
    REQUIRE(t.handed_over.size() == 1);
  }
  CHECK(t.generated == 1); // no second call for segment 2
  CHECK(t.seq() == 2);
  CHECK(t.order->call == 2);
  CHECK_FALSE(t.order->ahead);
  t.read();
  t.pass();
  t.serve();
  CHECK(t.lines.size() == 2);
}

TEST_CASE("speculation: the records are those of a run that does not") {
  judged_trial ahead(20), plain(20, false);
  const auto a = lines_of(ahead), b = lines_of(plain);
  REQUIRE(a.size() == 20);
  CHECK(a == b);
  CHECK(ahead.ahead_calls.size() >= 19);
  CHECK(plain.ahead_calls.empty());
  CHECK(ahead.counters()["discarded_drafts"] == 3); // for 5, 10 and 15; after 20 nothing follows
  CHECK_FALSE(plain.counters().contains("discarded_drafts"));
  for (const auto* same : {"accepted", "attempts", "evaluated", "segments_retried"})
    CHECK(ahead.counters()[same] == plain.counters()[same]);
}

TEST_CASE("speculation: a draft that is thrown away is paid for, counted and shown") {
  judged_trial t;
  t.read();
  const auto before = t.cancelled.size();
  SECTION("answered") {
    t.answer_ahead();
    t.refuse();
    CHECK(t.cancelled.size() == before);
    t.serve();
    CHECK(t.generated == 2);
    CHECK(t.order->call == 2); // the number of the call that was thrown away
    t.read();
    t.pass();
    t.serve();
    CHECK(t.counters()["input_tokens"] == 300); // two attempts and the one in vain
    CHECK(t.counters()["output_tokens"] == 60);
    CHECK(t.counters()["attempts"] == 2);
  }
  SECTION("not answered") {
    t.refuse();
    REQUIRE(t.cancelled.size() == before + 1);
    CHECK(t.cancelled.back() == t.ahead_calls[0].first);
    t.loop->made_ahead({t.ahead_calls[0].first, judged_trial::text_of(2)}); // too late
    t.serve();
    t.read();
    t.pass();
    t.serve();
    CHECK(t.counters()["usage_missing"] == 1);
    CHECK(t.stored.state.at("usage")["models"]["trial"]["estimated_calls"] == 1);
    CHECK(t.handed_over.empty());
  }
  CHECK(t.counters()["discarded_drafts"] == 1);
  CHECK(t.told("draft_discarded"));
}

TEST_CASE("speculation: two segments in the making are noted before the call, and a death then is counted for neither") {
  judged_trial t;
  t.to_validator();
  t.loop->judging({t.ticket, std::make_shared<const draft>(judged_trial::text_of(1)), std::make_shared<const verdict>(judged_trial::good(1))});
  REQUIRE(t.notes.size() == 1);
  CHECK(t.ahead_calls.empty()); // the note first
  CHECK(std::get<0>(t.notes[0])->seq == 1);
  CHECK(std::get<0>(t.notes[0])->ahead == 2);
  t.serve();
  CHECK(t.ahead_calls.size() == 1);
  t.start(true, {}, 1); // a new scheduler: an actor died
  t.serve();
  REQUIRE(t.order);
  CHECK(t.seq() == 1);
  CHECK(t.order->state.actor_deaths == 0);
  t.read();
  CHECK(t.ahead_calls.size() == 1); // alone this time
  t.pass();
  t.serve();
  t.read();
  CHECK(t.ahead_calls.size() == 2); // segment 2 is not
}

TEST_CASE("speculation: a note that the store refuses makes no call") {
  judged_trial t;
  t.to_validator();
  t.loop->judging({t.ticket, std::make_shared<const draft>(judged_trial::text_of(1)), std::make_shared<const verdict>(judged_trial::good(1))});
  const auto serial = std::get<2>(t.notes.at(0));
  t.notes.clear();
  t.loop->noted({serial, false, {error_code::disk_full, "cannot write", "no space", ""}});
  CHECK(t.ahead_calls.empty());
  t.pass();
  t.serve();
  CHECK(t.generated == 2);
  CHECK(t.lines.size() == 1);
}

TEST_CASE("speculation: a pause throws away what is not begun, a stop too") {
  judged_trial t;
  t.read();
  SECTION("the call is out") {
    t.loop->pause("control", "");
    CHECK(t.cancelled.empty()); // segment 1 has its grace, and this with it
    t.pass();
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    REQUIRE(t.cancelled.size() == 1);
    CHECK(t.cancelled[0] == t.ahead_calls[0].first);
  }
  SECTION("the grace is over") {
    t.loop->pause("control", "");
    t.loop->grace_over(t.graces.at(0).second);
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.cancelled.size() == 2); // both calls
  }
  SECTION("its turn has come, and it is still out") {
    t.pass();
    t.serve();
    REQUIRE(t.taken_up.size() == 1);
    t.loop->stop(stop_mode::immediate);
    t.serve();
    REQUIRE(t.outcome);
    CHECK(std::count(t.cancelled.begin(), t.cancelled.end(), t.ahead_calls[0].first) == 1);
  }
  CHECK(t.counters()["discarded_drafts"] == 1);
}

TEST_CASE("speculation: a generator that dies takes the call along, and the segment is made in its turn") {
  judged_trial t;
  t.read();
  SECTION("while the judge reads") {
    t.loop->replaced({"generator", 0, 2, false});
    t.pass();
    t.serve();
    CHECK(t.order->state.actor_deaths == 0); // it was not begun
  }
  SECTION("in its turn") {
    t.pass();
    t.serve();
    t.loop->replaced({"generator", 0, 2, false});
    t.serve();
    CHECK(t.order->state.actor_deaths == 1);
  }
  CHECK(t.generated == 2);
  CHECK(t.seq() == 2);
}

TEST_CASE("speculation: the weather that is ordered in between holds") {
  judged_trial t;
  t.read();
  t.answer_ahead();
  weather_order order;
  order.type = "rad_storm";
  t.loop->order_weather(order);
  t.pass();
  t.serve();
  CHECK(t.handed_over.empty());
  CHECK(t.generated == 2);
  CHECK(t.order->plan->weather.type == "rad_storm");
}

TEST_CASE("speculation: what kills an actor or the process is met in its turn only") {
  const std::string fault = GENERATE("crash:generator", "crash:scheduler", "abort");
  judged_trial t(40, true, R"({"segment":2,"fault":")" + fault + "\"}\n");
  t.read();
  CHECK(t.ahead_calls.empty());
}

TEST_CASE("speculation: nothing is made beyond the end") {
  judged_trial t(1);
  t.read();
  CHECK(t.ahead_calls.empty());
}
