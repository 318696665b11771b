// Text that came from a model, a file or the network, made safe for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace longwave::cli {

/// One line: control characters (C0, DEL, C1), line ends, bidi overrides and isolates, BOM, line and paragraph
/// separators and invalid UTF-8 become a visible escape ("\x1b", "\u202e") or U+FFFD. Everything else stays.
std::string terminal_line(std::string_view text);

/// The same, but '\n' and '\t' stay: for texts of several lines.
std::string terminal_text(std::string_view text);

} // namespace longwave::cli
