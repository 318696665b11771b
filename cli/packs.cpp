// `longwave packs`: the packs that can be found, a new one to begin with, and what is wrong with one.
#include "actors/generator/grammar.hpp"
#include "actors/generator/grammar_trial.hpp"
#include "actors/scheduler/story_audit.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"
#include "storage/pack_folder.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <memory>

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

namespace {

/// A pack of the program's to begin with: small, and a run with it works.
constexpr const char* starter_name = "starter";

result<std::filesystem::path> write_starter(const std::filesystem::path& to, const std::string& name) {
  namespace fs = std::filesystem;
  const auto from = program_schemas() / starter_name;
  std::error_code ec;
  if (program_schemas().empty() || !fs::exists(from / "pack.json", ec))
    return failure{error_code::not_found, "cannot write a pack",
                   "the program's own starter pack is not where it was installed", "install the program again"};
  if (fs::exists(to, ec) && !(fs::is_directory(to, ec) && fs::is_empty(to, ec)))
    return failure{error_code::output_unwritable, "cannot write a pack to " + to.string(), "it exists and is not empty",
                   "name a new folder"};
  fs::create_directories(to, ec);
  if (!ec) fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, ec);
  if (ec) return storage::file_failure("cannot write", to, ec.value());
  std::ifstream in(to / "pack.json");
  auto manifest = nlohmann::ordered_json::parse(in, nullptr, false);
  if (manifest.is_discarded())
    return failure{error_code::io_failed, "cannot write a pack to " + to.string(), "what was copied does not read back",
                   "check the disk"};
  manifest["name"] = name;
  auto written =
    storage::write_file_atomically(storage::system_file_calls(), to / "pack.json", manifest.dump(2) + "\n");
  if (!written) return written.error();
  return to;
}

/// A folder's name as a pack may be called.
std::string pack_name_of(const std::filesystem::path& folder) {
  auto name =
    legalised_run_id(folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string());
  std::replace(name.begin(), name.end(), '.', '-');
  return name;
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) { return c >= 0x80 || std::isalnum(c) != 0 || std::strchr("/._-+,:@%", c) != nullptr; };
  if (std::all_of(text.begin(), text.end(), plain)) return text;
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
}

int new_verb(const arguments& args) {
  common_options options;
  std::string folder, name;
  CLI::App app("Write a small pack that works, to be made into your own: `longwave broadcast --pack DIR --dj robin "
               "--duration 16`.",
               "packs new");
  add_common_options(app, options);
  app.add_option("DIR", folder, "A folder that does not exist yet")->default_str("")->required();
  app.add_option("--name", name, "The pack's name [the folder's]");
  if (const auto over = parse_arguments(app, args)) return *over;
  if (folder.empty()) return report_usage(app, "DIR is empty", options.json);
  std::error_code ec;
  const auto to = std::filesystem::absolute(folder, ec).lexically_normal();
  auto made = write_starter(to, name.empty() ? pack_name_of(to) : name);
  if (!made) return report_failure(made.error(), options.json);
  if (options.json)
    print_json({{"pack", made.value().string()}});
  else {
    print_line(made.value().string());
    print_line("  try it:    longwave broadcast --pack " + shell_word(folder) + " --dj robin --duration 16");
    print_line("  check it:  longwave packs check " + shell_word(folder));
  }
  return finish_output(exit_done);
}

/// What a pack's files cannot show one by one: grammars that stop in the middle, stories that their own DJ may not tell.
void look_deeper(const content_pack& pack, std::vector<failure>& faults, std::vector<std::string>& notes) {
  const auto file_of = [&](const std::string& what) { return "cannot use pack file " + (pack.folder / what).string(); };
  for (const auto& [language, source] : pack.grammars)
    if (auto sound = check_grammar(source, "grammar " + language,
                                   pack.kind == "stories" ? story_entry_points() : broadcast_entry_points());
        !sound)
      faults.push_back({error_code::bad_pack, sound.error().what, sound.error().why, sound.error().remedy});
  for (auto& fault : grammar_faults(std::make_shared<const content_pack>(pack)))
    faults.push_back({error_code::bad_pack, file_of("grammar"), std::move(fault),
                      "give the rule an alternative that always fits, and look at the names of facts in docs/packs.md"});
  if (pack.grammars.empty()) notes.push_back("there is no grammar: the offline backend cannot speak for it");
  for (const auto& dj : pack.profiles) {
    auto found = collect_stories(dj, pack.stories, pack.name, nullptr);
    if (!found) continue;
    std::size_t refused = 0;
    for (const auto& [why, count] : found.value().refused) {
      refused += count;
      if (pack.profiles.size() == 1)
        faults.push_back({error_code::bad_pack, file_of("stories"),
                          std::to_string(count) + " stories may not be told by " + dj.name + ": " + why,
                          "look at years, region, factions and tier, and at the DJ's forbidden names in the texts"});
      else
        notes.push_back(std::to_string(count) + " stories may not be told by " + dj.name + ": " + why);
    }
    const auto verdict = audit_stories(dj, found.value());
    notes.push_back(dj.name + ": " + std::to_string(verdict.stories) + " stories, " + std::to_string(verdict.beats) +
                    " beats (" + verdict.status + " for 30 days)");
  }
}

int check_verb(const arguments& args) {
  common_options options;
  std::string folder;
  CLI::App app("Check a pack: every fault with file and field. Exit code: 0 sound, 65 faulty.", "packs check");
  add_common_options(app, options);
  app.add_option("DIR", folder, "The pack, a folder or a name")->default_str("")->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  auto where = storage::find_pack(folder, pack_search_path());
  if (!where) {
    auto missing = where.error();
    missing.code = error_code::bad_pack;
    return report_failure(missing, options.json);
  }
  auto faults = storage::check_pack(where.value(), program_schemas());
  std::vector<std::string> notes;
  pack_json content;
  if (faults.empty()) {
    auto pack = storage::load_pack(where.value());
    if (pack) {
      look_deeper(pack.value(), faults, notes);
      content = describe(pack.value());
    }
  }
  if (options.json) {
    pack_json j{{"folder", where.value().string()},
                {"valid", faults.empty()},
                {"faults", pack_json::array()},
                {"notes", notes},
                {"content", content}};
    for (const auto& f : faults) j["faults"].push_back({{"what", f.what}, {"why", f.why}});
    print_json(j, 2);
  } else {
    for (const auto& f : faults) report_failure(f);
    if (faults.empty()) print_line(where.value().string() + ": sound");
    for (const auto& n : notes) print_line("  " + n);
  }
  return finish_output(faults.empty() ? exit_done : exit_data);
}

} // namespace

int packs_verb(const arguments& args) {
  if (!args.empty() && args.front() == "new") return new_verb({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "check") return check_verb({args.begin() + 1, args.end()});
  common_options options;
  CLI::App app(
    "List the packs that --pack can name: those in LONGWAVE_PACK_PATH, then those that came with the program.\n"
    "`longwave packs new DIR` writes one to begin with, `longwave packs check DIR` explains every fault of one.",
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
