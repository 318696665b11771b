// Names of outcome classes, and usage that never turns "unknown" into zero.
#include "messages/draft.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace longwave {

namespace {

constexpr std::array<std::pair<outcome_class, std::string_view>, 12> names{{
  {outcome_class::ok, "ok"},
  {outcome_class::incomplete, "incomplete"},
  {outcome_class::empty, "empty"},
  {outcome_class::loop, "loop"},
  {outcome_class::refused, "refused"},
  {outcome_class::busy, "busy"},
  {outcome_class::stall, "stall"},
  {outcome_class::transport, "transport"},
  {outcome_class::config, "config"},
  {outcome_class::quota, "quota"},
  {outcome_class::rejected, "rejected"},
  {outcome_class::interrupted, "interrupted"},
}};

nlohmann::json number_or_null(const std::optional<std::uint64_t>& n) {
  return n ? nlohmann::json(*n) : nlohmann::json(nullptr);
}

std::optional<std::uint64_t> optional_number(const nlohmann::json& j, const char* key) {
  auto it = j.find(key);
  if (it == j.end() || it->is_null()) return std::nullopt;
  return it->get<std::uint64_t>();
}

} // namespace

std::string_view to_string(outcome_class c) noexcept {
  for (const auto& [value, name] : names)
    if (value == c) return name;
  return "interrupted";
}

std::optional<outcome_class> parse_outcome_class(std::string_view text) noexcept {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

std::optional<std::uint64_t> token_usage::total() const noexcept {
  if (!input_tokens || !output_tokens) return std::nullopt;
  return *input_tokens + *output_tokens;
}

void to_json(nlohmann::json& j, const token_usage& u) {
  j = nlohmann::json{{"input_tokens", number_or_null(u.input_tokens)},
                     {"output_tokens", number_or_null(u.output_tokens)},
                     {"total_tokens", number_or_null(u.total())}};
  // The parts are told by few servers: left out when unknown.
  if (u.cached_tokens) j["cached_tokens"] = *u.cached_tokens;
  if (u.cache_write_tokens) j["cache_write_tokens"] = *u.cache_write_tokens;
  if (u.reasoning_tokens) j["reasoning_tokens"] = *u.reasoning_tokens;
}

void from_json(const nlohmann::json& j, token_usage& u) {
  u.input_tokens = optional_number(j, "input_tokens");
  u.output_tokens = optional_number(j, "output_tokens");
  u.cached_tokens = optional_number(j, "cached_tokens");
  u.cache_write_tokens = optional_number(j, "cache_write_tokens");
  u.reasoning_tokens = optional_number(j, "reasoning_tokens");
}

} // namespace longwave
