// Reads anybody's catalogue file row by row: JSON Lines, JSON, CSV, or the export of a ChromaDB collection.
#pragma once

#include "messages/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace longwave::storage {

/// What is wrong with one row, before it is looked at as a record.
struct row_fault {
  /// not_utf8, bad_json, bad_csv or too_large.
  std::string kind;
  std::string why;
};

/// One row: a value, or what is wrong with it. `line` counts from 1; rows of a JSON list or an export are counted
/// themselves, as they have no lines.
using row_sink = std::function<void(std::uint64_t line, const nlohmann::json* value, const row_fault* fault)>;

/// Limits of a file. A longer line is a fault of its own; the rest of the file is still read.
struct lore_file_limits {
  std::uint64_t file_bytes = std::uint64_t{4} << 30;
  std::size_t line_bytes = 16 << 20;
  /// For files that have to be read as a whole (JSON, exports).
  std::uint64_t whole_bytes = std::uint64_t{1} << 30;
};

/// The form of a catalogue.
enum class lore_form { json_lines, json, csv };

/// Gives every row of a file to `sink` in order. The form follows from the name's ending, .csv and .json, else from the
/// first character; a `.json` that is not one JSON value is read as JSON Lines.
///
/// JSON may be a list of records, an object with the list `records`, `stories` or `segments`, one record, or an export
/// {"ids":[...],"documents":[...],"metadatas":[...]}, whose lists may lie in one list more each. A line of JSON Lines
/// may be an export too. CSV has a line of names first; quotes, and line breaks within them, as in RFC 4180; commas,
/// semicolons or tabs between fields.
///
/// Fails with bad_input (no such file, too large, UTF-16, no list in it) or io_failed.
result<lore_form> read_lore_file(const std::filesystem::path& file, const row_sink& sink, const lore_file_limits& limits = {});

/// The same of bytes in memory, for tests, fuzzing and servers.
result<lore_form> read_lore_text(std::string_view bytes, lore_form form, const row_sink& sink, const lore_file_limits& limits = {});

/// Rows of an export; false when the value is none. A row has the fields id, text and metadata.
bool read_chroma_export(const nlohmann::json& value, std::uint64_t first_line, const row_sink& sink);

} // namespace longwave::storage
