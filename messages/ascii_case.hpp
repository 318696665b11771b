// Lower case of plain ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace longwave {

/// A-Z as a-z, every other byte as it is.
constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// `text` with A-Z as a-z; every other byte stays, so that UTF-8 stays what it is.
inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

} // namespace longwave
