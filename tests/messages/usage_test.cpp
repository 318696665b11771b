// Usage and cost: reported, estimated and unknown never mix; prices, budgets and what a person grants.
#include "messages/usage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

draft reported(std::uint64_t input, std::uint64_t output, std::optional<std::uint64_t> cached = std::nullopt) {
  draft d;
  token_usage u;
  u.input_tokens = input;
  u.output_tokens = output;
  u.cached_tokens = cached;
  d.usage = u;
  return d;
}

draft estimated(std::uint64_t input, std::uint64_t output) {
  draft d;
  token_usage u;
  u.input_tokens = input;
  u.output_tokens = output;
  d.estimated_usage = u;
  return d;
}

const std::vector<model_price> prices{{"large", 2.0, 0.5, 10.0}, {"small", 1.0, std::nullopt, 2.0}};

} // namespace

TEST_CASE("usage: reported, estimated and unknown are kept apart") {
  usage_ledger ledger;
  ledger.add("large", reported(1'000, 100, 400));
  ledger.add("large", estimated(900, 80));
  ledger.add("large", draft{});
  const auto u = ledger.total();
  CHECK(u.calls == 3);
  CHECK(u.estimated_calls == 1);
  CHECK(u.unknown_calls == 1);
  CHECK(u.input_tokens == 1'000);
  CHECK(u.cached_tokens == 400);
  CHECK(u.estimated_input_tokens == 900);
  CHECK(source_of(reported(1, 1)) == usage_source::reported);
  CHECK(source_of(estimated(1, 1)) == usage_source::estimated);
  CHECK(source_of(draft{}) == usage_source::unknown);
}

TEST_CASE("usage: what the judge used is part of the sums, and known apart") {
  usage_ledger ledger;
  ledger.add("large", reported(1'000, 100, 400));
  ledger.add_judgement("large", reported(300, 20, 200));
  ledger.add_judgement("small", estimated(90, 8));
  CHECK(ledger.total().calls == 3);
  CHECK(ledger.total().input_tokens == 1'300);
  CHECK(ledger.models["large"].cached_tokens == 600);
  CHECK(ledger.judged.calls == 2);
  CHECK(ledger.judged.estimated_input_tokens == 90);
  CHECK(ledger.written() == [] { usage_ledger alone; alone.add("large", reported(1'000, 100, 400)); return alone.total(); }());
  CHECK(nlohmann::json::parse(ledger_json(ledger)) == nlohmann::json(ledger));
  const auto back = nlohmann::json(ledger).get<usage_ledger>();
  CHECK(back.judged == ledger.judged);
  CHECK(back.written() == ledger.written());
  auto older = nlohmann::json(ledger);
  older.erase("judged");
  CHECK(older.get<usage_ledger>().written() == ledger.total());
}

TEST_CASE("usage: the half that was told counts, the other half is estimated") {
  draft half = estimated(900, 80);
  half.usage = token_usage{};
  half.usage->input_tokens = 1'000;
  CHECK(source_of(half) == usage_source::estimated);
  usage_ledger ledger;
  ledger.add("large", half);
  const auto u = ledger.total();
  CHECK(u.input_tokens == 1'000);
  CHECK(u.estimated_input_tokens == 0);
  CHECK(u.output_tokens == 0);
  CHECK(u.estimated_output_tokens == 80);
}

TEST_CASE("usage: a ledger survives its JSON, and both writers agree") {
  usage_ledger ledger;
  ledger.add("large", reported(1'000, 100, 400));
  ledger.add("a \"model\"", estimated(9, 8));
  grant_again(ledger, prices);
  const auto j = nlohmann::json(ledger);
  CHECK(nlohmann::json::parse(ledger_json(ledger)) == j);
  CHECK(nlohmann::json(j.get<usage_ledger>()) == j);
  CHECK_THROWS_AS(nlohmann::json::parse(R"({"models":{}})").get<usage_ledger>(), nlohmann::json::exception);
}

TEST_CASE("usage: cost prices cached tokens apart and counts what has no price") {
  usage_ledger ledger;
  ledger.add("large", reported(1'000'000, 100'000, 400'000));
  const auto cost = cost_of(ledger, prices);
  CHECK(cost.reported == Approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 10));
  CHECK(cost.estimated == 0);
  CHECK(cost.unpriced_calls == 0);
  ledger.add("unknown-model", reported(5, 5));
  ledger.add("small", draft{});
  CHECK(cost_of(ledger, prices).unpriced_calls == 2);
  CHECK(price_of({{"*", 1, std::nullopt, 1}, {"m", 2, std::nullopt, 2}}, "m")->input == 2);
  CHECK(price_of({{"*", 1, std::nullopt, 1}}, "other")->input == 1);
  CHECK(price_of(prices, "other") == nullptr);
}

TEST_CASE("usage: a budget holds when it is reached, and counts anew once a person grants it") {
  usage_ledger ledger;
  const spending_limit limit{1.0, 0};
  ledger.add("small", reported(400'000, 0));
  CHECK_FALSE(over_limit(ledger, prices, limit));
  ledger.add("small", estimated(600'000, 0)); // a silent server spends too
  CHECK(over_limit(ledger, prices, limit));
  CHECK_FALSE(over_limit(ledger, prices, {}));
  CHECK(over_limit(ledger, prices, {0, 1'000'000}));
  CHECK_FALSE(over_limit(ledger, prices, {0, 1'000'001}));
  grant_again(ledger, prices);
  CHECK_FALSE(over_limit(ledger, prices, limit));
  CHECK_FALSE(over_limit(ledger, prices, {0, 1'000'000}));
  ledger.add("small", reported(1'000'000, 0));
  CHECK(over_limit(ledger, prices, limit));
}
