// JSON text that shows no control character, whatever is in its strings: safe to print, log and page through.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace longwave {

/// Writes DEL, C1 controls, bidi marks, overrides and isolates, line and paragraph separators and the byte order mark of a
/// JSON text as \uXXXX escapes: the same document for every parser. The other controls are escaped by every writer.
/// @param json valid JSON in UTF-8; outside strings it has none of these characters
std::string escape_controls(std::string json);

/// A document as such text; bytes that are no UTF-8 become U+FFFD.
/// @param indent spaces a level; -1 for one line
std::string controlless_json(const nlohmann::ordered_json& document, int indent);

} // namespace longwave
