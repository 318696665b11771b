// What is kept of an attempt so that `longwave why` can show how a segment came about.
#pragma once

#include "messages/draft.hpp"

#include <cstddef>
#include <string>

namespace longwave {

/// A rejected draft is kept up to here, bytes; what is longer ends with an ellipsis, between characters.
inline constexpr std::size_t evidence_limit = 8 * 1'024;

/// One JSON object: {"usage","usage_source","estimated_usage"?,"took_ms","text"?,"text_bytes"?,"judge"?}. Broken UTF-8
/// is replaced.
/// @param with_text keeps the text; an accepted one is in its record already
std::string evidence_of(const draft& answer, bool with_text);

} // namespace longwave
