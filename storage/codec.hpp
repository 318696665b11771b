// The envelope around every stored value: format byte, checksum, JSON text.
//
// RocksDB has checksums of its own, but only a second one that travels with the value shows damage done above the
// block layer, and lets `repair` judge values it finds anywhere.
#pragma once

#include "messages/error.hpp"

#include <array>
#include <string>
#include <string_view>

namespace longwave::storage {

/// Format byte in front of every value. A reader refuses any other.
inline constexpr char codec_version = 1;

/// Format byte and big-endian xxh3-64 over the payload.
using seal_header = std::array<char, 9>;

/// The envelope's first bytes for `payload`; the payload itself follows unchanged.
seal_header seal(std::string_view payload) noexcept;

/// Header and payload in one string.
std::string sealed(std::string_view payload);

/// The payload inside `value`. Fails with store_damaged; `key` is the printable key for the message.
result<std::string_view> unseal(std::string_view value, std::string_view key);

} // namespace longwave::storage
