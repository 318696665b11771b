// Somebody's text as one short line, for prompts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace longwave {

/// A text as one line of at most `bytes`: blanks of all kinds become one, control characters go, and it ends with a
/// sentence where one ends in its second half, else with a word.
std::string passage_text(std::string_view text, std::size_t bytes);

} // namespace longwave
