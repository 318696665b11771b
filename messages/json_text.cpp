// Escaping and number formatting for hand-written JSON; tests hold it against nlohmann's dump.
#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace longwave {

namespace {

enum byte_class : std::uint8_t { plain, special, lead };

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int i = 0; i < 256; ++i) table[i] = i < 0x20 || i == '"' || i == '\\' ? special : i < 0x80 ? plain : lead;
  return table;
}();

/// Length of the well-formed UTF-8 sequence at `p` (Unicode table 3-7), or 0.
std::size_t sequence_length(const unsigned char* p, const unsigned char* end) noexcept {
  const auto tail = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xbf) {
    return p + i < end && p[i] >= low && p[i] <= high;
  };
  if (p[0] >= 0xc2 && p[0] <= 0xdf) return tail(1) ? 2 : 0;
  if (p[0] == 0xe0) return tail(1, 0xa0) && tail(2) ? 3 : 0;
  if (p[0] == 0xed) return tail(1, 0x80, 0x9f) && tail(2) ? 3 : 0;
  if (p[0] >= 0xe1 && p[0] <= 0xef) return tail(1) && tail(2) ? 3 : 0;
  if (p[0] == 0xf0) return tail(1, 0x90) && tail(2) && tail(3) ? 4 : 0;
  if (p[0] >= 0xf1 && p[0] <= 0xf3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  if (p[0] == 0xf4) return tail(1, 0x80, 0x8f) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += hex[c >> 4];
  out += hex[c & 15];
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = p + text.size();
  const auto* run = p;
  out += '"';
  while (p != end) {
    const auto kind = classes[*p];
    if (kind == plain) {
      ++p;
    } else if (kind == lead) {
      const auto length = sequence_length(p, end);
      if (length == 0) {
        // Rare and never hot: what replacing looks like is left to the library that readers use.
        out.resize(start);
        out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        return;
      }
      p += length;
    } else {
      out.append(reinterpret_cast<const char*>(run), static_cast<std::size_t>(p - run));
      append_escape(out, *p++);
      run = p;
    }
  }
  out.append(reinterpret_cast<const char*>(run), static_cast<std::size_t>(p - run));
  out += '"';
}

double rounded3(double value) noexcept {
  if (!std::isfinite(value)) return 0;
  if (std::fabs(value) >= 1e12) return value;
  return static_cast<double>(std::llround(value * 1000)) / 1000;
}

void append_json_double(std::string& out, double value) {
  // What most of ours are: 0.5, 12.25. The library's shortest form has no exponent there and a point always.
  const auto thousandths = value * 1000;
  if (std::fabs(value) < 1e9 && std::fabs(value) >= 0.001 && std::trunc(thousandths) == thousandths &&
      static_cast<double>(std::llround(thousandths)) / 1000 == value)
    return append_json_fraction(out, value);
  out += nlohmann::json(value).dump();
}

void append_json_fraction(std::string& out, double value) {
  value = rounded3(value);
  if (std::fabs(value) >= 1e12) {
    out += nlohmann::json(value).dump();
    return;
  }
  const auto thousandths = std::llround(value * 1000);
  if (thousandths < 0) out += '-';
  const auto whole = std::llabs(thousandths);
  append_json_number(out, whole / 1000);
  const auto rest = whole % 1000;
  const char digits[] = {static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                         static_cast<char>('0' + rest % 10)};
  out += '.';
  out.append(digits, rest % 10 != 0 ? 3 : rest % 100 != 0 ? 2 : 1);
}

std::string compact_json(const nlohmann::json& document) {
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace longwave
