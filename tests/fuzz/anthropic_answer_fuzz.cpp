// Any bytes as the answer of a server of kind anthropic.
#include "actors/generator/backends/anthropic_answer.hpp"
#include "tests/fuzz/answer_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return longwave::fuzz::judge<longwave::anthropic_answer>(data, size);
}
