// `longwave audit`: whether a DJ has enough stories, and the quest pool of those that may be told.
#include "cli/chroma_import.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/lore_import.hpp"
#include "cli/pack_search.hpp"
#include "cli/quest_pool.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

struct audit_options : common_options {
  std::string dj;
  std::string pack;
  std::string catalogue;
  std::string lore;
  std::string pool;
  std::string to;
  chroma_options chroma;
  bool with_pack = false;
  bool skip_bad = false;
};

struct audited {
  dj_profile dj;
  story_collection stories;
  audit_result verdict;
};

/// An empty catalogue argument means the pack alone; a folder without a catalogue too.
result<std::shared_ptr<const lore_catalogue>> catalogue_of(const audit_options& options) {
  if (options.chroma.given()) {
    auto read = read_catalogue_server(options.chroma, "");
    if (!read) return read.error();
    return as_catalogue(std::move(read.value()), options.chroma.url + "#" + options.chroma.collection, options.skip_bad);
  }
  const auto& named = options.lore.empty() ? options.catalogue : options.lore;
  if (named.empty()) return std::shared_ptr<const lore_catalogue>();
  std::error_code ec;
  if (!fs::exists(named, ec)) return failure{error_code::bad_input, "cannot read catalogue " + named, "there is no such file or folder", "check the path"};
  return open_catalogue(named, options.skip_bad);
}

result<audited> look(const audit_options& options) {
  auto pack = pack_for(options.pack, options.dj, run_kind::broadcast);
  if (!pack) return pack.error();
  auto dj = resolve_dj(pack.value(), options.dj);
  if (!dj) return dj.error();
  audited out{std::move(dj.value()), {}, {}};
  auto catalogue = catalogue_of(options);
  if (!catalogue) return catalogue.error();
  const bool pack_counts = !catalogue.value() || options.with_pack;
  auto found = collect_stories(out.dj, pack_counts ? pack.value().stories : std::vector<story_record>{}, pack.value().name, catalogue.value().get());
  if (!found) return found.error();
  out.stories = std::move(found.value());
  if (!options.pool.empty()) {
    std::vector<story_record> known = pack.value().stories;
    for (const auto& s : out.stories.stories) known.push_back(s.story);
    auto pool = read_quest_pool(options.pool, known);
    if (!pool) return pool.error();
    out.stories = collection_of(pool.value());
  }
  out.verdict = audit_stories(out.dj, out.stories);
  return out;
}

fs::path pool_path(const audit_options& options, const std::string& dj) {
  std::error_code ec;
  fs::path to = options.to;
  if (to.empty() && !options.catalogue.empty() && fs::is_directory(options.catalogue, ec)) to = options.catalogue;
  if (to.empty() || fs::is_directory(to, ec)) to /= quest_pool_name(dj);
  return to;
}

std::string counts_text(const nlohmann::ordered_json& counts) {
  std::string text;
  for (const auto& [name, count] : counts.items()) {
    if (count.is_number() && count == 0) continue;
    text += (text.empty() ? "" : ", ") + name + " " + (count.is_object() ? std::to_string(count.value("stories", 0)) : count.dump());
  }
  return text.empty() ? "none" : text;
}

void print_audit(const audited& a, const nlohmann::ordered_json& j, const fs::path& pool) {
  print_line("Audit of " + a.dj.name + ": " + (a.verdict.passed() ? "PASS" : "FAIL"));
  print_line("  stories          " + std::to_string(a.verdict.stories) + " of 100 required");
  print_line("  beats            " + std::to_string(a.verdict.beats) + " of 400 required, 576 recommended: " + a.verdict.status);
  print_line("  violations       temporal " + std::to_string(a.verdict.temporal_violations) + ", regional " + std::to_string(a.verdict.regional_violations));
  char rate[32] = "n/a";
  if (a.verdict.false_positive_rate) std::snprintf(rate, sizeof rate, "%.1f %%", *a.verdict.false_positive_rate * 100);
  print_line(std::string("  false positives  ") + rate + ": " + a.verdict.false_positive_status + " (" + counts_text(j["false_positives"]) + ")");
  print_line("  layers           " + counts_text(j["layers"]));
  print_line("  timelines        " + counts_text(j["pools"]));
  print_line("  weights          " + counts_text(j["weights"]));
  print_line("  tiers            " + counts_text(j["tiers"]));
  print_line("  refused          " + counts_text(j["refused"]));
  constexpr std::size_t shown = 20;
  const auto& not_told = a.stories.refused_stories;
  for (std::size_t i = 0; i < std::min(shown, not_told.size()); ++i)
    print_line("    " + not_told[i].reason + ": " + not_told[i].title + " (" + not_told[i].source + "): " + not_told[i].why);
  if (not_told.size() > shown) print_line("    and " + std::to_string(not_told.size() - shown) + " more, listed by --json");
  for (const auto& f : a.verdict.failures) print_line("  FAIL  " + f);
  for (const auto& w : a.verdict.warnings) print_line("  warn  " + w);
  print_line("  pool file        " + pool.string());
}

} // namespace

int audit_verb(const arguments& args) {
  audit_options options;
  CLI::App app("Audit the stories that a DJ may tell: at least 100 stories and 400 beats (576 recommended), none of other times or regions, under 10 % "
               "false positives. Writes the quest pool. Without a catalogue the pack's stories are audited. Exit code: 0 passed, 11 not.",
               "audit");
  add_common_options(app, options);
  app.add_option("--dj", options.dj, "The DJ: full name, shortcut, or a part of the name that fits one only")->required();
  app.add_option("--pack", options.pack, "The pack with the DJ, a folder or a name");
  app.add_option("CATALOGUE", options.catalogue, "A catalogue file (JSON Lines, JSON, CSV), or a folder with an imported catalogue");
  app.add_option("--lore,--catalogue", options.lore, "The same as CATALOGUE");
  add_chroma_options(app, options.chroma);
  app.add_flag("--with-pack", options.with_pack, "Count the pack's stories beside the catalogue's, as a run does");
  app.add_flag("--skip-bad", options.skip_bad, "Leave faulty records of a catalogue file out instead of refusing it");
  app.add_option("--quest-pool", options.pool, "Audit this pool file instead");
  app.add_option("--to,--output", options.to, "Where to write the quest pool, a file or a folder [here]");
  if (const auto over = parse_arguments(app, args)) return *over;
  if (options.chroma.given() && !(options.catalogue.empty() && options.lore.empty()))
    return report_usage(app, "a catalogue comes from a file or from --chroma, not from both", options.json);

  auto seen = look(options);
  if (!seen) return report_failure(seen.error(), options.json);
  const auto& a = seen.value();
  const auto pool = pool_path(options, a.dj.name);
  const auto bytes = quest_pool_json(a.dj, a.stories, a.verdict).dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (auto written = storage::write_file_atomically(storage::system_file_calls(), pool, bytes); !written) return report_failure(written.error(), options.json);
  auto j = audit_json(a.dj, a.stories, a.verdict);
  j["pool_file"] = pool.string();
  options.json ? print_json(j, 2) : print_audit(a, j, pool);
  return finish_output(a.verdict.passed() ? exit_done : exit_invalid);
}

} // namespace longwave::cli
