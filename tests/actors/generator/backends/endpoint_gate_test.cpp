// Cool-downs, health, adaptive limits and the choice of a server: pure, with the time as an argument.
#include "actors/generator/backends/endpoint_gate.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

draft answered(outcome_class outcome, std::int64_t retry_after_ms = 0, const std::string& detail = "") {
  draft d;
  d.outcome = outcome;
  d.retry_after_ms = retry_after_ms;
  d.detail = detail;
  return d;
}

void one_call(endpoint_gate& gate, const draft& answer, std::int64_t now_ms) {
  gate.begin();
  gate.end(answer, now_ms, false);
}

gate_choice choose(const std::vector<endpoint_gate>& gates, std::int64_t now_ms, std::vector<bool> tried = {},
                   bool virtual_clock = false) {
  std::vector<const endpoint_gate*> list;
  for (const auto& gate : gates) list.push_back(&gate);
  tried.resize(gates.size(), false);
  return choose_endpoint(list, tried, now_ms, virtual_clock);
}

} // namespace

TEST_CASE("endpoint gate: of two cool-downs the longer one holds") {
  auto gate = make_gate("openai", 4);
  one_call(gate, answered(outcome_class::busy, 60'000), 1'000);
  CHECK(gate.reopens_at_ms == 61'000);
  one_call(gate, answered(outcome_class::busy, 2'000), 2'000);
  CHECK(gate.reopens_at_ms == 61'000);
  one_call(gate, answered(outcome_class::busy, 90'000), 3'000);
  CHECK(gate.reopens_at_ms == 93'000);
  CHECK(gate.state(92'999) == "waiting");
  CHECK(gate.state(93'000) == "ok");
}

TEST_CASE("endpoint gate: a busy answer without a wait doubles its own up to half a minute") {
  auto gate = make_gate("openai", 4);
  std::int64_t now = 0;
  for (const std::int64_t expected : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    one_call(gate, answered(outcome_class::busy), now);
    CHECK(gate.reopens_at_ms - now == expected);
    now = gate.reopens_at_ms;
  }
  one_call(gate, answered(outcome_class::ok), now);
  one_call(gate, answered(outcome_class::busy), now);
  CHECK(gate.reopens_at_ms - now == 1'000);
}

TEST_CASE("endpoint gate: the limit halves once for calls that were turned away together and grows by one a round") {
  auto gate = make_gate("openai", 8);
  for (int i = 0; i < 8; ++i) gate.begin();
  CHECK_FALSE(gate.has_place());
  for (int i = 0; i < 8; ++i) gate.end(answered(outcome_class::busy, 5'000), 100 + i, false);
  CHECK(gate.limit == 4);
  CHECK(gate.in_flight == 0);
  for (int i = 0; i < 5; ++i) one_call(gate, answered(outcome_class::ok), 10'000);
  CHECK(gate.limit == Approx(5).margin(0.2));
  for (int i = 0; i < 500; ++i) one_call(gate, answered(outcome_class::ok), 10'000);
  CHECK(gate.limit == 8);
  for (int i = 0; i < 10; ++i) one_call(gate, answered(outcome_class::stall), 20'000 + i);
  CHECK(gate.limit == 1);
  CHECK(gate.has_place());
}

TEST_CASE("endpoint gate: Ollama works on one call, others on sixteen, unless told") {
  CHECK(make_gate("ollama", 0).most == 1);
  CHECK(make_gate("openai", 0).most == 16);
  CHECK(make_gate("anthropic", 0).most == 16);
  CHECK(make_gate("ollama", 3).most == 3);
}

TEST_CASE("endpoint gate: an interrupted call changes nothing but the place") {
  auto gate = make_gate("openai", 2);
  one_call(gate, answered(outcome_class::transport), 0);
  const auto before = gate.avoided_until_ms;
  one_call(gate, answered(outcome_class::interrupted), 5);
  CHECK(gate.in_flight == 0);
  CHECK(gate.avoided_until_ms == before);
  CHECK(gate.failures == 1);
}

TEST_CASE("endpoint gate: the least loaded sound server is chosen, of equals the one with fewer calls") {
  std::vector<endpoint_gate> gates{make_gate("openai", 4), make_gate("openai", 4), make_gate("openai", 2)};
  CHECK(choose(gates, 0).at == 0u);
  gates[0].begin();
  CHECK(choose(gates, 0).at == 1u);
  gates[1].begin();
  CHECK(choose(gates, 0).at == 2u);
  gates[2].begin(); // half full, the others a quarter
  CHECK(choose(gates, 0).at == 0u);
  gates[0].end(answered(outcome_class::ok), 0, false);
  gates[1].end(answered(outcome_class::ok), 0, false);
  one_call(gates[0], answered(outcome_class::ok), 0);
  CHECK(choose(gates, 0).at == 1u);
}

TEST_CASE("endpoint gate: cooling and failed servers are passed over, and waited for when there is no other") {
  std::vector<endpoint_gate> gates{make_gate("openai", 1), make_gate("openai", 1)};
  one_call(gates[0], answered(outcome_class::busy, 10'000), 0);
  CHECK(choose(gates, 1).at == 1u);
  gates[1].begin();
  auto full = choose(gates, 1); // the sound one is occupied: waits for its place, not for the clock
  CHECK(full.full);
  CHECK_FALSE(full.at);
  gates[1].end(answered(outcome_class::busy, 4'000), 1, false);
  auto cooling = choose(gates, 1);
  CHECK_FALSE(cooling.at);
  CHECK_FALSE(cooling.full);
  CHECK(cooling.wait_ms == 4'000);
  CHECK(choose(gates, 4'001).at == 1u);
  CHECK(choose(gates, 1, {}, true).at); // a virtual clock passes waits at once
}

TEST_CASE("endpoint gate: when all are down the one whose avoidance ends first is asked all the same") {
  std::vector<endpoint_gate> gates{make_gate("openai", 1), make_gate("openai", 1)};
  one_call(gates[0], answered(outcome_class::transport), 0);
  CHECK(gates[0].state(0) == "down");
  CHECK(choose(gates, 1).at == 1u);
  one_call(gates[1], answered(outcome_class::config), 0);
  CHECK(gates[1].state(0) == "refuses");
  CHECK(choose(gates, 1).at == 0u);
  CHECK(choose(gates, 1, {true, false}).at == 1u);
  CHECK(choose(gates, 1, {true, true}).none);
  one_call(gates[0], answered(outcome_class::ok), 2'000);
  CHECK(gates[0].state(2'000) == "ok");
}

TEST_CASE("endpoint gate: another server is asked in the same attempt only when the first made no model call") {
  CHECK(may_go_elsewhere(answered(outcome_class::busy)));
  CHECK(may_go_elsewhere(answered(outcome_class::quota)));
  CHECK(may_go_elsewhere(answered(outcome_class::config)));
  CHECK(may_go_elsewhere(answered(outcome_class::transport, 0, "refused: cannot connect")));
  for (auto c : {outcome_class::ok, outcome_class::incomplete, outcome_class::empty, outcome_class::loop, outcome_class::refused,
                 outcome_class::stall, outcome_class::transport, outcome_class::interrupted})
    CHECK_FALSE(may_go_elsewhere(answered(c)));
  auto long_prompt = answered(outcome_class::config);
  long_prompt.prompt_too_long = true;
  CHECK_FALSE(may_go_elsewhere(long_prompt));
}
