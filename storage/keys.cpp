// Building, bounding and decoding of store keys.
#include "storage/keys.hpp"

namespace longwave::storage {

namespace {

constexpr std::size_t seq_bytes = 8;

std::string with_run(key_prefix prefix, std::string_view run, std::size_t more = 0) {
  std::string key;
  key.reserve(run.size() + 2 + more);
  key += static_cast<char>(prefix);
  key += run;
  key += '\0';
  return key;
}

void append_seq(std::string& key, std::uint64_t seq) {
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>((seq >> shift) & 0xff);
}

std::uint64_t read_seq(std::string_view bytes) noexcept {
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < seq_bytes; ++i) seq = seq << 8 | static_cast<unsigned char>(bytes[i]);
  return seq;
}

/// Cuts a non-empty part up to its terminator off the front of `rest`.
std::optional<std::string> take_part(std::string_view& rest) {
  const auto end = rest.find('\0');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  std::string part(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  return part;
}

std::string_view prefix_name(key_prefix prefix) noexcept {
  switch (prefix) {
    case key_prefix::meta: return "meta";
    case key_prefix::run: return "run";
    case key_prefix::head: return "head";
    case key_prefix::segment: return "segment";
    case key_prefix::provenance: return "provenance";
    case key_prefix::attempt: return "attempt";
    case key_prefix::state: return "state";
    case key_prefix::checkpoint: return "checkpoint";
    case key_prefix::published: return "published";
  }
  return "unknown";
}

} // namespace

std::string meta_key(std::string_view name) {
  std::string key(1, static_cast<char>(key_prefix::meta));
  key += name;
  return key;
}

std::string run_key(std::string_view run) { return with_run(key_prefix::run, run); }
std::string head_key(std::string_view run) { return with_run(key_prefix::head, run); }
std::string attempt_key(std::string_view run) { return with_run(key_prefix::attempt, run); }
std::string published_key(std::string_view run) { return with_run(key_prefix::published, run); }

std::string segment_key(std::string_view run, std::uint64_t seq) {
  auto key = with_run(key_prefix::segment, run, seq_bytes);
  append_seq(key, seq);
  return key;
}

std::string provenance_key(std::string_view run, std::uint64_t seq) {
  auto key = with_run(key_prefix::provenance, run, seq_bytes);
  append_seq(key, seq);
  return key;
}

std::string state_key(std::string_view run, std::string_view name, std::uint64_t seq) {
  auto key = with_run(key_prefix::state, run, name.size() + 1 + seq_bytes);
  key += name;
  key += '\0';
  append_seq(key, seq);
  return key;
}

std::string checkpoint_key(std::string_view run, std::uint64_t seq, std::uint8_t kind) {
  auto key = with_run(key_prefix::checkpoint, run, seq_bytes + 1);
  append_seq(key, seq);
  key += static_cast<char>(kind);
  return key;
}

std::string prefix_begin(key_prefix prefix, std::string_view run) {
  if (run.empty()) return std::string(1, static_cast<char>(prefix));
  return with_run(prefix, run);
}

std::string prefix_end(key_prefix prefix, std::string_view run) {
  if (run.empty()) return std::string(1, static_cast<char>(static_cast<std::uint8_t>(prefix) + 1));
  auto key = with_run(prefix, run);
  key.back() = '\1';
  return key;
}

std::optional<decoded_key> decode_key(std::string_view key) {
  if (key.empty()) return std::nullopt;
  decoded_key decoded;
  decoded.prefix = static_cast<key_prefix>(static_cast<unsigned char>(key.front()));
  if (prefix_name(decoded.prefix) == "unknown") return std::nullopt;
  auto rest = key.substr(1);
  if (decoded.prefix == key_prefix::meta) {
    decoded.name = std::string(rest);
    return decoded;
  }
  auto run = take_part(rest);
  if (!run) return std::nullopt;
  decoded.run = std::move(*run);
  switch (decoded.prefix) {
    case key_prefix::run:
    case key_prefix::head:
    case key_prefix::attempt:
    case key_prefix::published:
      if (!rest.empty()) return std::nullopt;
      return decoded;
    case key_prefix::state: {
      auto name = take_part(rest);
      if (!name) return std::nullopt;
      decoded.name = std::move(*name);
      break;
    }
    case key_prefix::checkpoint:
      if (rest.size() != seq_bytes + 1) return std::nullopt;
      decoded.kind = static_cast<std::uint8_t>(rest.back());
      rest.remove_suffix(1);
      break;
    default: break;
  }
  if (rest.size() != seq_bytes) return std::nullopt;
  decoded.seq = read_seq(rest);
  return decoded;
}

std::string to_string(const decoded_key& key) {
  std::string text(prefix_name(key.prefix));
  if (key.prefix == key_prefix::meta) return text + "/" + key.name;
  text += "/" + key.run;
  switch (key.prefix) {
    case key_prefix::state: return text + "/" + key.name + "/" + std::to_string(key.seq);
    case key_prefix::checkpoint: return text + "/" + std::to_string(key.seq) + "/" + std::to_string(key.kind);
    case key_prefix::segment:
    case key_prefix::provenance: return text + "/" + std::to_string(key.seq);
    default: return text;
  }
}

} // namespace longwave::storage
