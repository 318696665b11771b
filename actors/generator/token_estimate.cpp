// Characters to tokens.
#include "actors/generator/token_estimate.hpp"

namespace longwave {

std::uint64_t estimate_tokens(std::string_view text) noexcept {
  std::uint64_t ascii = 0, others = 0;
  for (const unsigned char c : text) {
    ascii += c < 0x80;
    others += c >= 0xc0; // lead bytes of UTF-8: one a character
  }
  return (ascii + 3) / 4 + (others * 3 + 3) / 4;
}

} // namespace longwave
