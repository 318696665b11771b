// `longwave profiles`: the DJs of all packs that can be found.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/verbs.hpp"
#include "storage/pack_folder.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

namespace {

using profile_json = nlohmann::ordered_json;

profile_json describe(const content_pack& pack, const dj_profile& p) {
  return {{"name", p.name},
          {"shortcuts", p.shortcuts},
          {"role", p.role},
          {"station", p.station},
          {"region", p.knowledge.region},
          {"temporal_cutoff_year", p.knowledge.temporal_cutoff_year},
          {"start_date", p.start_date},
          {"pack", pack.name}};
}

void print_profile(const profile_json& p) {
  std::string names;
  for (const auto& s : p["shortcuts"]) names += (names.empty() ? "" : ", ") + s.get<std::string>();
  print_line(p.value("name", std::string()) + (names.empty() ? "" : "  (" + names + ")"));
  print_line("    " + p.value("role", std::string()));
  print_line("    pack " + p.value("pack", std::string()) + ", region " + p.value("region", std::string()) +
             ", knows nothing after " + std::to_string(p.value("temporal_cutoff_year", 0)) + ", begins " +
             p.value("start_date", std::string()));
}

} // namespace

int profiles_verb(const arguments& args) {
  common_options options;
  std::string only;
  CLI::App app("List the DJs that --dj can name, from all packs.", "profiles");
  add_common_options(app, options);
  app.add_option("--pack", only, "Only this pack, a folder or a name");
  if (const auto over = parse_arguments(app, args)) return *over;

  std::vector<std::filesystem::path> folders = storage::list_packs(pack_search_path());
  if (!only.empty()) {
    auto found = storage::find_pack(only, pack_search_path());
    if (!found) return report_failure(found.error(), options.json);
    folders = {found.value()};
  }
  int code = exit_done;
  auto list = profile_json::array();
  for (const auto& folder : folders) {
    auto pack = storage::load_pack(folder);
    if (!pack) {
      code = report_failure(pack.error(), options.json);
      continue;
    }
    for (const auto& p : pack.value().profiles) list.push_back(describe(pack.value(), p));
  }
  if (options.json)
    print_json(list, 2);
  else
    for (const auto& p : list) print_profile(p);
  return finish_output(code);
}

} // namespace longwave::cli
