// `longwave packs`: the packs that can be found, and whether they can be used.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/verbs.hpp"
#include "storage/pack_folder.hpp"

namespace longwave::cli {

namespace {

using pack_json = nlohmann::ordered_json;

pack_json describe(const content_pack& pack) {
  std::size_t acts = 0;
  for (const auto& story : pack.stories) acts += story.acts.size();
  auto languages = pack_json::array();
  for (const auto& [language, grammar] : pack.grammars) languages.push_back(language);
  return {{"name", pack.name},
          {"title", pack.title},
          {"version", pack.version},
          {"kind", pack.kind},
          {"folder", pack.folder.string()},
          {"profiles", pack.profiles.size()},
          {"stories", pack.stories.size()},
          {"acts", acts},
          {"skeletons", pack.skeletons.size()},
          {"languages", std::move(languages)},
          {"content_hash", pack.content_hash},
          {"valid", true}};
}

void print_pack(const pack_json& p) {
  if (!p.value("valid", false))
    return print_line(p.value("folder", std::string()) + ": " + p.value("fault", std::string()));
  print_line(p.value("name", std::string()) + " " + p.value("version", std::string()) + "  " +
             p.value("title", std::string()));
  std::string content;
  for (const auto* name : {"profiles", "stories", "acts", "skeletons"})
    content += std::to_string(p.value(name, std::size_t{0})) + " " + name + ", ";
  print_line("    " + p.value("kind", std::string()) + ": " + content + "languages " + p["languages"].dump());
  print_line("    " + p.value("folder", std::string()));
}

} // namespace

int packs_verb(const arguments& args) {
  common_options options;
  CLI::App app(
    "List the packs that --pack can name: those in LONGWAVE_PACK_PATH, then those that came with the program.",
    "packs");
  add_common_options(app, options);
  if (const auto over = parse_arguments(app, args)) return *over;

  int code = exit_done;
  auto list = pack_json::array();
  for (const auto& folder : storage::list_packs(pack_search_path())) {
    auto pack = storage::load_pack(folder);
    if (!pack) code = exit_code_of(pack.error().code);
    list.push_back(pack ? describe(pack.value())
                        : pack_json{{"folder", folder.string()}, {"valid", false}, {"fault", to_string(pack.error())}});
  }
  if (options.json)
    print_json(list, 2);
  else
    for (const auto& p : list) print_pack(p);
  return finish_output(code);
}

} // namespace longwave::cli
