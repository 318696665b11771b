// Any JSON as a grammar: refused, or expanded within its depth without a hole.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/generator/grammar.hpp"

#include <nlohmann/json.hpp>

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto source = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (source.is_discarded()) return 0;
  const auto compiled = grammar::compile(source, "fuzz");
  if (!compiled || !check_grammar(compiled.value(), {})) return 0;
  fact_table facts;
  for (const auto& name : compiled.value().facts()) facts.set(name, "fact");
  for (std::uint64_t seq = 1; seq < 4; ++seq) {
    expander e(compiled.value(), facts, {1, seq, 0});
    std::string out;
    if (const auto rules = source.find("rules"); rules != source.end() && rules->is_object())
      for (const auto& [symbol, alternatives] : rules->items())
        if (out.size() < 100'000) (void) e.append(symbol, out);
  }
  return 0;
}
