// Writing JSON text by hand where it is on the hot path: byte for byte what nlohmann's compact dump gives.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace longwave {

/// Appends `text` as a JSON string with quotes. Non-ASCII is kept as UTF-8; invalid bytes become U+FFFD exactly as
/// nlohmann's `error_handler_t::replace` does it. Never throws but for lack of memory.
void append_json_string(std::string& out, std::string_view text);

/// Rounds to three decimals; NaN and infinities become 0, so that a damaged number cannot make damaged JSON.
double rounded3(double value) noexcept;

/// Appends `value` rounded to three decimals: "0.25", "1.0".
void append_json_fraction(std::string& out, double value);

/// Appends a whole number.
template <std::integral T>
void append_json_number(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

} // namespace longwave
