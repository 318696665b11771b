// Words and sentences of a text as a reader counts them.
#pragma once

#include <cstddef>
#include <string_view>

namespace longwave {

/// Number of words: runs of characters between white space.
std::size_t count_words(std::string_view text) noexcept;

/// Length of the first sentence in bytes, with closing quotes and the blanks behind it; the whole text where none ends.
std::size_t first_sentence(std::string_view text) noexcept;

} // namespace longwave
