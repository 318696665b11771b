// Sums as JSON; what is not known is null.
#include "actors/monitor/cost_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace longwave {

namespace {

using nlohmann::ordered_json;

/// Money with six decimals: a token of the cheapest models is still more than nothing.
ordered_json money(double value) { return std::round(value * 1e6) / 1e6; }

std::string_view source_name(const model_usage& u) noexcept {
  const auto reported = u.calls - u.estimated_calls - u.unknown_calls;
  if (reported == u.calls) return "reported";
  if (u.estimated_calls == u.calls) return "estimated";
  if (u.unknown_calls == u.calls) return "unknown";
  return "mixed";
}

bool any_reported(const model_usage& u) noexcept { return u.calls > u.estimated_calls + u.unknown_calls; }

ordered_json sums(const model_usage& u) {
  return {{"calls", u.calls},
          {"input_tokens", u.input_tokens},
          {"cached_tokens", u.cached_tokens},
          {"output_tokens", u.output_tokens},
          {"usage_source", source_name(u)}};
}

bool priced(const usage_ledger& ledger, const std::vector<model_price>& prices) {
  return std::any_of(ledger.models.begin(), ledger.models.end(),
                     [&](const auto& model) { return price_of(prices, model.first) != nullptr; });
}

} // namespace

void add_ledger(ordered_json& usage, const usage_ledger& ledger) {
  const auto own = ledger.written();
  usage["cached_tokens"] = any_reported(own) ? ordered_json(own.cached_tokens) : ordered_json(nullptr);
  usage["usage_source"] = own.calls == 0 ? ordered_json(nullptr) : ordered_json(source_name(own));
  usage["estimated"] = {{"calls", own.estimated_calls},
                        {"input_tokens", own.estimated_calls == 0 ? ordered_json(nullptr) : ordered_json(own.estimated_input_tokens)},
                        {"output_tokens", own.estimated_calls == 0 ? ordered_json(nullptr) : ordered_json(own.estimated_output_tokens)}};
  usage["unknown_calls"] = own.unknown_calls;
  if (ledger.judged.calls > 0) usage["judge"] = sums(ledger.judged);
  if (ledger.models.size() < 2) return;
  auto& models = usage["models"] = ordered_json::object();
  for (const auto& [name, u] : ledger.models) models[name] = sums(u);
}

ordered_json cost_view(const usage_ledger& ledger, const std::vector<model_price>& prices, const cost_context& context) {
  const auto cost = cost_of(ledger, prices);
  const bool known = priced(ledger, prices);
  ordered_json view;
  view["now"] = known ? money(cost.all()) : ordered_json(nullptr);
  view["estimated_part"] = known ? money(cost.estimated) : ordered_json(nullptr);
  const bool projectable = known && context.segments_planned && context.segments_done > 0;
  view["projected"] = projectable ? money(cost.all() / static_cast<double>(context.segments_done) *
                                          static_cast<double>(std::max(*context.segments_planned, context.segments_done)))
                                  : ordered_json(nullptr);
  view["per_accepted_segment"] =
    known && context.segments_accepted > 0 ? money(cost.all() / static_cast<double>(context.segments_accepted)) : ordered_json(nullptr);
  const bool limited = context.limit.cost > 0;
  view["budget"] = limited ? ordered_json(context.limit.cost) : ordered_json(nullptr);
  view["budget_left"] =
    limited ? money(std::max(0.0, context.limit.cost + ledger.granted_cost - cost.all())) : ordered_json(nullptr);
  view["budget_tokens"] = context.limit.tokens > 0 ? ordered_json(context.limit.tokens) : ordered_json(nullptr);
  view["unpriced_calls"] = cost.unpriced_calls;
  return view;
}

} // namespace longwave
