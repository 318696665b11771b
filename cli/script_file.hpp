// Reads scripts to be judged from a file: plain text, JSON or JSON Lines (contract, "JSON shapes").
#pragma once

#include "messages/error.hpp"
#include "messages/segment.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace longwave::cli {

/// One script and what its file says of its place in a broadcast.
struct script_entry {
  /// 0-based within the file.
  std::size_t index = 0;
  std::string text;
  /// What the rules need to know: number, type, day and hour. Made up in order where the file does not say.
  segment_plan plan;
};

/// Reads a file. Fails with bad_input and the file, line or entry; skipped segments of an export are left out.
result<std::vector<script_entry>> read_scripts(const std::filesystem::path& path);

/// The same from bytes; `name` (its extension decides: .json, .jsonl, anything else is text unless it can only be JSON
/// with scripts in it) stands in messages.
result<std::vector<script_entry>> scripts_in(const std::string& name, std::string_view bytes);

} // namespace longwave::cli
