// The schema of the store: every key prefix, what follows it, what its value is, who writes it, since when.
//
// A key is: prefix byte, then the run id with a 0x00 terminator where one is named, then big-endian numbers.
// Values of all prefixes are sealed by storage/codec (version byte, checksum, JSON), so that a person with `ldb`
// can read them in a disaster. Prefix bytes are final: never renumber, never reuse; retired ones stay listed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave::storage {

/// Prefix    | then             | value                                              | written by       | since
/// ----------|------------------|----------------------------------------------------|------------------|------
enum class key_prefix : std::uint8_t {
  /// 'm'     | name             | {"schema":1,...}: schema version, creation          | store (open)     | 1
  meta = 'm',
  /// 'r'     | run 0x00         | run_config as JSON                                  | committer        | 1
  run = 'r',
  /// 'h'     | run 0x00         | run_head: last seq, chain head, life-cycle, clocks  | committer        | 1
  head = 'h',
  /// 's'     | run 0x00 seq:u64 | segment_record as JSON (one line of segments.jsonl) | committer        | 1
  segment = 's',
  /// 'w'     | run 0x00 seq:u64 | how it came about: plan, attempts, verdicts         | committer        | 1
  provenance = 'w',
  /// 'a'     | run 0x00         | attempt_note of the open segment (unsynced)         | committer        | 1
  attempt = 'a',
  /// 'x'     | run 0x00 name 0x00 seq:u64 | one piece of run state as of seq         | committer        | 1
  state = 'x',
  /// 'c'     | run 0x00 seq:u64 kind:u8   | checkpoint_record                        | committer        | 1
  checkpoint = 'c',
  /// 'p'     | run 0x00         | publishing mark: segments known to be in the output | committer        | 1
  published = 'p',
};

/// All live prefixes, for tests and `inspect keys`.
inline constexpr key_prefix all_prefixes[] = {
  key_prefix::meta,    key_prefix::run,   key_prefix::head,       key_prefix::segment,  key_prefix::provenance,
  key_prefix::attempt, key_prefix::state, key_prefix::checkpoint, key_prefix::published};

/// A decoded key. Fields that the prefix does not have stay empty or 0.
struct decoded_key {
  key_prefix prefix{};
  std::string run;
  std::string name;
  std::uint64_t seq = 0;
  std::uint8_t kind = 0;

  bool operator==(const decoded_key&) const = default;
};

std::string meta_key(std::string_view name);
std::string run_key(std::string_view run);
std::string head_key(std::string_view run);
std::string segment_key(std::string_view run, std::uint64_t seq);
std::string provenance_key(std::string_view run, std::uint64_t seq);
std::string attempt_key(std::string_view run);
std::string state_key(std::string_view run, std::string_view name, std::uint64_t seq);
std::string checkpoint_key(std::string_view run, std::uint64_t seq, std::uint8_t kind);
std::string published_key(std::string_view run);

/// Everything of one prefix and run: [first, second) as iterator bounds.
std::string prefix_begin(key_prefix prefix, std::string_view run);
std::string prefix_end(key_prefix prefix, std::string_view run);

/// The inverse of the functions above; empty for bytes that none of them makes.
std::optional<decoded_key> decode_key(std::string_view key);

/// Printable form for `inspect keys`: "segment/<run>/17".
std::string to_string(const decoded_key& key);

} // namespace longwave::storage
