// Sums of tokens and what they cost.
#include "messages/usage.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace longwave {

namespace {

constexpr double million = 1e6;

/// Calls `each(name, field)` in the order of the names, so that writing and reading cannot drift apart.
template <class Usage, class Each>
void for_each_count(Usage& u, Each each) {
  each("cached_tokens", u.cached_tokens);
  each("calls", u.calls);
  each("estimated_calls", u.estimated_calls);
  each("estimated_input_tokens", u.estimated_input_tokens);
  each("estimated_output_tokens", u.estimated_output_tokens);
  each("input_tokens", u.input_tokens);
  each("output_tokens", u.output_tokens);
  each("unknown_calls", u.unknown_calls);
}

} // namespace

std::string_view to_string(usage_source s) noexcept {
  switch (s) {
    case usage_source::reported: return "reported";
    case usage_source::estimated: return "estimated";
    case usage_source::unknown: return "unknown";
  }
  return "unknown";
}

usage_source source_of(const draft& answer) noexcept {
  if (answer.usage && answer.usage->total()) return usage_source::reported;
  return answer.estimated_usage ? usage_source::estimated : usage_source::unknown;
}

void to_json(nlohmann::json& j, const model_price& p) {
  j = nlohmann::json{{"model", p.model}, {"input", p.input}, {"output", p.output}};
  j["cached_input"] = p.cached_input ? nlohmann::json(*p.cached_input) : nlohmann::json(nullptr);
}

void from_json(const nlohmann::json& j, model_price& p) {
  j.at("model").get_to(p.model);
  j.at("input").get_to(p.input);
  j.at("output").get_to(p.output);
  p.cached_input.reset();
  if (const auto at = j.find("cached_input"); at != j.end() && !at->is_null()) p.cached_input = at->get<double>();
}

namespace {

void count(model_usage& u, const draft& answer) {
  u.calls += 1;
  // What is known counts, also when the other half was not told.
  if (answer.usage) {
    u.input_tokens += answer.usage->input_tokens.value_or(0);
    u.output_tokens += answer.usage->output_tokens.value_or(0);
    u.cached_tokens += answer.usage->cached_tokens.value_or(0);
  }
  switch (source_of(answer)) {
    case usage_source::reported: break;
    case usage_source::estimated: {
      u.estimated_calls += 1;
      const bool input_told = answer.usage && answer.usage->input_tokens, output_told = answer.usage && answer.usage->output_tokens;
      if (!input_told) u.estimated_input_tokens += answer.estimated_usage->input_tokens.value_or(0);
      if (!output_told) u.estimated_output_tokens += answer.estimated_usage->output_tokens.value_or(0);
      break;
    }
    case usage_source::unknown: u.unknown_calls += 1; break;
  }
}

/// `change(sum, part)` for each count of the two.
template <class Change>
void for_both(model_usage& sum, const model_usage& part, Change change) {
  std::array<std::uint64_t, sizeof(model_usage) / sizeof(std::uint64_t)> parts{};
  std::size_t i = 0;
  for_each_count(part, [&](const char*, std::uint64_t n) { parts[i++] = n; });
  i = 0;
  for_each_count(sum, [&](const char*, std::uint64_t& n) { change(n, parts[i++]); });
}

nlohmann::json counts_json(const model_usage& u) {
  auto j = nlohmann::json::object();
  for_each_count(u, [&](const char* field, std::uint64_t n) { j[field] = n; });
  return j;
}

void read_counts(const nlohmann::json& j, model_usage& u) {
  for_each_count(u, [&](const char* field, std::uint64_t& n) { j.at(field).get_to(n); });
}

} // namespace

void usage_ledger::add(const std::string& model, const draft& answer) { count(models[model], answer); }

void usage_ledger::add_judgement(const std::string& model, const draft& answer) {
  add(model, answer);
  count(judged, answer);
}

model_usage usage_ledger::total() const noexcept {
  model_usage sum;
  for (const auto& [name, u] : models) for_both(sum, u, [](auto& n, auto part) { n += part; });
  return sum;
}

model_usage usage_ledger::written() const noexcept {
  auto rest = total();
  for_both(rest, judged, [](auto& n, auto part) { n -= std::min(n, part); });
  return rest;
}

void to_json(nlohmann::json& j, const usage_ledger& l) {
  j = {{"granted_cost", l.granted_cost}, {"granted_tokens", l.granted_tokens}, {"models", nlohmann::json::object()}};
  if (l.judged.calls > 0) j["judged"] = counts_json(l.judged);
  for (const auto& [name, u] : l.models) j["models"][name] = counts_json(u);
}

void from_json(const nlohmann::json& j, usage_ledger& l) {
  usage_ledger read;
  j.at("granted_cost").get_to(read.granted_cost);
  j.at("granted_tokens").get_to(read.granted_tokens);
  if (const auto at = j.find("judged"); at != j.end()) read_counts(*at, read.judged);
  for (const auto& model : j.at("models").items()) read_counts(model.value(), read.models[model.key()]);
  l = std::move(read);
}

std::string ledger_json(const usage_ledger& l) {
  // Only numbers and names: names are dumped by the library, numbers need no escaping.
  std::string out = "{\"granted_cost\":" + nlohmann::json(l.granted_cost).dump() +
                    ",\"granted_tokens\":" + std::to_string(l.granted_tokens);
  const auto add_counts = [&out](const model_usage& u) {
    char before = '{';
    for_each_count(u, [&](const char* field, std::uint64_t n) {
      out.append(1, std::exchange(before, ',')).append("\"").append(field).append("\":").append(std::to_string(n));
    });
    out += '}';
  };
  if (l.judged.calls > 0) {
    out += ",\"judged\":";
    add_counts(l.judged);
  }
  out += ",\"models\":{";
  bool first = true;
  for (const auto& [name, u] : l.models) {
    if (!std::exchange(first, false)) out += ',';
    out += nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ":";
    add_counts(u);
  }
  return out += "}}";
}

const model_price* price_of(const std::vector<model_price>& prices, std::string_view model) noexcept {
  const model_price* any = nullptr;
  for (const auto& p : prices) {
    if (p.model == model) return &p;
    if (p.model == "*") any = &p;
  }
  return any;
}

usage_cost cost_of(const usage_ledger& ledger, const std::vector<model_price>& prices) noexcept {
  usage_cost cost;
  for (const auto& [name, u] : ledger.models) {
    const auto* price = price_of(prices, name);
    if (!price) {
      cost.unpriced_calls += u.calls;
      continue;
    }
    cost.unpriced_calls += u.unknown_calls;
    const auto cached = std::min(u.cached_tokens, u.input_tokens);
    cost.reported += (static_cast<double>(u.input_tokens - cached) * price->input +
                      static_cast<double>(cached) * price->cached_input.value_or(price->input) +
                      static_cast<double>(u.output_tokens) * price->output) / million;
    cost.estimated += (static_cast<double>(u.estimated_input_tokens) * price->input +
                       static_cast<double>(u.estimated_output_tokens) * price->output) / million;
  }
  return cost;
}

namespace {

std::uint64_t all_tokens(const usage_ledger& ledger) noexcept {
  const auto u = ledger.total();
  return u.input_tokens + u.output_tokens + u.estimated_input_tokens + u.estimated_output_tokens;
}

} // namespace

bool over_limit(const usage_ledger& ledger, const std::vector<model_price>& prices, const spending_limit& limit) noexcept {
  if (limit.tokens > 0 && all_tokens(ledger) - std::min(ledger.granted_tokens, all_tokens(ledger)) >= limit.tokens) return true;
  return limit.cost > 0 && cost_of(ledger, prices).all() - ledger.granted_cost >= limit.cost;
}

void grant_again(usage_ledger& ledger, const std::vector<model_price>& prices) noexcept {
  ledger.granted_cost = cost_of(ledger, prices).all();
  ledger.granted_tokens = all_tokens(ledger);
}

} // namespace longwave
