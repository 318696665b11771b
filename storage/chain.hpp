// The hash chain over a run's records (contract 8.20), and SHA-256 for whoever needs it.
#pragma once

#include "messages/record.hpp"

#include <string>
#include <string_view>

namespace longwave::storage {

/// SHA-256 in lower-case hex. Thread-safe.
std::string sha256_hex(std::string_view bytes);

/// SHA-256 of `prev_hash`, a newline and the record's canonical JSON.
std::string chain_hash(std::string_view prev_hash, std::string_view canonical);

/// Links a finished record behind `prev_hash`: sets `prev_hash` and `hash`.
void link_record(segment_record& record, std::string_view prev_hash);

} // namespace longwave::storage
