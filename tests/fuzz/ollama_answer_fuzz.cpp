// Any bytes as the answer of a server of kind ollama.
#include "actors/generator/backends/ollama_answer.hpp"
#include "tests/fuzz/answer_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return longwave::fuzz::judge<longwave::ollama_answer>(data, size);
}
