// What the calls of a run used, by model, and what models cost: reported, estimated and unknown are kept apart.
#pragma once

#include "messages/draft.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// Where a call's token counts come from.
enum class usage_source {
  reported,  ///< the backend said so
  estimated, ///< it said nothing; guessed from the texts
  unknown,   ///< it said nothing and there is nothing to guess from
};

std::string_view to_string(usage_source s) noexcept;

/// The source of one answer's usage: reported only when input and output both are.
usage_source source_of(const draft& answer) noexcept;

/// Price of one model, in the user's currency, per million tokens.
struct model_price {
  /// The model's name as asked for; "offline" for the offline backend, "*" for every model without a price of its own.
  std::string model;
  double input = 0;
  /// Of input tokens that came from the server's cache; empty = as `input`.
  std::optional<double> cached_input;
  double output = 0;
  bool operator==(const model_price&) const = default;
};

void to_json(nlohmann::json& j, const model_price& p);
void from_json(const nlohmann::json& j, model_price& p);

/// Sums over the calls to one model. Estimates are in the sums of their own, never in the reported ones.
struct model_usage {
  std::uint64_t calls = 0;
  std::uint64_t estimated_calls = 0;
  std::uint64_t unknown_calls = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  /// Part of `input_tokens`.
  std::uint64_t cached_tokens = 0;
  std::uint64_t estimated_input_tokens = 0;
  std::uint64_t estimated_output_tokens = 0;

  bool operator==(const model_usage&) const = default;
};

/// Everything a run used so far: what cost is computed from. One piece of a run's state.
struct usage_ledger {
  std::map<std::string, model_usage> models;
  /// Part of `models`: the calls of the judge, who may have a model of its own or share the writer's. No calls: none was asked,
  /// or the run is of a release that did not tell them apart.
  model_usage judged;
  /// Spent when a person last let the run go on in spite of its budget: the budget counts from here.
  double granted_cost = 0;
  std::uint64_t granted_tokens = 0;

  /// Adds one call.
  /// @param model as asked for; never empty ("offline" for the offline backend)
  void add(const std::string& model, const draft& answer);
  /// Adds one call of the judge, whose usage is that of `answer`.
  void add_judgement(const std::string& model, const draft& answer);

  /// Sum over all models.
  model_usage total() const noexcept;
  /// The same without the judge's calls.
  model_usage written() const noexcept;
};

void to_json(nlohmann::json& j, const usage_ledger& l);
/// Throws nlohmann::json::exception when malformed.
void from_json(const nlohmann::json& j, usage_ledger& l);
/// The same as dumping `to_json`, faster: written with every segment.
std::string ledger_json(const usage_ledger& l);

/// What was used in money. Parts that cannot be priced are counted, not guessed.
struct usage_cost {
  /// Of the reported tokens.
  double reported = 0;
  /// Of the estimated ones.
  double estimated = 0;
  /// Calls to models without a price, and calls whose usage is unknown.
  std::uint64_t unpriced_calls = 0;

  double all() const noexcept { return reported + estimated; }
};

/// The price that holds for a model, or null.
const model_price* price_of(const std::vector<model_price>& prices, std::string_view model) noexcept;

/// Sums tokens times price over all models. Pure.
usage_cost cost_of(const usage_ledger& ledger, const std::vector<model_price>& prices) noexcept;

/// What a run may spend; 0 = no limit.
struct spending_limit {
  double cost = 0;
  std::uint64_t tokens = 0;
};

/// Whether the limit is reached, counted from what was granted. Estimated tokens count, so that a server which reports
/// nothing cannot spend without end.
bool over_limit(const usage_ledger& ledger, const std::vector<model_price>& prices, const spending_limit& limit) noexcept;

/// A person lets the run go on: the limit counts anew from here.
void grant_again(usage_ledger& ledger, const std::vector<model_price>& prices) noexcept;

} // namespace longwave
