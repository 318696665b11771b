// Usage and cost as status and report show them: what is not known is null, never 0.
#include "actors/monitor/cost_view.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;
using json = nlohmann::ordered_json;

namespace {

usage_ledger used(std::uint64_t input, std::uint64_t output) {
  usage_ledger ledger;
  draft d;
  token_usage u;
  u.input_tokens = input;
  u.output_tokens = output;
  d.usage = u;
  ledger.add("m", d);
  return ledger;
}

} // namespace

TEST_CASE("cost view: now, projected and each accepted follow from the ledger") {
  const std::vector<model_price> prices{{"m", 1.0, std::nullopt, 4.0}};
  const auto view = cost_view(used(1'000'000, 250'000), prices, {10, 8, 40, {5.0, 0}});
  CHECK(view["now"] == 2.0);
  CHECK(view["projected"] == 8.0);
  CHECK(view["per_accepted_segment"] == 0.25);
  CHECK(view["budget"] == 5.0);
  CHECK(view["budget_left"] == 3.0);
  CHECK(view["unpriced_calls"] == 0);
}

TEST_CASE("cost view: without prices, plan or segments the figures are null") {
  const auto view = cost_view(used(10, 10), {}, {1, 1, 4, {}});
  for (const char* name : {"now", "estimated_part", "projected", "per_accepted_segment", "budget", "budget_left", "budget_tokens"}) {
    INFO(name);
    CHECK(view[name].is_null());
  }
  CHECK(view["unpriced_calls"] == 1);
  const std::vector<model_price> prices{{"*", 1.0, std::nullopt, 4.0}};
  CHECK(cost_view(used(10, 10), prices, {0, 0, 4, {}})["projected"].is_null());
  CHECK(cost_view(used(10, 10), prices, {3, 0, std::nullopt, {}})["projected"].is_null());
}

TEST_CASE("cost view: the usage's source is told, and mixed ones are called mixed") {
  json usage = json::object();
  add_ledger(usage, {});
  CHECK(usage["usage_source"].is_null());
  CHECK(usage["cached_tokens"].is_null());
  auto ledger = used(10, 10);
  add_ledger(usage, ledger);
  CHECK(usage["usage_source"] == "reported");
  ledger.add("m", draft{});
  ledger.add("n", draft{});
  add_ledger(usage, ledger);
  CHECK(usage["usage_source"] == "mixed");
  CHECK(usage["unknown_calls"] == 2);
  CHECK(usage["models"]["n"]["usage_source"] == "unknown");
}

TEST_CASE("cost view: what the judge used is beside the writer's sums, not in them", "[regression]") {
  auto ledger = used(100, 10);
  ledger.models["m"].cached_tokens = 40;
  draft judged;
  judged.usage.emplace().input_tokens = 70;
  judged.usage->output_tokens = 5;
  judged.usage->cached_tokens = 60;
  ledger.add_judgement("m", judged);
  ledger.add_judgement("m", draft{});
  json usage = json::object();
  add_ledger(usage, ledger);
  CHECK(usage["cached_tokens"] == 40);
  CHECK(usage["usage_source"] == "reported");
  CHECK(usage["unknown_calls"] == 0);
  CHECK(usage["judge"] == json({{"calls", 2}, {"input_tokens", 70}, {"cached_tokens", 60}, {"output_tokens", 5}, {"usage_source", "mixed"}}));
  CHECK_FALSE(usage.contains("models"));
}
