// Lower case of plain ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace longwave {

/// `text` with A-Z as a-z; every other byte stays, so that UTF-8 stays what it is.
inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

} // namespace longwave
