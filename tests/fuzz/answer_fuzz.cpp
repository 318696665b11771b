// Any bytes as a model server's answer, cut anywhere: the judgement does not depend on where.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/generator/backends/ollama_answer.hpp"
#include "actors/generator/backends/openai_answer.hpp"

#include <memory>

using namespace longwave;

namespace {

std::unique_ptr<answer_reader> reader_of(unsigned kind) {
  if (kind % 2) return std::make_unique<ollama_answer>(answer_need::whole);
  return std::make_unique<openai_answer>(answer_need::whole);
}

draft read(unsigned kind, std::string_view bytes, std::size_t step) {
  auto reader = reader_of(kind);
  while (!bytes.empty() && reader->feed(bytes.substr(0, step))) bytes.remove_prefix(std::min(step, bytes.size()));
  return reader->finish(kind & 2 ? body_end::cut : body_end::clean);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto kind = fuzz::take_byte(bytes);
  const auto step = 1 + fuzz::take_byte(bytes) % 64;
  const auto whole = read(kind, bytes, bytes.size() + 1);
  const auto pieces = read(kind, bytes, step);
  fuzz::require(whole.outcome == pieces.outcome && whole.text == pieces.text && whole.usage == pieces.usage);
  fuzz::require(whole.detail.size() <= detail_limit && whole.detail.find('\n') == std::string::npos);
  return 0;
}
