// Any bytes as the answer of a server of kind openai.
#include "actors/generator/backends/openai_answer.hpp"
#include "tests/fuzz/answer_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return longwave::fuzz::judge<longwave::openai_answer>(data, size);
}
