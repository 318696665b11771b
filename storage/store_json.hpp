// Text forms of what the store keeps, shared by its writing and reading halves. Included only within storage/.
#pragma once

#include "messages/error.hpp"
#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace longwave::storage {

/// Compact dump; invalid UTF-8 is replaced, never thrown.
std::string dump(const nlohmann::json& j);

/// The head as stored, with `epoch` in place of its own: equal to dump(json(h)).
std::string head_text(const run_head& h, std::uint64_t epoch);

/// The note as stored: equal to dump(json(n)).
std::string note_text(const attempt_note& n);

/// The one wording for damage found in the store; `place` is a printable key.
inline failure damaged_store(std::string_view place, std::string why) {
  return {error_code::store_damaged, "the store is damaged", std::string(place) + ": " + std::move(why),
          "nothing was changed; save what is sound with `longwave repair DIR --to DIR2`"};
}

/// Parses a stored payload into `T`; damage names `place`.
template <class T>
result<T> parse_stored(std::string_view payload, std::string_view place) {
  try {
    return nlohmann::json::parse(payload).get<T>();
  } catch (const nlohmann::json::exception& e) {
    return damaged_store(place, e.what());
  }
}

} // namespace longwave::storage
