// Packs on disk: finding, reading and checking them before a run begins.
#pragma once

#include "messages/error.hpp"
#include "messages/pack.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace longwave::storage {

/// Reads a pack and checks everything: schemas, references, numbers, names, sizes and encoding. Every fault fails with
/// bad_pack and names file, field and reason in one line.
///
/// `pack.json` lists the files: "profiles", "stories" and "skeletons" name files, or folders whose *.json are read in
/// name order; "topics" and "grammar" name one file each. The schemas (JSON Schema draft 7) lie in `../schema` beside
/// the pack's folder; without them the structure is checked by reading alone.
result<content_pack> load_pack(const std::filesystem::path& folder);

/// The folder of a pack given as a folder, or by name in the first search folder that has it. Fails with not_found.
result<std::filesystem::path> find_pack(const std::string& name_or_path,
                                        const std::vector<std::filesystem::path>& search);

/// All folders with a pack.json directly below the search folders, in order, each name once.
std::vector<std::filesystem::path> list_packs(const std::vector<std::filesystem::path>& search);

} // namespace longwave::storage
