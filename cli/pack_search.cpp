// Search folders, and names of DJs over all packs in them.
#include "cli/pack_search.hpp"

#include "cli/kept_packs.hpp"
#include "cli/run_content.hpp"
#include "messages/ascii_case.hpp"
#include "storage/pack_folder.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Pack of a story run that names none (contract 8.30).
constexpr const char* default_story_pack = "midnight";

std::string listed(const std::vector<dj_profile>& profiles) {
  std::string list;
  for (const auto& p : profiles) {
    if (!list.empty()) list += ", ";
    list += p.name;
    if (!p.shortcuts.empty()) list += " (" + p.shortcuts.front() + ")";
  }
  return list.empty() ? "none" : list;
}

bool is_exactly(const dj_profile& p, const std::string& wanted) {
  if (ascii_lower(p.name) == wanted) return true;
  return std::any_of(p.shortcuts.begin(), p.shortcuts.end(), [&](const auto& s) { return ascii_lower(s) == wanted; });
}

failure no_pack(const std::string& what) {
  std::string places;
  for (const auto& folder : pack_search_path()) places += (places.empty() ? "" : ", ") + folder.string();
  return {error_code::not_found, "cannot find " + what, "looked in: " + (places.empty() ? "nowhere" : places),
          "give --pack DIR, or name the folder that holds packs in LONGWAVE_PACK_PATH"};
}

/// A copy: what a run adds to a pack or leaves out is its own.
result<content_pack> load_from(const fs::path& folder) {
  auto pack = packs_of_process().read(folder);
  if (!pack) return pack.error();
  return *pack.value();
}

result<content_pack> load_named(const std::string& name) {
  auto folder = storage::find_pack(name, pack_search_path());
  if (!folder) {
    auto missing = folder.error();
    missing.code = error_code::bad_pack; // contract 8.28: whatever is wrong with the pack is 65
    return missing;
  }
  return load_from(folder.value());
}

/// Looks for the DJ pack by pack and loads the one: a full name or shortcut ends the search where it is found. A pack that
/// cannot be read is only in the way when no other has the DJ.
result<content_pack> pack_that_holds(const std::string& dj) {
  std::vector<fs::path> homes;
  std::vector<dj_profile> everybody;
  std::optional<failure> unreadable;
  for (const auto& folder : storage::list_packs(pack_search_path())) {
    auto names = storage::load_dj_names(folder);
    if (!names) {
      if (!unreadable) unreadable = names.error();
      continue;
    }
    for (auto& p : names.value()) {
      if (is_exactly(p, ascii_lower(dj))) return load_from(folder);
      // The same DJ in a later pack is hidden by the first, not ambiguous with it.
      if (std::any_of(everybody.begin(), everybody.end(), [&](const auto& known) { return known.name == p.name; })) continue;
      homes.push_back(folder);
      everybody.push_back(std::move(p));
    }
  }
  auto wanted = resolve_dj(everybody, dj);
  if (!wanted) return unreadable ? *unreadable : wanted.error();
  for (std::size_t i = 0; i < everybody.size(); ++i)
    if (everybody[i].name == wanted.value().name) return load_from(homes[i]);
  return no_pack("a pack with the DJ " + dj);
}

} // namespace

std::vector<fs::path> pack_search_path() {
  std::vector<fs::path> found;
  std::error_code ec;
  const auto add = [&](const fs::path& folder) {
    if (!folder.empty() && fs::is_directory(folder, ec) && std::find(found.begin(), found.end(), folder) == found.end())
      found.push_back(folder);
  };
  if (const char* named = std::getenv("LONGWAVE_PACK_PATH")) {
    std::string_view rest(named);
    while (!rest.empty()) {
      const auto colon = std::min(rest.find(':'), rest.size());
      if (colon > 0) add(fs::absolute(fs::path(rest.substr(0, colon)), ec).lexically_normal());
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  const auto program = fs::read_symlink("/proc/self/exe", ec);
  if (!ec) add((program.parent_path() / "../share/longwave/packs").lexically_normal());
#ifdef LONGWAVE_SOURCE_PACKS
  add(LONGWAVE_SOURCE_PACKS);
#endif
  return found;
}

fs::path program_schemas() {
  std::error_code ec;
  for (const auto& folder : pack_search_path())
    if (fs::exists(folder / "schema" / "pack.schema.json", ec)) return folder / "schema";
  return {};
}

result<dj_profile> resolve_dj(const std::vector<dj_profile>& profiles, const std::string& name) {
  const auto wanted = ascii_lower(name);
  std::vector<dj_profile> fitting;
  for (const auto& p : profiles) {
    if (wanted.empty()) break;
    if (is_exactly(p, wanted)) return p;
    if (ascii_lower(p.name).find(wanted) != std::string::npos) fitting.push_back(p);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty())
    return failure{error_code::unknown_dj, "unknown DJ '" + name + "'", "there are: " + listed(profiles),
                   "give one of these names"};
  return failure{error_code::unknown_dj, "the DJ '" + name + "' is ambiguous", "it fits: " + listed(fitting),
                 "give the full name"};
}

result<dj_profile> resolve_dj(const content_pack& pack, const std::string& name) {
  return resolve_dj(pack.profiles, name);
}

result<content_pack> pack_for(const std::string& pack_option, const std::string& dj, run_kind kind) {
  if (!pack_option.empty()) return load_named(pack_option);
  if (kind == run_kind::stories) return load_named(default_story_pack);
  return pack_that_holds(dj);
}

result<content_pack> pack_of_run(const run_config& config) {
  auto content = load_run_content(config);
  if (!content) return content.error();
  if (content.value().pack.content_hash != config.pack_hash)
    return failure{error_code::bad_pack, "the pack of run " + config.run_id + " has changed",
                   content.value().pack.folder.string() + " is not what the run was made with, or its catalogue or quest pool is not",
                   "name the old one in LONGWAVE_PACK_PATH"};
  return std::move(content.value().pack);
}

} // namespace longwave::cli
