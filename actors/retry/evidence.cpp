// An answer as bounded JSON.
#include "actors/retry/evidence.hpp"

#include "messages/judge.hpp"
#include "messages/usage.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

std::string shortened(const std::string& text) {
  if (text.size() <= evidence_limit) return text;
  auto end = evidence_limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "\xe2\x80\xa6";
}

} // namespace

std::string evidence_of(const draft& answer, bool with_text) {
  nlohmann::json j;
  j["usage"] = answer.usage ? nlohmann::json(*answer.usage) : nlohmann::json(nullptr);
  j["usage_source"] = to_string(source_of(answer));
  if (answer.estimated_usage) j["estimated_usage"] = *answer.estimated_usage;
  j["took_ms"] = answer.took_ms;
  if (answer.prompt_tokens > 0) j["prompt_tokens_estimated"] = answer.prompt_tokens;
  if (with_text && !answer.text.empty()) {
    j["text"] = shortened(answer.text);
    j["text_bytes"] = answer.text.size();
  }
  if (answer.judge) j["judge"] = *answer.judge;
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace longwave
