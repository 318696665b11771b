// Ends and phrases of a text.
#pragma once

#include <algorithm>
#include <string_view>

namespace longwave {

/// `text` without the blanks of ASCII at its ends.
inline std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Whether `text` begins with one of a list of phrases, letter by letter.
template <class Phrases>
bool starts_with_one_of(std::string_view text, const Phrases& phrases) noexcept {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) { return text.starts_with(phrase); });
}

/// Whether one of a list of phrases stands anywhere in `text`, letter by letter.
template <class Phrases>
bool holds_one_of(std::string_view text, const Phrases& phrases) noexcept {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) { return text.find(phrase) != std::string_view::npos; });
}

} // namespace longwave
