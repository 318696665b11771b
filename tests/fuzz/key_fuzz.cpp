// Any bytes as a key of the store: decoded safely, and what is decoded is printable and encodes to itself.
#include "tests/fuzz/fuzz_input.hpp"

#include "storage/keys.hpp"

using namespace longwave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  const auto key = storage::decode_key(bytes);
  if (!key) return 0;
  using storage::key_prefix;
  std::string again;
  switch (key->prefix) {
    case key_prefix::meta: again = storage::meta_key(key->name); break;
    case key_prefix::run: again = storage::run_key(key->run); break;
    case key_prefix::head: again = storage::head_key(key->run); break;
    case key_prefix::segment: again = storage::segment_key(key->run, key->seq); break;
    case key_prefix::provenance: again = storage::provenance_key(key->run, key->seq); break;
    case key_prefix::attempt: again = storage::attempt_key(key->run); break;
    case key_prefix::state: again = storage::state_key(key->run, key->name, key->seq); break;
    case key_prefix::checkpoint: again = storage::checkpoint_key(key->run, key->seq, key->kind); break;
    case key_prefix::published: again = storage::published_key(key->run); break;
    default: return 0; // prefixes of other parts have tests of their own
  }
  fuzz::require(again == bytes);
  fuzz::require(!to_string(*key).empty());
  return 0;
}
