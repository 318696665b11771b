// Any status, headers and body as the answer of a model server that refuses.
#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/outcome_of_status.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  longwave::error_response response;
  response.status = 100 + (data[0] << 1) % 500;
  if (response.status == 200) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 3), size - 3);
  const auto at = data[1] % (rest.size() + 1);
  (data[2] & 1 ? response.retry_after : response.retry_after_ms) = rest.substr(0, at);
  response.body = rest.substr(at);
  const auto answer = longwave::outcome_of_status(response, 1'000'000);
  const bool in_range = answer.retry_after_ms >= 0 && answer.retry_after_ms <= longwave::longest_retry_after_ms;
  if (answer.outcome == longwave::outcome_class::ok || !in_range || answer.detail.size() > longwave::detail_limit) std::abort();
  return 0;
}
