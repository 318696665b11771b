// Cool-downs, health and adaptive gate_numbers.
#include "actors/generator/backends/endpoint_gate.hpp"

#include <algorithm>

namespace longwave {

namespace {

constexpr gate_limits gate_numbers;

std::int64_t doubled(std::int64_t first, int times, std::int64_t cap) noexcept {
  for (int i = 1; i < times && first < cap; ++i) first *= 2;
  return std::min(first, cap);
}

/// The server answered like one that works, whatever the text is worth.
bool is_alive(const draft& answer) noexcept {
  switch (answer.outcome) {
    case outcome_class::ok:
    case outcome_class::empty:
    case outcome_class::loop:
    case outcome_class::refused:
    case outcome_class::rejected: return true;
    case outcome_class::incomplete: return answer.cut_by_length;
    case outcome_class::config: return answer.prompt_too_long;
    default: return false;
  }
}

} // namespace

std::string_view endpoint_gate::state(std::int64_t now_ms) const noexcept {
  if (cools(now_ms)) return "waiting";
  if (refuses) return "refuses";
  return failures_in_row > 0 ? "down" : "ok";
}

void endpoint_gate::begin() noexcept {
  ++in_flight;
  ++calls;
}

void endpoint_gate::end(const draft& answer, std::int64_t now_ms, bool virtual_clock) {
  in_flight = std::max(0, in_flight - 1);
  if (answer.outcome == outcome_class::interrupted) return;
  if (is_alive(answer)) {
    failures_in_row = busy_in_row = 0;
    refuses = false;
    avoided_until_ms = 0;
    limit = std::min<double>(most, limit + 1.0 / limit);
    return;
  }
  ++failures;
  last_failure = answer.detail;
  const auto cool_down = [&](std::int64_t ms) {
    if (!virtual_clock) reopens_at_ms = std::max(reopens_at_ms, now_ms + ms);
  };
  switch (answer.outcome) {
    case outcome_class::busy:
      // Calls that were under way together are turned away together: one halving for all of them.
      if (!cools(now_ms) || virtual_clock) limit = std::max(1.0, limit / 2);
      ++busy_in_row;
      failures_in_row = 0;
      cool_down(answer.retry_after_ms > 0 ? answer.retry_after_ms
                                          : doubled(gate_numbers.first_avoid_ms, busy_in_row, gate_numbers.avoid_cap_ms));
      break;
    case outcome_class::config:
    case outcome_class::quota:
      refuses = true;
      avoided_until_ms = now_ms + (answer.retry_after_ms > 0 ? answer.retry_after_ms : gate_numbers.refuses_ms);
      break;
    default:
      ++failures_in_row;
      if (answer.outcome == outcome_class::stall) limit = std::max(1.0, limit / 2);
      avoided_until_ms = now_ms + doubled(gate_numbers.first_avoid_ms, failures_in_row, gate_numbers.avoid_cap_ms);
      break;
  }
}

endpoint_gate make_gate(std::string_view kind, int asked) noexcept {
  endpoint_gate gate;
  gate.most = asked > 0 ? asked : kind == "ollama" ? gate_numbers.ollama_in_flight : gate_numbers.in_flight;
  gate.limit = gate.most;
  return gate;
}

gate_choice choose_endpoint(const std::vector<const endpoint_gate*>& gates, const std::vector<bool>& tried,
                            std::int64_t now_ms, bool virtual_clock) {
  gate_choice choice;
  std::optional<std::size_t> sound, avoided;
  std::int64_t first_open = 0;
  bool any = false, sound_full = false, avoided_full = false, any_cools = false;
  const auto lighter = [&](std::size_t a, std::size_t b) { // a before b
    const auto load_a = gates[a]->in_flight / gates[a]->limit, load_b = gates[b]->in_flight / gates[b]->limit;
    return load_a != load_b ? load_a < load_b : gates[a]->calls < gates[b]->calls;
  };
  for (std::size_t i = 0; i < gates.size(); ++i) {
    const auto& g = *gates[i];
    if (tried[i]) continue;
    const bool cools = !virtual_clock && g.cools(now_ms), is_avoided = !virtual_clock && g.avoided(now_ms);
    const auto opens = std::max(cools ? g.reopens_at_ms : now_ms, is_avoided ? g.avoided_until_ms : now_ms);
    if (!any || opens < first_open) first_open = opens;
    any = true;
    if (cools) {
      any_cools = true;
    } else if (!g.has_place()) {
      (is_avoided ? avoided_full : sound_full) = true;
    } else if (is_avoided) {
      if (!avoided || g.avoided_until_ms < gates[*avoided]->avoided_until_ms) avoided = i;
    } else if (!sound || lighter(i, *sound)) {
      sound = i;
    }
  }
  if (sound) {
    choice.at = sound;
  } else if (sound_full) {
    choice.full = true;
  } else if (any_cools) {
    choice.wait_ms = std::max<std::int64_t>(1, first_open - now_ms);
  } else if (avoided) {
    choice.at = avoided;
  } else {
    choice.full = avoided_full;
    choice.none = !avoided_full;
  }
  return choice;
}

bool may_go_elsewhere(const draft& answer) noexcept {
  switch (answer.outcome) {
    case outcome_class::busy:
    case outcome_class::quota: return true;
    case outcome_class::config: return !answer.prompt_too_long;
    // No request was made; one that was reset may have been paid for.
    case outcome_class::transport: return answer.detail.rfind("refused:", 0) == 0;
    default: return false;
  }
}

} // namespace longwave
