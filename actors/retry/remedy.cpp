// One remedy for each reason to stop.
#include "actors/retry/remedy.hpp"

#include <string_view>

namespace longwave {

namespace {

std::string_view remedy_of(const draft& answer) {
  const auto says = [&](std::string_view part) { return answer.detail.find(part) != std::string::npos; };
  switch (answer.outcome) {
    case outcome_class::quota: return "raise the limit or pay the bill, then `longwave resume`";
    case outcome_class::busy: return "give it fewer callers or --stall-after more time, then `longwave resume`";
    case outcome_class::config: break;
    default: return "look at the server, then `longwave resume`";
  }
  if (answer.prompt_too_long) return "give the model a larger window, or name one that has it with --fallback-model";
  if (says("HTTP 401") || says("HTTP 403") || says("authentication")) return "check the key (--api-key-file), then `longwave resume`";
  if (says("HTTP 404") || says("not found")) return "make the model available there or check --model and --endpoint, then `longwave resume`";
  if (says("certificate")) return "mend the server's certificate or check --endpoint, then `longwave resume`";
  return "check --endpoint and --model, then `longwave resume`";
}

} // namespace

std::string with_remedy(const draft& answer) {
  return (answer.detail.empty() ? std::string(to_string(answer.outcome)) : answer.detail) + "; " +
         std::string(remedy_of(answer));
}

} // namespace longwave
