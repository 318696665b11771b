// Any bytes as segments.jsonl: its end is found or refused, and a torn line is never counted.
#include "tests/fuzz/fuzz_input.hpp"

#include "storage/output_folder.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  static const fuzz::memory_folder folder;
  const auto tail = storage::read_log_tail(folder.put("segments.jsonl", bytes));
  if (!tail) return 0;
  const auto complete = bytes.rfind('\n') == std::string_view::npos ? 0 : bytes.rfind('\n') + 1;
  fuzz::require(tail.value().complete_bytes <= complete);
  return 0;
}
