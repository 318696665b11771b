// Fault plans: reading, matching, and the answers they play.
#include "actors/generator/backends/fault_plan.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace longwave;

namespace {

fault_plan plan_of(const std::string& text) {
  auto plan = fault_plan::parse(text);
  if (!plan) FAIL(to_string(plan.error()));
  return plan.value();
}

std::string kind_at(const fault_plan& plan, std::uint64_t segment, int attempt = 1, std::uint64_t call = 1,
                    std::uint64_t seed = 7) {
  const auto fault = plan.find(segment, attempt, call, seed);
  return fault ? fault->kind : "-";
}

draft sound(std::string text) {
  draft answer;
  answer.text = std::move(text);
  answer.usage = token_usage{10, 20};
  return answer;
}

} // namespace

TEST_CASE("fault_plan: the first match wins and a missing key matches all") {
  const auto plan = plan_of(R"({"segment":3,"attempt":1,"fault":"timeout"}

{"segment":3,"attempt":"2-3","fault":"refuse"}
{"segment":"5-9","fault":"http500"}
{"call":42,"fault":"reset"}
{"segment":"*","attempt":9,"fault":"empty"}
{"segment":"12","fault":"garbage"}
)");
  CHECK_FALSE(plan.empty());
  CHECK(kind_at(plan, 3, 1) == "timeout");
  CHECK(kind_at(plan, 3, 2) == "refuse");
  CHECK(kind_at(plan, 3, 3) == "refuse");
  CHECK(kind_at(plan, 3, 4) == "-");
  CHECK(kind_at(plan, 4) == "-");
  CHECK(kind_at(plan, 5) == "http500");
  CHECK(kind_at(plan, 9, 9) == "http500");
  CHECK(kind_at(plan, 10) == "-");
  CHECK(kind_at(plan, 10, 1, 42) == "reset");
  CHECK(kind_at(plan, 10, 9) == "empty");
  CHECK(kind_at(plan, 12) == "garbage");
  CHECK(plan_of("").empty());
  CHECK(plan_of("\n \n").empty());
  CHECK(kind_at(plan_of("\xef\xbb\xbf{\"fault\":\"abort\"}\r\n"), 1) == "abort");
}

TEST_CASE("fault_plan: every fault is read with its values") {
  for (const char* kind : {"timeout", "refuse", "reset", "http500", "http429", "http503", "empty", "garbage", "truncated",
                           "slow", "bad", "nousage", "badusage", "abort"}) {
    CHECK(kind_at(plan_of(std::string(R"({"fault":")") + kind + "\"}"), 1) == kind);
  }
  for (const char* actor : {"generator", "validator", "retry", "scheduler", "committer", "monitor"}) {
    const auto fault = plan_of(std::string(R"({"fault":"crash:)") + actor + "\"}").find(1, 1, 1, 1);
    REQUIRE(fault);
    CHECK(fault->kind == "crash");
    CHECK(fault->actor == actor);
  }
  CHECK(plan_of(R"({"fault":"slow","ms":250})").find(1, 1, 1, 1)->ms == 250);
  CHECK(plan_of(R"({"fault":"slow"})").find(1, 1, 1, 1)->ms == 1000);
  CHECK(plan_of(R"({"fault":"http429","retry_after":2})").find(1, 1, 1, 1)->retry_after_ms == 2000);
  CHECK(plan_of(R"({"fault":"http429","retry_after":0.5})").find(1, 1, 1, 1)->retry_after_ms == 500);
  CHECK(plan_of(R"({"fault":"bad","text":"In 2290..."})").find(1, 1, 1, 1)->text == "In 2290...");
  CHECK(plan_of(R"({"fault":"bad","text":""})").find(1, 1, 1, 1)->text.empty());
  CHECK_FALSE(plan_of(R"({"fault":"bad"})").find(1, 1, 1, 1)->text.empty());
}

TEST_CASE("fault_plan: what is not understood is refused with line and field") {
  struct row { const char* line; const char* part; };
  const row rows[] = {
    {"nonsense", "no valid JSON"},
    {"[1]", "must be a JSON object"},
    {"{}", "\"fault\" is missing"},
    {R"({"fault":"explode"})", "\"fault\" is unknown: \"explode\""},
    {R"({"fault":7})", "\"fault\" must be a string"},
    {R"({"fault":"crash"})", "needs an actor"},
    {R"({"fault":"crash:cat"})", "names no actor"},
    {R"({"fault":"empty","segmnet":3})", "\"segmnet\" is an unknown key"},
    {R"({"fault":"empty","segment":0})", "\"segment\" counts from 1"},
    {R"({"fault":"empty","segment":-1})", "\"segment\" must be"},
    {R"({"fault":"empty","segment":1.5})", "\"segment\" must be"},
    {R"({"fault":"empty","segment":"9-5"})", "ends before it begins"},
    {R"({"fault":"empty","segment":"a-b"})", "\"segment\" must be"},
    {R"({"fault":"empty","segment":"5-"})", "\"segment\" must be"},
    {R"({"fault":"empty","segment":null})", "\"segment\" must be"},
    {R"({"fault":"empty","attempt":true})", "\"attempt\" must be"},
    {R"({"fault":"empty","call":[]})", "\"call\" must be"},
    {R"({"fault":"empty","probability":1.1})", "\"probability\" must be"},
    {R"({"fault":"empty","probability":"often"})", "\"probability\" must be"},
    {R"({"fault":"slow","ms":-1})", "\"ms\" must be"},
    {R"({"fault":"slow","ms":"long"})", "\"ms\" must be"},
    {R"({"fault":"slow","ms":1e300})", "\"ms\" must be"},
    {R"({"fault":"http429","retry_after":"2"})", "\"retry_after\" must be"},
    {R"({"fault":"bad","text":5})", "\"text\" must be a string"},
  };
  for (const auto& r : rows) {
    INFO(r.line);
    const auto plan = fault_plan::parse("{\"fault\":\"empty\"}\n\n" + std::string(r.line) + "\n");
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == error_code::bad_fault_plan);
    INFO(to_string(plan.error()));
    CHECK(plan.error().why.find("line 3: ") == 0);
    CHECK(plan.error().why.find(r.part) != std::string::npos);
  }
}

TEST_CASE("fault_plan: probability depends on seed and place only") {
  const auto plan = plan_of(R"({"fault":"empty","probability":0.25})");
  int hits = 0;
  for (std::uint64_t segment = 1; segment <= 4000; ++segment) {
    const bool hit = kind_at(plan, segment) == "empty";
    CHECK(hit == (kind_at(plan, segment) == "empty"));
    hits += hit;
  }
  CHECK(hits > 850);
  CHECK(hits < 1150);
  std::set<std::string> of_seeds;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    std::string pattern;
    for (int attempt = 1; attempt <= 64; ++attempt) pattern += kind_at(plan, 1, attempt, 1, seed)[0];
    of_seeds.insert(pattern);
  }
  CHECK(of_seeds.size() == 3);
  std::string of_calls;
  for (std::uint64_t call = 1; call <= 64; ++call) of_calls += kind_at(plan, 1, 1, call)[0];
  CHECK(of_calls.find('e') != std::string::npos);
  CHECK(of_calls.find('-') != std::string::npos);
  CHECK(kind_at(plan_of(R"({"fault":"empty","probability":0})"), 1) == "-");
  CHECK(kind_at(plan_of(R"({"fault":"empty","probability":1})"), 1) == "empty");
  // Two rules draw apart from each other: the second still finds calls that the first let pass.
  const auto two = plan_of("{\"fault\":\"empty\",\"probability\":0.25}\n{\"fault\":\"reset\",\"probability\":0.25}\n");
  int second = 0;
  for (std::uint64_t segment = 1; segment <= 1000; ++segment) second += kind_at(two, segment) == "reset";
  CHECK(second > 120);
}

TEST_CASE("fault_plan: answers given without a call") {
  const auto answer = [](const std::string& kind) {
    planned_fault fault;
    fault.kind = kind;
    fault.retry_after_ms = 4000;
    fault.text = "bad words";
    return answer_instead(fault, 9000);
  };
  CHECK(answer("timeout")->outcome == outcome_class::stall);
  CHECK(answer("timeout")->took_ms == 9000);
  CHECK(answer("refuse")->outcome == outcome_class::transport);
  CHECK(answer("refuse")->detail.find("refused:") == 0);
  CHECK(answer("reset")->outcome == outcome_class::transport);
  CHECK(answer("reset")->detail.find("refused:") != 0);
  CHECK(answer("http500")->outcome == outcome_class::transport);
  CHECK(answer("http503")->outcome == outcome_class::busy);
  CHECK(answer("http429")->outcome == outcome_class::busy);
  CHECK(answer("http429")->retry_after_ms == 4000);
  CHECK(answer("empty")->outcome == outcome_class::empty);
  CHECK(answer("garbage")->outcome == outcome_class::empty);
  CHECK(answer("bad")->outcome == outcome_class::ok);
  CHECK(answer("bad")->text == "bad words");
  CHECK(answer("http500")->took_ms == 0);
  for (const char* kind : {"slow", "truncated", "nousage", "badusage", "crash", "abort"}) CHECK_FALSE(answer(kind));
}

TEST_CASE("fault_plan: spoiled answers") {
  const auto spoiled = [](const std::string& kind, draft answer) {
    planned_fault fault;
    fault.kind = kind;
    return spoil(fault, std::move(answer));
  };
  const draft cut = spoiled("truncated", sound("one two three four"));
  CHECK(cut.outcome == outcome_class::incomplete);
  CHECK(cut.text == "one two t");
  CHECK(spoiled("truncated", sound("\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80")).text == "\xea\xb0\x80");
  CHECK(spoiled("truncated", sound("")).text.empty());
  CHECK_FALSE(spoiled("nousage", sound("x")).usage);
  CHECK(spoiled("nousage", sound("x")).outcome == outcome_class::ok);
  CHECK_FALSE(spoiled("badusage", sound("x")).usage);
  CHECK(spoiled("badusage", sound("x")).detail == "usage malformed");
  CHECK(spoiled("slow", sound("x")).text == "x");
  CHECK(spoiled("slow", sound("x")).usage);
  draft lost;
  lost.outcome = outcome_class::transport;
  lost.detail = "gone";
  CHECK(spoiled("truncated", lost).outcome == outcome_class::transport);
  CHECK(spoiled("badusage", lost).detail == "gone");
}
