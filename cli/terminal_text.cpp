// Escapes what a terminal would obey.
#include "cli/terminal_text.hpp"

#include <utf8.h>

#include <cstdint>
#include <cstdio>

namespace longwave::cli {

namespace {

bool obeyed(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x200e || c == 0x200f || c == 0x061c || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

std::string escaped(std::string_view text, bool keep_lines) {
  std::string sound;
  utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(sound));
  std::string out;
  out.reserve(sound.size());
  for (auto at = sound.begin(); at != sound.end();) {
    const auto from = at;
    const std::uint32_t c = utf8::unchecked::next(at);
    if (!obeyed(c) || (keep_lines && (c == '\n' || c == '\t'))) {
      out.append(from, at);
      continue;
    }
    char name[12];
    std::snprintf(name, sizeof name, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
    out += name;
  }
  return out;
}

} // namespace

std::string terminal_line(std::string_view text) { return escaped(text, false); }

std::string terminal_text(std::string_view text) { return escaped(text, true); }

} // namespace longwave::cli
