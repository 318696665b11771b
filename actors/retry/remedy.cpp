// One remedy for each reason to stop.
#include "actors/retry/remedy.hpp"

#include <string_view>

namespace longwave {

namespace {

std::string_view remedy_of(const draft& answer) {
  const auto says = [&](std::string_view part) { return answer.detail.find(part) != std::string::npos; };
  switch (answer.outcome) {
    case outcome_class::quota: return "raise the limit or pay the bill";
    case outcome_class::busy: return "give it fewer callers or --stall-after more time";
    case outcome_class::config: break;
    case outcome_class::refused: return "ask another model (--model)";
    case outcome_class::empty:
    case outcome_class::loop: return "look at the server, or choose another --model";
    case outcome_class::stall: return "restart the server, or give more --call-timeout";
    default: return says("HTTP 5") ? "look at the server's own log" : "start the server, or check --endpoint: host, port, http or https";
  }
  if (answer.prompt_too_long) return "give the model a larger window, or name one that has it with --fallback-model";
  if (says("HTTP 401") || says("HTTP 403") || says("authentication")) return "check the key (--api-key-file)";
  if (says("HTTP 404") || says("not found")) return "make the model available there or check --model and --endpoint";
  if (says("certificate")) return "mend the server's certificate or check --endpoint";
  return "check --endpoint and --model";
}

} // namespace

std::string remedy_before_start(const draft& answer) { return std::string(remedy_of(answer)); }

std::string with_remedy(const draft& answer) {
  return (answer.detail.empty() ? std::string(to_string(answer.outcome)) : answer.detail) + "; " + std::string(remedy_of(answer)) +
         ", then `longwave resume`";
}

} // namespace longwave
