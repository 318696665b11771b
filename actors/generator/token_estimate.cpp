// Characters to tokens.
#include "actors/generator/token_estimate.hpp"

#include <cstring>

namespace longwave {

std::uint64_t estimate_tokens(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080ull;
  std::uint64_t ascii = 0, others = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::uint64_t eight = high_bits;
    if (text.size() - i >= sizeof eight) std::memcpy(&eight, text.data() + i, sizeof eight);
    if ((eight & high_bits) == 0) { // eight characters at once: most texts have nothing else
      ascii += sizeof eight;
      i += sizeof eight;
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i++]);
    ascii += c < 0x80;
    others += c >= 0xc0; // lead bytes of UTF-8: one a character
  }
  return (ascii + 3) / 4 + (others * 3 + 3) / 4;
}

} // namespace longwave
