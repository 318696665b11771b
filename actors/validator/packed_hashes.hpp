// Hashes in JSON: little-endian bytes as base64, a fifth of the size of decimal numbers with their commas.
#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

inline constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Numbers of one width as text, without padding.
template <class Int, class Range>
std::string packed(const Range& numbers) {
  std::string out;
  out.reserve(numbers.size() * sizeof(Int) * 4 / 3 + 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (Int n : numbers) {
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
      bits = (bits << 8) | static_cast<std::uint32_t>((n >> (8 * i)) & 0xFF);
      for (held += 8; held >= 6; held -= 6) out += base64_digits[(bits >> (held - 6)) & 63];
    }
  }
  if (held > 0) out += base64_digits[(bits << (6 - held)) & 63];
  return out;
}

/// What each character stands for; 64 = it is none of the digits.
inline constexpr auto base64_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(64);
  for (std::size_t i = 0; i < base64_digits.size(); ++i) values[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

/// The inverse. Throws nlohmann::json::exception when the value is no text or holds another character.
template <class Int>
std::vector<Int> unpacked(const nlohmann::json& j) {
  const auto& text = j.get_ref<const std::string&>();
  std::vector<Int> out;
  out.reserve(text.size() * 3 / 4 / sizeof(Int));
  std::uint32_t bits = 0;
  int held = 0;
  Int number = 0;
  std::size_t byte = 0;
  for (char c : text) {
    const auto digit = base64_values[static_cast<unsigned char>(c)];
    if (digit == 64)
      throw nlohmann::json::other_error::create(501, "packed hashes hold a character that is not base64", &j);
    bits = (bits << 6) | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    number |= static_cast<Int>((bits >> held) & 0xFF) << (8 * byte);
    if (++byte < sizeof(Int)) continue;
    out.push_back(number);
    number = 0;
    byte = 0;
  }
  return out;
}

} // namespace longwave
