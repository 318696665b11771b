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

/// Every fault of a pack, in the order of its files; empty when it can be used as far as `load_pack` sees.
/// @param schemas  where the schemas lie when there are none beside the pack
std::vector<failure> check_pack(const std::filesystem::path& folder, const std::filesystem::path& schemas);

/// Who speaks in a pack, for finding a DJ in many packs: profiles of which `name` and `shortcuts` alone are filled. Reads
/// `pack.json` and the profiles and holds them against no schema: the pack that is taken is loaded as a whole.
/// Fails with bad_pack.
result<std::vector<dj_profile>> load_dj_names(const std::filesystem::path& folder);

/// The folder of a pack given as a folder, or by name in the first search folder that has it. Fails with not_found.
result<std::filesystem::path> find_pack(const std::string& name_or_path,
                                        const std::vector<std::filesystem::path>& search);

/// All folders with a pack.json directly below the search folders, in order, each name once.
std::vector<std::filesystem::path> list_packs(const std::vector<std::filesystem::path>& search);

} // namespace longwave::storage
