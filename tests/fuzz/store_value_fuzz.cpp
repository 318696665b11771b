// Any bytes as a value of the store: refused, or read into each kind of record without harm.
#include "tests/fuzz/fuzz_input.hpp"

#include "messages/checkpoint.hpp"
#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "storage/codec.hpp"
#include "storage/store.hpp"
#include "storage/store_json.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto opened = storage::unseal(bytes, "fuzz");
  // A seal is a checksum: most inputs fail there, so that the payload is tried as well.
  const auto payload = opened ? opened.value() : bytes;
  switch (fuzz::take_byte(bytes) % 5) {
    case 0:
      if (const auto record = storage::parse_stored<segment_record>(payload, "fuzz"))
        fuzz::require(static_cast<bool>(storage::parse_stored<segment_record>(record_line(record.value()), "fuzz")));
      break;
    case 1: (void) storage::parse_stored<storage::run_head>(payload, "fuzz"); break;
    case 2: (void) storage::parse_stored<run_config>(payload, "fuzz"); break;
    case 3: (void) storage::parse_stored<checkpoint_record>(payload, "fuzz"); break;
    default: (void) storage::parse_stored<storage::attempt_note>(payload, "fuzz");
  }
  fuzz::require(storage::unseal(storage::sealed(payload), "fuzz").value() == payload);
  return 0;
}
