// The pool over scripted servers: places, fail-over, cool-downs, cancelling, bookkeeping.
#include "actors/generator/backends/pool.hpp"

#include "tests/support/backend_trial.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <utility>

using namespace longwave;
using namespace longwave::test;

namespace {

/// A server whose answers are given by hand.
class hand_server : public backend {
public:
  struct open_call {
    generation_call call;
    answer_function answer;
    bool cancelled = false;
  };
  struct handle : call_handle {
    explicit handle(std::shared_ptr<open_call> c) : call(std::move(c)) {}
    void cancel() override { call->cancelled = true; }
    std::shared_ptr<open_call> call;
  };

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    ++started;
    open.push_back(std::make_shared<open_call>(open_call{call, std::move(answer), false}));
    return std::make_shared<handle>(open.back());
  }
  std::shared_ptr<call_handle> probe(answer_function answer) override {
    answer(on_probe);
    return nullptr;
  }
  backend_info info() const override { return {"openai", "m", "http://hand"}; }

  void answer_next(draft d) {
    const auto call = open.front();
    open.pop_front();
    d.took_ms = 5;
    call->answer(std::move(d));
  }

  std::deque<std::shared_ptr<open_call>> open;
  int started = 0;
  draft on_probe;
};

draft with(outcome_class outcome, std::int64_t retry_after_ms = 0, const std::string& detail = "") {
  draft d;
  d.outcome = outcome;
  d.retry_after_ms = retry_after_ms;
  d.detail = detail;
  return d;
}

/// A pool of servers with its own clock; URLs are its own, so that no two tests share a gate.
struct trial_pool {
  explicit trial_pool(std::size_t size, int in_flight = 1, const std::string& fallback = "") {
    static int number = 0;
    const auto mine = std::to_string(++number);
    std::vector<pool_member> members;
    for (std::size_t i = 0; i < size; ++i) {
      servers.push_back(std::make_shared<hand_server>());
      endpoint_options options;
      options.url = "http://pool" + mine + "-" + std::to_string(i);
      options.model = "m";
      options.in_flight = in_flight;
      members.push_back({options, servers.back()});
    }
    pool = make_pool(std::move(members), fallback, [now = now_ms] { return *now; });
  }

  /// Starts a call of a run and notes its answer.
  std::shared_ptr<call_handle> call(const std::string& run, std::vector<draft>& into, bool virtual_clock = false) {
    auto wish = trial_call();
    wish.run_id = run;
    wish.virtual_clock = virtual_clock;
    return pool->start(wish, [&into](draft d) { into.push_back(std::move(d)); });
  }

  std::shared_ptr<std::int64_t> now_ms = std::make_shared<std::int64_t>(1'000);
  std::vector<std::shared_ptr<hand_server>> servers;
  std::unique_ptr<backend> pool;
};

} // namespace

TEST_CASE("pool: calls beyond the limit wait for a place in the order they came") {
  trial_pool t(1);
  std::vector<draft> a, b, c;
  t.call("a", a);
  t.call("b", b);
  t.call("c", c);
  CHECK(t.servers[0]->open.size() == 1);
  CHECK(t.pool->endpoints()[0].queued == 2);
  t.servers[0]->answer_next(with(outcome_class::ok));
  CHECK(a.size() == 1);
  REQUIRE(t.servers[0]->open.size() == 1);
  CHECK(t.servers[0]->open.front()->call.run_id == "b");
  t.servers[0]->answer_next(with(outcome_class::ok));
  t.servers[0]->answer_next(with(outcome_class::ok));
  CHECK(b.size() == 1);
  CHECK(c.size() == 1);
  CHECK(t.pool->endpoints()[0].in_flight == 0);
}

TEST_CASE("pool: a busy server hands its call to the next, and only when all are busy the caller waits") {
  trial_pool t(2);
  std::vector<draft> a;
  t.call("a", a);
  t.servers[0]->answer_next(with(outcome_class::busy, 9'000, "HTTP 429"));
  CHECK(a.empty());
  REQUIRE(t.servers[1]->open.size() == 1);
  t.servers[1]->answer_next(with(outcome_class::busy, 4'000, "HTTP 503"));
  REQUIRE(a.size() == 1);
  CHECK(a[0].outcome == outcome_class::busy);
  t.call("a", a); // no server is asked before its time
  REQUIRE(a.size() == 2);
  CHECK(a[1].outcome == outcome_class::busy);
  CHECK(a[1].retry_after_ms == 4'000);
  CHECK(t.servers[0]->started + t.servers[1]->started == 2);
  *t.now_ms += 4'000;
  t.call("a", a);
  CHECK(t.servers[1]->open.size() == 1);
  const auto shown = t.pool->endpoints();
  CHECK(shown[0].state == "waiting");
  CHECK(shown[0].reopens_in_ms == 5'000);
  CHECK(shown[1].state == "ok");
  t.servers[1]->answer_next(with(outcome_class::ok));
}

TEST_CASE("pool: one cool-down holds for all runs") {
  trial_pool t(1, 4);
  std::vector<draft> a, b;
  t.call("a", a);
  t.servers[0]->answer_next(with(outcome_class::busy, 7'000));
  t.call("b", b);
  REQUIRE(b.size() == 1);
  CHECK(b[0].outcome == outcome_class::busy);
  CHECK(b[0].retry_after_ms == 7'000);
  CHECK(t.servers[0]->started == 1);
}

TEST_CASE("pool: under a virtual clock no wait of real time holds a call back") {
  trial_pool t(1);
  std::vector<draft> a;
  t.call("a", a, true);
  t.servers[0]->answer_next(with(outcome_class::busy, 3'600'000));
  CHECK(a[0].retry_after_ms == 3'600'000);
  t.call("a", a, true);
  CHECK(t.servers[0]->open.size() == 1);
  t.servers[0]->answer_next(with(outcome_class::ok));
}

TEST_CASE("pool: a server that refuses connections or the model costs nothing while another answers") {
  trial_pool t(3);
  std::vector<draft> a;
  t.call("a", a);
  t.servers[0]->answer_next(with(outcome_class::transport, 0, "refused: cannot connect"));
  t.servers[1]->answer_next(with(outcome_class::config, 0, "HTTP 404"));
  t.servers[2]->answer_next(with(outcome_class::ok));
  REQUIRE(a.size() == 1);
  CHECK(a[0].outcome == outcome_class::ok);
  CHECK(a[0].took_ms == 15);
  std::vector<draft> b;
  t.call("b", b);
  CHECK(t.servers[2]->open.size() == 1); // the two are passed over now
  t.servers[2]->answer_next(with(outcome_class::ok));
  const auto shown = t.pool->endpoints();
  CHECK(shown[0].state == "down");
  CHECK(shown[1].state == "refuses");
  CHECK(shown[1].last_failure == "HTTP 404");
  CHECK(shown[2].calls == 2);
}

TEST_CASE("pool: of several failures the caller hears the one that waiting mends") {
  trial_pool t(2);
  std::vector<draft> a;
  t.call("a", a);
  t.servers[0]->answer_next(with(outcome_class::busy, 2'000));
  t.servers[1]->answer_next(with(outcome_class::config, 0, "HTTP 401"));
  REQUIRE(a.size() == 1);
  CHECK(a[0].outcome == outcome_class::busy);
}

TEST_CASE("pool: an answer that cost a model call is never asked again elsewhere in the same attempt") {
  for (auto outcome : {outcome_class::transport, outcome_class::stall, outcome_class::incomplete, outcome_class::empty,
                       outcome_class::loop, outcome_class::refused}) {
    trial_pool t(2);
    std::vector<draft> a;
    t.call("a", a);
    t.servers[0]->answer_next(with(outcome, 0, "reset"));
    REQUIRE(a.size() == 1);
    CHECK(a[0].outcome == outcome);
    CHECK(t.servers[1]->started == 0);
  }
}

TEST_CASE("pool: a prompt that is too long goes to the fallback model once") {
  trial_pool t(1, 1, "wide");
  std::vector<draft> a;
  t.call("a", a);
  auto too_long = with(outcome_class::config, 0, "HTTP 400");
  too_long.prompt_too_long = true;
  CHECK(t.servers[0]->open.front()->call.model.empty());
  t.servers[0]->answer_next(too_long);
  REQUIRE(t.servers[0]->open.size() == 1);
  CHECK(t.servers[0]->open.front()->call.model == "wide");
  t.servers[0]->answer_next(too_long);
  REQUIRE(a.size() == 1);
  CHECK(a[0].prompt_too_long);
  trial_pool none(1);
  std::vector<draft> b;
  none.call("b", b);
  none.servers[0]->answer_next(too_long);
  CHECK(b.size() == 1);
}

TEST_CASE("pool: the next call of a run waits until its cancelled one is closed") {
  trial_pool t(1, 4);
  std::vector<draft> a;
  const auto handle = t.call("a", a);
  handle->cancel();
  handle->cancel();
  CHECK(t.servers[0]->open.front()->cancelled);
  std::vector<draft> again, other;
  t.call("a", again);
  t.call("b", other);
  CHECK(t.servers[0]->started == 2); // the other run's, not this one's
  t.servers[0]->answer_next(with(outcome_class::interrupted));
  CHECK(a.size() == 1);
  CHECK(t.servers[0]->started == 3);
  while (!t.servers[0]->open.empty()) t.servers[0]->answer_next(with(outcome_class::ok));
  CHECK(again.size() == 1);
  CHECK(other.size() == 1);
}

TEST_CASE("pool: a call that waits for a place can be cancelled and is answered once") {
  trial_pool t(1);
  std::vector<draft> a, b;
  t.call("a", a);
  const auto waiting = t.call("b", b);
  waiting->cancel();
  REQUIRE(b.size() == 1);
  CHECK(b[0].outcome == outcome_class::interrupted);
  t.servers[0]->answer_next(with(outcome_class::ok));
  CHECK(b.size() == 1);
  CHECK(t.servers[0]->started == 1);
}

TEST_CASE("pool: a cancelled call does not move on to another server") {
  trial_pool t(2);
  std::vector<draft> a;
  const auto handle = t.call("a", a);
  handle->cancel();
  t.servers[0]->answer_next(with(outcome_class::busy, 1'000));
  REQUIRE(a.size() == 1);
  CHECK(t.servers[1]->started == 0);
}

TEST_CASE("pool: a probe is sound when one server is, and says what is wrong when none is") {
  trial_pool t(2);
  t.servers[0]->on_probe = with(outcome_class::transport, 0, "refused: nobody there");
  std::vector<draft> heard;
  t.pool->probe([&](draft d) { heard.push_back(std::move(d)); });
  CHECK(heard.back().outcome == outcome_class::ok);
  CHECK(t.pool->endpoints()[0].state == "down");
  t.servers[1]->on_probe = with(outcome_class::config, 0, "HTTP 404");
  t.pool->probe([&](draft d) { heard.push_back(std::move(d)); });
  CHECK(heard.back().detail == "refused: nobody there");
  CHECK(heard.size() == 2);
}
