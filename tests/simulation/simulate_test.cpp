// The simulation itself: the same seed is the same run, and a broken promise is seen. The thousand runs are longwave-simulate's.
#include "tests/support/simulated_run.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

using namespace longwave;
using namespace longwave::test;

TEST_CASE("simulation: the same seed gives the same events in the same order") {
  const std::uint64_t seed = GENERATE(41, 96);
  twin_shelf twins;
  const auto first = simulate(seed, twins);
  std::vector<std::string> trace;
  const auto again = simulate(seed, twins, [&](const std::string& line) { trace.push_back(line); });
  CHECK(first.wrong == std::vector<std::string>{});
  CHECK(again.summary() == first.summary());
  CHECK(again.event_hash == first.event_hash);
  CHECK(trace.size() > again.steps / 2);
  const auto other = simulate(seed + 1, twins);
  CHECK(other.event_hash != first.event_hash);
}

TEST_CASE("simulation: a line that changes in segments.jsonl is seen by the audit") {
  simulation s({7, true, simulated_broadcast(7, 16), 2, 2});
  s.start();
  REQUIRE(s.until_end());
  s.crash();
  const auto log = s.folder() / "out" / "segments.jsonl";
  std::ifstream in(log, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text[text.find("lantern") == std::string::npos ? text.size() / 2 : text.find("lantern")] ^= 1;
  std::ofstream(log, std::ios::binary) << text;
  CHECK(s.audit() != std::vector<std::string>{});
}

TEST_CASE("simulation: a process that dies of itself three times over a segment has it skipped") {
  simulation s({8, true, simulated_broadcast(8, 16), 2, 2});
  s.model->script = [](const generation_call& call) { return scripted_answer{sound_draft(call), 1'000}; };
  s.start();
  for (int deaths = 0; deaths < 3; ++deaths) {
    REQUIRE(s.until([&] { return s.committed() == 4 && s.model->open_calls() == 1; }));
    s.die();
    s.start();
  }
  REQUIRE(s.until_end());
  CHECK(s.records()[4].skip_reason == "poison");
  CHECK(s.records()[5].status == record_status::accepted);
  CHECK(s.audit() == std::vector<std::string>{});
}

namespace {

/// Simulated milliseconds of 48 segments whose writer and judge take 200 ms each.
std::int64_t judged_run_ms(bool speculate, std::string* output) {
  auto config = simulated_broadcast(9, 48);
  config.validation_mode = "hybrid";
  config.speculate = speculate;
  simulation s({9, false, config, 1, 1});
  const auto slow = [](answer_script script) {
    return [script = std::move(script)](const generation_call& call) {
      auto scripted = script(call);
      scripted.delay_ms = 200;
      return scripted;
    };
  };
  s.model->script = slow(s.model->script);
  s.judge->script = slow(s.judge->script);
  s.start();
  REQUIRE(s.until_end());
  *output = canonical_output(s.records());
  CHECK(s.broken() == std::vector<std::string>{});
  return s.now_ms();
}

} // namespace

TEST_CASE("simulation: with a judge as slow as the writer, a run that speculates takes little more than half the time") {
  std::string with, without;
  const auto plain = judged_run_ms(false, &without), ahead = judged_run_ms(true, &with);
  INFO(plain << " ms, speculating " << ahead << " ms");
  CHECK(with == without);
  CHECK(ahead * 100 < plain * 60);
  CHECK(ahead * 2 >= plain - 400); // it cannot be more than twice as fast
}

TEST_CASE("simulation: with batches nobody writes while the judge has drafts to read, and the bytes are the same") {
  const auto play = [](const std::string& batch, std::string* calls) {
    auto config = simulated_broadcast(9, 24);
    config.validation_mode = "hybrid";
    config.judge_batch = batch;
    simulation s({9, false, config, 1, 1});
    const auto written = [calls](char who, answer_script script) {
      return [=, script = std::move(script)](const generation_call& call) {
        *calls += who;
        return script(call);
      };
    };
    s.model->script = written('w', s.model->script);
    s.judge->script = written('j', s.judge->script);
    s.start();
    REQUIRE(s.until_end());
    CHECK(s.broken() == std::vector<std::string>{});
    return canonical_output(s.records());
  };
  std::string one_by_one, in_sixes;
  const auto plain = play("off", &one_by_one), batch = play("6", &in_sixes);
  INFO(in_sixes);
  CHECK(batch == plain);
  CHECK(one_by_one.rfind("wjwjwjwj", 0) == 0);
  CHECK(in_sixes.rfind("wwwwwwj", 0) == 0);
  CHECK(std::count(in_sixes.begin(), in_sixes.end(), 'j') == std::count(one_by_one.begin(), one_by_one.end(), 'j'));
  const auto turns = [](const std::string& calls) {
    std::size_t count = 1;
    for (std::size_t i = 1; i < calls.size(); ++i) count += calls[i] != calls[i - 1];
    return count;
  };
  CHECK(turns(in_sixes) * 3 < turns(one_by_one));
}
