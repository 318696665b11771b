// Any bytes as scripts to be validated: as text, JSON and JSON Lines.
#include "tests/fuzz/fuzz_input.hpp"

#include "cli/script_file.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  static const std::string names[] = {"a.txt", "a.json", "a.jsonl"};
  const auto scripts = cli::scripts_in(names[fuzz::take_byte(bytes) % 3], bytes);
  if (!scripts) fuzz::require(to_string(scripts.error()).find('\n') == std::string::npos);
  return 0;
}
