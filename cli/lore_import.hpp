// Catalogues from outside: reads a file into records, and takes it into a catalogue, all or nothing.
#pragma once

#include "actors/scheduler/lore_intake.hpp"
#include "messages/error.hpp"
#include "storage/lore_store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace longwave::cli {

/// A file (or a server's collection) as read.
struct read_catalogue {
  lore_intake intake;
  /// SHA-256 of the file.
  std::string source_hash;
};

/// Reads and judges every row. `curated` is a file of titles, one a line, or empty.
/// Fails with bad_input when the file as a whole cannot be read.
result<read_catalogue> read_catalogue_file(const std::filesystem::path& file, const std::string& curated);

/// Titles of a file, one a line; lines that begin with # are remarks.
result<curated_titles> read_curated(const std::string& file);

/// One line for each fault, at most `limit`: "lore.jsonl:7: year_min: 2281 lies after year_max 2102".
std::vector<std::string> fault_lines(const lore_intake& intake, const std::string& source, std::size_t limit);

/// The refusal of a file with faults. @pre there is one
failure refusal_of(const lore_intake& intake, const std::string& source);

/// Where a folder has its catalogue: `<DIR>/.longwave/lore`, or below the data folder that its engine.json names.
std::filesystem::path lore_folder_of(const std::filesystem::path& folder);

/// What was read, as a catalogue in memory. Faulty rows refuse it unless `skip_bad`.
result<std::shared_ptr<const lore_catalogue>> as_catalogue(read_catalogue read, const std::string& source, bool skip_bad);

/// A catalogue to read: a folder with one, or a catalogue file. Faulty rows of a file refuse it unless `skip_bad`.
result<std::shared_ptr<const lore_catalogue>> open_catalogue(const std::filesystem::path& where, bool skip_bad);

} // namespace longwave::cli
