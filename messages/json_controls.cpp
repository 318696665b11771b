// Finds the few UTF-8 sequences that terminals obey and JSON writers leave as they are.
#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace longwave {

namespace {

/// Bytes that a character to escape can begin with.
constexpr std::array<bool, 256> begins = [] {
  std::array<bool, 256> table{};
  for (const unsigned char c : {0x7f, 0xc2, 0xd8, 0xe2, 0xef}) table[c] = true;
  return table;
}();

std::size_t next_suspect(std::string_view text, std::size_t at) {
  while (at < text.size() && !begins[static_cast<unsigned char>(text[at])]) ++at;
  return at < text.size() ? at : std::string_view::npos;
}

struct found {
  std::uint32_t code = 0; ///< 0 = none of them
  std::size_t length = 1;
};

/// The character at `at` if it is one to escape.
found control_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  if (byte(0) == 0x7f) return {0x7f, 1};
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0x9f) return {byte(1), 2};
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return {0x61c, 2};
  if (byte(0) == 0xef && byte(1) == 0xbb && byte(2) == 0xbf) return {0xfeff, 3};
  if (byte(0) != 0xe2) return {};
  if (byte(1) == 0x80 && ((byte(2) >= 0x8e && byte(2) <= 0x8f) || (byte(2) >= 0xa8 && byte(2) <= 0xae)))
    return {0x2000 + (byte(2) - 0x80), 3};
  if (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return {0x2040 + (byte(2) - 0x80), 3};
  return {};
}

} // namespace

std::string escape_controls(std::string json) {
  auto at = next_suspect(json, 0);
  if (at == std::string::npos) return json;
  std::string out;
  std::size_t copied = 0;
  for (; at != std::string::npos; at = next_suspect(json, at)) {
    const auto [code, length] = control_at(json, at);
    if (code != 0) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
      out.append(json, copied, at - copied).append(escape);
      copied = at + length;
    }
    at += length;
  }
  if (copied == 0) return json;
  return out.append(json, copied);
}

std::string controlless_json(const nlohmann::ordered_json& document, int indent) {
  return escape_controls(document.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace longwave
