// Usage and cost as status and report show them: one view of the ledger for both.
#pragma once

#include "messages/usage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace longwave {

/// What cost is related to.
struct cost_context {
  std::uint64_t segments_done = 0;
  std::uint64_t segments_accepted = 0;
  std::optional<std::uint64_t> segments_planned;
  spending_limit limit;
};

/// Adds to a `usage` object what the counters do not have: cached and estimated tokens, `usage_source` ("reported",
/// "estimated", "unknown", "mixed", null before the first call), all of the writer's calls as the counters are; the judge's
/// sums, where one was asked; and, with more than one model, the sums by model.
void add_ledger(nlohmann::ordered_json& usage, const usage_ledger& ledger);

/// {"now","estimated_part","projected","per_accepted_segment","budget","budget_left","budget_tokens","unpriced_calls"}.
/// `now` is what all calls cost, estimated ones included; null without a price for any model that was called. `projected`
/// is `now` at the planned end if the rest costs as much each; null without a plan or before the first segment.
nlohmann::ordered_json cost_view(const usage_ledger& ledger, const std::vector<model_price>& prices, const cost_context& context);

} // namespace longwave
