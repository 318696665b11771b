// How many tokens a text will be for a model, guessed from its characters.
#pragma once

#include <cstdint>
#include <string_view>

namespace longwave {

/// An estimate, not a count: four ASCII characters a token (English prose of common tokenizers is 4.0 to 4.5), and
/// three tokens for every four other characters. Good to about a quarter; never shown as a reported number.
std::uint64_t estimate_tokens(std::string_view text) noexcept;

/// Tokens that a chat request adds around its two messages.
inline constexpr std::uint64_t message_overhead_tokens = 16;

} // namespace longwave
