// Blanks, control characters, and where to cut.
#include "messages/passage_text.hpp"

#include <algorithm>

namespace longwave {

namespace {

/// Where a text that is too long is cut: behind a sentence in its second half, else before a word.
std::size_t place_to_cut(std::string_view text, std::size_t bytes) {
  for (std::size_t i = bytes; i > bytes / 2; --i)
    if (text[i] == ' ' && (text[i - 1] == '.' || text[i - 1] == '!' || text[i - 1] == '?')) return i;
  const auto blank = text.rfind(' ', bytes);
  if (blank != std::string_view::npos && blank > 0) return blank;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end;
}

} // namespace

std::string passage_text(std::string_view text, std::size_t bytes) {
  std::string line;
  line.reserve(std::min(text.size(), bytes + 64));
  for (const unsigned char c : text) {
    if (line.size() > bytes + 4) break; // one character more than fits tells that it is too long
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (c >= 0x20 && c != 0x7f) {
      line += static_cast<char>(c);
    }
  }
  if (line.size() > bytes) line.resize(place_to_cut(line, bytes));
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

} // namespace longwave
