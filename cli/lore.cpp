// `longwave lore`: takes catalogues in, lists them, looks into them.
#include "actors/clock.hpp"
#include "actors/scheduler/lore_filter.hpp"
#include "cli/chroma_import.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/lore_import.hpp"
#include "cli/pack_search.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <cstdio>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

using lore_json = nlohmann::ordered_json;

constexpr std::size_t faults_shown = 20;

struct lore_options : common_options {
  std::string file;
  std::string folder = ".";
  std::string curated;
  std::string dj;
  std::string pack;
  std::vector<std::string> words;
  std::size_t limit = 20;
  chroma_options chroma;
  bool skip_bad = false;
  bool replace = false;
  bool dry_run = false;
};

template <class Map>
lore_json counts_json(const Map& counts) {
  lore_json j = lore_json::object();
  for (const auto& [name, count] : counts) j[name] = count;
  return j;
}

lore_json faults_json(const lore_intake& intake) {
  auto list = lore_json::array();
  for (const auto& f : intake.faults()) {
    if (list.size() == 1'000) break;
    list.push_back(
      {{"line", f.line}, {"id", f.id}, {"kind", f.fault.kind}, {"field", f.fault.field}, {"why", f.fault.why}});
  }
  return list;
}

void say(const std::string& line) { std::fprintf(stderr, "%s\n", terminal_line(line).c_str()); }

void say_faults(const lore_intake& intake, const std::string& file) {
  for (const auto& line : fault_lines(intake, file, faults_shown)) say(line);
  std::size_t shown = 0;
  for (const auto line : intake.undated()) {
    if (++shown > faults_shown) {
      say(file + ": and " + std::to_string(intake.undated().size() - faults_shown) + " records more without a year");
      break;
    }
    say(file + ":" + std::to_string(line) + ": has no year; it is kept, and no DJ tells it");
  }
}

lore_json report_json(const lore_options& options, const lore_intake& intake, const storage::lore_import_counts& counts,
                      const fs::path& folder) {
  return {{"file", options.file},
          {"catalogue", folder.string()},
          {"records", intake.rows()},
          {"imported", counts.added + counts.replaced},
          {"added", counts.added},
          {"replaced", counts.replaced},
          {"unchanged", counts.unchanged},
          {"skipped", intake.faults().size()},
          {"undated", intake.undated().size()},
          {"layers", counts_json(intake.layers())},
          {"excluded", counts_json(intake.exclusions())},
          {"fault_counts", counts_json(intake.fault_counts())},
          {"faults", faults_json(intake)}};
}

void print_report(const lore_json& j) {
  const auto number = [&](const char* name) { return std::to_string(j.value(name, std::uint64_t{0})); };
  print_line(number("imported") + " of " + number("records") + " records imported into " +
             j.value("catalogue", std::string()) + " (" + number("added") + " new, " + number("replaced") +
             " replaced, " + number("unchanged") + " unchanged, " + number("skipped") + " skipped, " +
             number("undated") + " without a year)");
  for (const auto* group : {"layers", "excluded", "fault_counts"})
    for (const auto& [name, count] : j[group].items())
      print_line(std::string("  ") + (std::string(group) == "layers" ? "layer " : "") + name + ": " + count.dump());
}

/// Records that the catalogue holds with other content are faulty like any other, unless they shall replace it.
result<void> add_conflicts(const fs::path& folder, const lore_options& options, read_catalogue& read) {
  if (options.replace) return ok();
  auto store = storage::lore_store::open(folder, storage::lore_access::read);
  if (!store) return store.error().code == error_code::not_found ? result<void>(ok()) : result<void>(store.error());
  auto places = store.value()->conflicts(read.intake.records());
  if (!places) return places.error();
  read.intake.drop(places.value(),
                   {"duplicate_id", "id", "the catalogue has it with another content; --replace takes this one"});
  return ok();
}

int import_here(const lore_options& options) {
  auto read = options.chroma.given() ? read_catalogue_server(options.chroma, options.curated)
                                     : read_catalogue_file(options.file, options.curated);
  if (!read) return report_failure(read.error(), options.json);
  auto& intake = read.value().intake;
  const auto folder = lore_folder_of(options.folder);
  if (auto added = add_conflicts(folder, options, read.value()); !added)
    return report_failure(added.error(), options.json);
  say_faults(intake, options.file);
  if (!intake.faults().empty() && !options.skip_bad)
    return report_failure(refusal_of(intake, options.file), options.json);
  if (intake.rows() == 0)
    return report_failure(
      {error_code::bad_input, "cannot import " + options.file, "it holds no records", "check the file"}, options.json);
  storage::lore_import_counts counts;
  if (!options.dry_run && !intake.records().empty()) {
    auto store = storage::lore_store::open(folder, storage::lore_access::create);
    if (!store) return report_failure(store.error(), options.json);
    storage::lore_import about;
    about.source = options.chroma.given() ? options.file : fs::path(options.file).filename().string();
    about.source_hash = read.value().source_hash;
    about.imported_at = rfc3339(host_clock().wall_us());
    about.skipped = intake.faults().size();
    auto done = store.value()->import(intake.records(), about);
    if (!done) return report_failure(done.error(), options.json);
    counts = done.value();
  }
  const auto j = report_json(options, intake, counts, folder);
  options.json ? print_json(j, 2) : print_report(j);
  return finish_output(exit_done);
}

int import_verb(const arguments& args) {
  lore_options options;
  CLI::App app("Import a catalogue: JSON Lines, JSON, CSV, an export of a ChromaDB collection, or a collection of a live Chroma "
               "server (--chroma URL --collection NAME [DIR]). All of it or nothing, unless --skip-bad. "
               "Exit code: 0 imported, 65 faulty (each fault with file and line on stderr), 69 server not reached.",
               "lore import");
  add_common_options(app, options);
  app.add_option("FILE", options.file, "The file; left out with --chroma")->default_str("");
  app.add_option("DIR", options.folder, "The folder whose catalogue it goes into: a run's output folder, or any other");
  add_chroma_options(app, options.chroma);
  app.add_flag("--skip-bad", options.skip_bad, "Leave faulty records out instead of refusing the file");
  app.add_flag("--replace", options.replace, "Records with the id of a stored one replace it");
  app.add_option("--curated", options.curated,
                 "File of titles, one a line, that are stories whatever their metadata says");
  app.add_flag("--dry-run", options.dry_run, "Only look: import nothing");
  if (const auto over = parse_arguments(app, args)) return *over;
  if (options.chroma.given()) {
    if (app.count("DIR") > 0) return report_usage(app, "with --chroma there is no FILE", options.json);
    if (app.count("FILE") > 0) options.folder = options.file;
    options.file = chroma_place{options.chroma.url, {}, {}, options.chroma.collection}.source();
  } else if (options.file.empty()) {
    return report_usage(app, "wants FILE, or --chroma URL --collection NAME", options.json);
  }
  return import_here(options);
}

/// Which records a DJ may know; all without one.
result<std::function<bool(const lore_glance&)>> filter_for(const lore_options& options) {
  if (options.dj.empty()) return std::function<bool(const lore_glance&)>([](const lore_glance&) { return true; });
  auto pack = pack_for(options.pack, options.dj, run_kind::broadcast);
  if (!pack) return pack.error();
  auto dj = resolve_dj(pack.value(), options.dj);
  if (!dj) return dj.error();
  auto filter = std::make_shared<lore_filter>(dj.value());
  return std::function<bool(const lore_glance&)>(
    [filter](const lore_glance& g) { return filter->judge(g) == lore_refusal::none; });
}

void add_view_options(CLI::App& app, lore_options& options) {
  add_common_options(app, options);
  app.add_option("--dir", options.folder, "The folder with the catalogue");
  app.add_option("--dj", options.dj, "Only what this DJ may know");
  app.add_option("--pack", options.pack, "The pack with the DJ");
  app.add_option("--limit", options.limit, "Records to show")->check(CLI::Range(1, 1'000'000));
}

int list_verb(const arguments& args) {
  lore_options options;
  CLI::App app("List a catalogue: its imports, and counts by layer, region and tier.", "lore list");
  add_common_options(app, options);
  app.add_option("DIR", options.folder, "The folder with the catalogue");
  app.add_option("--dj", options.dj, "Only what this DJ may know");
  app.add_option("--pack", options.pack, "The pack with the DJ");
  if (const auto over = parse_arguments(app, args)) return *over;
  auto store = storage::lore_store::open(lore_folder_of(options.folder), storage::lore_access::read);
  if (!store) return report_failure(store.error(), options.json);
  auto wanted = filter_for(options);
  if (!wanted) return report_failure(wanted.error(), options.json);
  std::map<std::string, std::size_t> layers, regions, tiers;
  std::size_t records = 0;
  auto seen = store.value()->each([&](const lore_glance& g) {
    if (!wanted.value()(g)) return;
    ++records;
    ++layers[g.layer.empty() ? "none" : std::string(g.layer)];
    ++regions[g.region.empty() ? "none" : std::string(g.region)];
    ++tiers[g.tier.empty() ? "none" : std::string(g.tier)];
  });
  if (!seen) return report_failure(seen.error(), options.json);
  auto imports = store.value()->imports();
  if (!imports) return report_failure(imports.error(), options.json);
  const lore_json j{{"records", records},
                    {"layers", counts_json(layers)},
                    {"regions", counts_json(regions)},
                    {"tiers", counts_json(tiers)},
                    {"content_hash", store.value()->content_hash()},
                    {"imports", lore_json(nlohmann::json(imports.value()))}};
  if (options.json) {
    print_json(j, 2);
    return finish_output(exit_done);
  }
  print_line(std::to_string(records) + " records");
  for (const auto* group : {"layers", "regions", "tiers"}) {
    std::string line = std::string("  ") + group + ":";
    for (const auto& [name, count] : j[group].items()) line += " " + name + " " + count.dump() + ",";
    line.pop_back();
    print_line(line);
  }
  for (const auto& i : imports.value())
    print_line("  " + i.imported_at + "  " + i.source + ", " + std::to_string(i.records) + " records");
  return finish_output(exit_done);
}

int find_verb(const arguments& args) {
  lore_options options;
  CLI::App app("Search a catalogue by words.", "lore find");
  add_view_options(app, options);
  app.add_option("WORDS", options.words, "Words to look for")->default_str("")->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  auto store = storage::lore_store::open(lore_folder_of(options.folder), storage::lore_access::read);
  if (!store) return report_failure(store.error(), options.json);
  auto wanted = filter_for(options);
  if (!wanted) return report_failure(wanted.error(), options.json);
  std::vector<bool> open(store.value()->size() + 1, false);
  if (auto seen = store.value()->each([&](const lore_glance& g) { open[g.number] = wanted.value()(g); }); !seen)
    return report_failure(seen.error(), options.json);
  std::string words;
  for (const auto& w : options.words) words += w + " ";
  auto hits =
    store.value()->search(words, options.limit, [&](std::uint64_t n) { return n < open.size() && open[n]; });
  if (!hits) return report_failure(hits.error(), options.json);
  for (const auto& hit : hits.value()) {
    auto record = store.value()->record(hit.number);
    if (!record) return report_failure(record.error(), options.json);
    if (options.json)
      print_json(lore_json(nlohmann::json(record.value())));
    else
      print_line(record.value().title + "  [" + record.value().id + ", " + record.value().source + ":" +
                 std::to_string(record.value().line_number) + "]");
  }
  return finish_output(exit_done);
}

} // namespace

int lore_verb(const arguments& args) {
  const std::string what = args.empty() ? "" : args.front();
  const arguments rest(args.empty() ? args.begin() : args.begin() + 1, args.end());
  if (what == "import") return import_verb(rest);
  if (what == "list") return list_verb(rest);
  if (what == "find") return find_verb(rest);
  const bool help = what == "--help" || what == "-h";
  std::fprintf(help ? stdout : stderr, "longwave lore import FILE [DIR]   take a catalogue in (or --chroma URL --collection NAME [DIR])\n"
                                       "longwave lore list [DIR]          what a catalogue holds\n"
                                       "longwave lore find WORDS          search it (--dir DIR)\n");
  if (help) return exit_done;
  return report_failure({error_code::bad_usage, "lore",
                         what.empty() ? "wants import, list or find" : "there is no \"" + what + "\"",
                         "see `longwave lore --help`"});
}

} // namespace longwave::cli
