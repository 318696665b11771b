// Finds packs and DJs by name: where packs may lie, which one holds a DJ, whom a short name means (contract 8.30).
#pragma once

#include "messages/error.hpp"
#include "messages/pack.hpp"
#include "messages/profile.hpp"
#include "messages/run_config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace longwave::cli {

/// Folders that may hold packs, first wins: LONGWAVE_PACK_PATH (separated by colons), beside the program
/// (../share/longwave/packs), the source tree of a build. Never the working folder. Only those that exist.
std::vector<std::filesystem::path> pack_search_path();

/// The schemas that came with the program; empty when they cannot be found.
std::filesystem::path program_schemas();

/// The pack of a run. `pack_option` is a folder or a name; without it the pack that holds `dj`, for story runs
/// "midnight". Fails with not_found, bad_pack or unknown_dj.
result<content_pack> pack_for(const std::string& pack_option, const std::string& dj, run_kind kind);

/// The profile that `name` means: full name or shortcut in any case, else the only profile whose name holds it.
/// Fails with unknown_dj and lists all names, or those that fit when there are several.
result<dj_profile> resolve_dj(const content_pack& pack, const std::string& name);
result<dj_profile> resolve_dj(const std::vector<dj_profile>& profiles, const std::string& name);

/// The pack that a stored run was made with, if it is still there unchanged: for views of its state.
result<content_pack> pack_of_run(const run_config& config);

} // namespace longwave::cli
