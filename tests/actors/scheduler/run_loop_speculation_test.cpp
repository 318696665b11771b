// The run's state machine where it makes drafts before their turn: while the judge reads, or a batch of them before it does;
// taken or thrown away.
#include "actors/scheduler/run_loop.hpp"
#include "actors/validator/judge_batch.hpp"
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
    : judged_trial(judged_broadcast(hours, speculate, faults)) {}
  explicit judged_trial(run_config config) : loop_trial(std::move(config), sample_pack()) {
    auto changed = std::make_shared<run_setup>(*setup);
    changed->faults = std::make_shared<fault_plan>(fault_plan::parse(setup->config->fault_plan).value());
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
    answer.text = "Here is the text of segment " + std::to_string(seq) + ", and good evening to all of you out there.";
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

run_config in_batches(const std::string& batch, const std::string& faults = "", std::int64_t hours = 40) {
  auto c = judged_broadcast(hours, false, faults);
  c.judge_batch = batch;
  c.validation_mode = "llm"; // the texts of these tests tell no story
  return c;
}

/// A run whose judge reads in batches.
struct batch_trial : judged_trial {
  explicit batch_trial(const std::string& batch, const std::string& faults = "") : judged_trial(in_batches(batch, faults)) {}
  explicit batch_trial(run_config config) : judged_trial(std::move(config)) {}

  /// What the rules really find: the plan after next follows from it.
  verdict found() const { return first_reading(*order, text_of(seq())); }
  void begin_to_read() {
    to_validator();
    loop->judging({ticket, std::make_shared<const draft>(text_of(seq())), std::make_shared<const verdict>(found())});
  }
  void read() {
    begin_to_read();
    serve();
  }
  void pass() { loop->accepted({ticket, text_of(seq()), found()}); }

  /// Answers what is asked for before its turn, until the judge may read.
  void write_all() {
    for (std::size_t answered = 0; answered < ahead_calls.size();) {
      if (!judged.empty() && judged.back() == ticket) return;
      answered = ahead_calls.size();
      answer_ahead();
      serve();
    }
  }
  bool may_read() const { return !judged.empty() && judged.back() == ticket; }
  void end_segment() {
    pass();
    serve();
  }
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
    CHECK(t.handed_over[0].text == judged_trial::text_of(2).text);
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
    t.loop->replaced({"generator", 0, 2, false, ""});
    t.pass();
    t.serve();
    CHECK(t.order->state.actor_deaths == 0); // it was not begun
  }
  SECTION("in its turn") {
    t.pass();
    t.serve();
    t.loop->replaced({"generator", 0, 2, false, ""});
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

TEST_CASE("judge batch: the drafts of a batch are made first, each on the ones before, then the judge reads them in a row") {
  batch_trial t("3");
  t.read();
  CHECK_FALSE(t.may_read());
  REQUIRE(t.facts);
  CHECK(t.facts->drafts_waiting == 1); // nothing is committed for the time of a batch: this is all there is to show
  CHECK(t.facts->drafts_in_batch == 3u);
  REQUIRE(t.ahead_calls.size() == 1);
  CHECK(t.stored.open_attempt->ahead == 2);
  t.answer_ahead();
  t.serve();
  CHECK_FALSE(t.may_read());
  REQUIRE(t.ahead_calls.size() == 2);
  CHECK(t.ahead_calls[1].second->plan->seq == 3);
  CHECK(t.ahead_calls[1].second->call == 3);
  CHECK(t.ahead_calls[1].second->window->texts.size() == 2); // it was planned on the two before
  CHECK(t.stored.open_attempt->ahead == 3);
  CHECK(t.facts->drafts_waiting == 2);
  t.answer_ahead();
  CHECK(t.may_read());
  CHECK(t.loop->facts()->drafts_waiting == 3);
  CHECK_FALSE(t.loop->facts()->drafts_in_batch); // it is made, and read from here on
  t.serve();
  CHECK(t.stored.open_attempt->seq == 1);
  CHECK(t.stored.open_attempt->ahead == 0); // whoever dies now dies of segment 1
  CHECK(t.handed_over.empty());
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    CHECK(t.seq() == seq);
    CHECK((t.order->found != nullptr) == (seq == 2)); // read by the rules when the third was planned: not read again
    if (seq > 1) t.read();
    CHECK(t.may_read());
    CHECK(t.loop->facts()->drafts_waiting == 4 - seq);
    CHECK(t.judged.size() == seq);
    t.end_segment();
    CHECK(t.handed_over.size() == std::min<std::size_t>(seq, 2));
  }
  CHECK(t.ahead_calls.size() == 2);
  CHECK(t.generated == 2); // segments 1 and 4
  CHECK(t.seq() == 4);
  t.read();
  CHECK_FALSE(t.may_read()); // the next batch
  CHECK(t.ahead_calls.size() == 3);
  CHECK(t.lines.size() == 3);
}

TEST_CASE("judge batch: a refusal throws away what follows; the writer is asked, and gathers again, before the judge is") {
  batch_trial t("4");
  t.read();
  t.write_all();
  t.end_segment();
  t.read();
  REQUIRE(t.may_read());
  t.refuse();
  t.serve();
  CHECK(t.generated == 2);
  CHECK(t.seq() == 2);
  CHECK(t.order->state.attempt == 2);
  CHECK(t.order->call == 3);
  t.read();
  CHECK_FALSE(t.may_read());
  CHECK(t.ahead_calls.back().second->plan->seq == 3);
  CHECK(t.ahead_calls.back().second->call == 4);
  t.write_all();
  REQUIRE(t.may_read());
  CHECK(t.ahead_calls.back().second->plan->seq == 5);
  t.end_segment();
  CHECK(t.counters()["discarded_drafts"] == 2); // of segments 3 and 4
  CHECK(t.counters()["input_tokens"] == 500);   // segment 1, twice segment 2, and the two in vain
}

TEST_CASE("judge batch: the records are those of a run without") {
  auto config = in_batches("hour", "", 6);
  config.segments_per_hour = 5;
  auto plain_config = config;
  plain_config.judge_batch = "off";
  const auto play = [](batch_trial& t) {
    for (int i = 0; i < 400 && !t.outcome; ++i) {
      t.serve();
      if (!t.out()) continue;
      t.read();
      t.write_all();
      t.seq() % 5 == 3 && t.order->state.attempt == 1 ? t.refuse() : t.pass();
    }
    REQUIRE(t.outcome);
    return t.lines;
  };
  batch_trial batch(config), plain(plain_config);
  const auto a = play(batch), b = play(plain);
  REQUIRE(a.size() == 30);
  CHECK(a == b);
  CHECK(plain.ahead_calls.empty());
  CHECK(batch.counters()["discarded_drafts"] == 12); // two an hour
  CHECK(batch.generated == 12);                      // an hour's first, and the refused one again
  for (const auto* same : {"accepted", "attempts", "evaluated", "segments_retried"}) CHECK(batch.counters()[same] == plain.counters()[same]);
}

TEST_CASE("judge batch: what cannot be gathered ends the batch, and the judge reads") {
  SECTION("a fault that kills somebody") {
    batch_trial t("4", R"({"segment":3,"fault":"crash:validator"})"
                       "\n");
    t.read();
    t.write_all();
    CHECK(t.may_read());
    CHECK(t.ahead_calls.size() == 1);
  }
  SECTION("a call that failed") {
    batch_trial t("4");
    t.read();
    auto failed = judged_trial::text_of(2);
    failed.outcome = outcome_class::stall;
    t.loop->made_ahead({t.ahead_calls.back().first, failed});
    CHECK(t.may_read());
    t.serve();
    CHECK(t.ahead_calls.size() == 1);
    t.end_segment();
    REQUIRE(t.handed_over.size() == 1); // in its turn it is an attempt that failed
    CHECK(t.handed_over[0].outcome == outcome_class::stall);
  }
  SECTION("a draft that the rules do not take") {
    batch_trial t("4");
    t.read();
    auto empty = judged_trial::text_of(2);
    empty.text.clear();
    t.loop->made_ahead({t.ahead_calls.back().first, empty});
    CHECK(t.may_read());
    t.serve();
    CHECK(t.ahead_calls.size() == 1);
  }
  SECTION("a note that the store refuses") {
    batch_trial t("4");
    t.begin_to_read();
    const auto serial = std::get<2>(t.notes.at(0));
    t.notes.clear();
    t.loop->noted({serial, false, {error_code::disk_full, "cannot write", "no space", ""}});
    CHECK(t.may_read());
    CHECK(t.ahead_calls.empty());
    t.end_segment();
    CHECK(t.lines.size() == 1);
  }
  SECTION("a committer that dies with the note") {
    batch_trial t("4");
    t.begin_to_read();
    t.loop->replaced({"committer", 0, 2, false, ""});
    CHECK(t.may_read());
    t.serve();
    CHECK(t.ahead_calls.empty()); // a late answer changes nothing
  }
  SECTION("a generator that dies keeps what is made") {
    batch_trial t("4");
    t.read();
    t.answer_ahead();
    t.serve();
    REQUIRE(t.ahead_calls.size() == 2);
    t.loop->replaced({"generator", 0, 2, false, ""});
    CHECK(t.may_read());
    t.end_segment();
    CHECK(t.handed_over.size() == 1);
    CHECK(t.counters()["discarded_drafts"] == 1);
  }
  SECTION("a budget that the drafts use up") {
    auto config = in_batches("20");
    config.budget_tokens = 400; // of 120 each
    batch_trial t(config);
    t.read();
    t.write_all();
    CHECK(t.may_read());
    CHECK(t.ahead_calls.size() == 3);
  }
  SECTION("the end of the run") {
    batch_trial t(in_batches("20", "", 3));
    t.read();
    t.write_all();
    CHECK(t.may_read());
    CHECK(t.ahead_calls.size() == 2);
  }
}

TEST_CASE("judge batch: who halts the run waits for no draft but the open one") {
  batch_trial t("4");
  t.read();
  t.answer_ahead();
  t.serve();
  REQUIRE(t.ahead_calls.size() == 2);
  SECTION("a pause") {
    t.loop->pause("control", "");
    CHECK(t.may_read());
    REQUIRE(t.cancelled.size() == 1);
    CHECK(t.cancelled[0] == t.ahead_calls[1].first);
    t.end_segment();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.counters()["discarded_drafts"] == 2);
    t.loop->resume("");
    t.serve();
    CHECK(t.seq() == 2);
    CHECK(t.generated == 2);
  }
  SECTION("a pause whose grace is over") {
    t.loop->pause("control", "");
    t.loop->grace_over(t.graces.at(0).second);
    t.serve();
    CHECK(t.loop->state() == run_state::paused);
    CHECK(t.lines.empty());
    t.loop->resume("");
    t.serve();
    t.read();
    CHECK_FALSE(t.may_read()); // gathers again
  }
  SECTION("a stop") {
    t.loop->stop(stop_mode::graceful);
    CHECK(t.may_read());
    t.end_segment();
    REQUIRE(t.outcome);
    CHECK(t.lines.size() == 1);
  }
  SECTION("a stop at once") {
    t.loop->stop(stop_mode::immediate);
    t.serve();
    REQUIRE(t.outcome);
    CHECK(t.lines.empty());
  }
}

TEST_CASE("judge batch: after a death with several in the making each goes on alone, until it is known whose fault it was") {
  batch_trial t("4");
  t.read();
  t.answer_ahead();
  t.serve();
  REQUIRE(t.ahead_calls.size() == 2); // segment 3 is being made
  t.start(true, {}, 1);
  t.serve();
  const auto before = t.judged.size();
  for (std::uint64_t seq = 1; seq <= 2; ++seq) {
    CHECK(t.seq() == seq);
    CHECK(t.order->state.actor_deaths == 0);
    t.read();
    CHECK(t.may_read());
    t.end_segment();
  }
  CHECK(t.judged.size() == before + 2);
  CHECK(t.ahead_calls.size() == 2);
  CHECK(t.seq() == 3);
  t.start(true, {}, 1); // it is segment 3, whose note names no other
  t.serve();
  CHECK(t.order->state.actor_deaths == 1);
}

TEST_CASE("judge batch: weather that is ordered in between throws the whole batch away") {
  batch_trial t("4");
  t.read();
  t.write_all();
  weather_order order;
  order.type = "rad_storm";
  t.loop->order_weather(order);
  t.end_segment();
  CHECK(t.handed_over.empty());
  CHECK(t.order->plan->weather.type == "rad_storm");
  t.read();
  t.write_all();
  t.end_segment();
  CHECK(t.counters()["discarded_drafts"] == 3);
}
