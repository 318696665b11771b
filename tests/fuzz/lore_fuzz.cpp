// Any bytes as a catalogue of lore: every row is a record, or a fault with its line.
#include "tests/fuzz/fuzz_input.hpp"

#include "actors/scheduler/lore_intake.hpp"
#include "storage/lore_file.hpp"

#include <nlohmann/json.hpp>

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  static constexpr storage::lore_form forms[] = {storage::lore_form::json_lines, storage::lore_form::json, storage::lore_form::csv};
  const auto form = forms[fuzz::take_byte(bytes) % 3];
  lore_intake intake("fuzz", {});
  std::uint64_t rows = 0;
  const auto read = storage::read_lore_text(bytes, form, [&](std::uint64_t line, const nlohmann::json* value, const storage::row_fault* fault) {
    ++rows;
    fuzz::require((value == nullptr) != (fault == nullptr));
    if (value) intake.add(line, *value);
  });
  if (!read) {
    fuzz::require(to_string(read.error()).find('\n') == std::string::npos);
    return 0;
  }
  intake.finish();
  fuzz::require(intake.records().size() + intake.faults().size() <= 2 * rows + 64);
  for (const auto& record : intake.records()) {
    const nlohmann::json stored = record; // what the store keeps reads back as the same record
    fuzz::require(nlohmann::json(stored.get<lore_record>()) == stored);
  }
  return 0;
}
