// The words of a text as numbers, for figures about language.
#pragma once

#include <cstdint>
#include <string_view>

namespace longwave {

/// Calls `take` with the hash of each word in order (FNV-1a, 64 bits, never 0). A word is a run of letters, digits and
/// apostrophes in lower case; other scripts count by their bytes.
template <class Take>
void for_each_word_hash(std::string_view text, Take take) {
  std::uint64_t hash = 0;
  for (unsigned char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<unsigned char>(c + 32);
    const bool inside = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 || c == '\'';
    if (inside) {
      hash = ((hash == 0 ? 14695981039346656037ull : hash) ^ c) * 1099511628211ull;
    } else if (hash != 0) {
      take(hash);
      hash = 0;
    }
  }
  if (hash != 0) take(hash);
}

} // namespace longwave
