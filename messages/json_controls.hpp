// JSON text that shows no control character, whatever is in its strings: safe to print, log and page through.
#pragma once

#include <string>

namespace longwave {

/// Writes DEL, C1 controls, bidi marks, overrides and isolates, line and paragraph separators and the byte order mark of a
/// JSON text as \uXXXX escapes: the same document for every parser. The other controls are escaped by every writer.
/// @param json valid JSON in UTF-8; outside strings it has none of these characters
std::string escape_controls(std::string json);

} // namespace longwave
