// Words are counted eight bytes at a time.
#include "messages/sentences.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace longwave {

namespace {

/// What may stand between an end mark and the blank behind it.
bool closes(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80 || std::string_view(".!?\"')]*_").find(c) != std::string_view::npos;
}

} // namespace

std::size_t count_words(std::string_view text) noexcept {
  // Prompts are long and counted for every segment: eight bytes at a time. The highest bit of each byte of `solid` says
  // that the byte is no white space (it is above ' ').
  constexpr std::uint64_t highest = 0x8080808080808080u;
  std::size_t words = 0;
  std::size_t at = 0;
  std::uint64_t before = 0; // the highest bit of the lowest byte: the byte before was no white space
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes); // the first byte is lowest
    const std::uint64_t solid = (((bytes & ~highest) + 0x5f5f5f5f5f5f5f5fu) | bytes) & highest;
    const std::uint64_t starts = solid & ~((solid << 8) | before);
    words += ((starts >> 7) * 0x0101010101010101u) >> 56;
    before = solid >> 56;
  }
  for (; at < text.size(); ++at) {
    const bool now = static_cast<unsigned char>(text[at]) > ' ';
    words += now && before == 0;
    before = now ? 0x80 : 0;
  }
  return words;
}

std::size_t first_sentence(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != '!' && text[i] != '?') continue;
    auto end = i + 1;
    // Closing quotes and further marks belong to the sentence; typographic quotes have three bytes. "3.50" ends none.
    while (end < text.size() && end - i < 6 && closes(text[end])) ++end;
    if (end < text.size() && text[end] != ' ' && text[end] != '\n') continue;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\n')) ++end;
    return end;
  }
  return text.size();
}

} // namespace longwave
