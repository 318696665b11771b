// Any bytes as a fault plan.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/generator/backends/fault_plan.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto plan = fault_plan::parse(bytes);
  if (!plan) {
    fuzz::require(to_string(plan.error()).find('\n') == std::string::npos);
    return 0;
  }
  for (std::uint64_t at = 1; at < 5; ++at)
    if (const auto fault = plan.value().find(at, 1, at, 7)) {
      fuzz::require(fault->ms >= 0 && fault->retry_after_ms >= 0);
      (void) answer_instead(*fault, 60'000);
    }
  return 0;
}
