// `longwave validate`: judges scripts by a DJ's rules, those of one file as one broadcast in order.
#include "actors/validator/engagement.hpp"
#include "actors/validator/rules.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/script_file.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <vector>

namespace longwave::cli {

namespace {

struct validate_options : common_options {
  std::string dj;
  std::string pack;
  std::vector<std::string> files;
};

/// The score and its terms; the violation `engagement_low` takes no part in them.
nlohmann::ordered_json engagement_json(const script_entry& entry, const verdict& v) {
  const auto e = engagement_of(entry.text, v.violations, v.variety.flags);
  return {{"score", e.score}, {"voice", e.voice}, {"variety", e.variety}, {"emotion", e.emotion}, {"folder", to_string(e.folder)}};
}

void print_verdict(const std::string& file, const script_entry& entry, std::size_t scripts, const verdict& v,
                   bool as_json) {
  if (as_json) {
    print_json({{"file", file},
                {"index", entry.index},
                {"valid", v.valid()},
                {"engagement", engagement_json(entry, v)},
                {"violations", nlohmann::ordered_json(nlohmann::json(v.violations))}});
    return;
  }
  const auto name = scripts > 1 ? file + "[" + std::to_string(entry.index) + "]" : file;
  print_line(name + ": " + (v.valid() ? "valid" : "INVALID"));
  for (const auto& found : v.violations)
    print_line("  " + std::string(to_string(found.level)) + " " + found.category + "/" + found.rule + ": " +
               found.message + (found.evidence.empty() ? "" : " [" + found.evidence + "]"));
}

/// Places that this pack's texts may be about, as in a run.
std::vector<std::string> places_of(const content_pack& pack) {
  std::vector<std::string> places;
  for (const auto& story : pack.stories) places.insert(places.end(), story.locations.begin(), story.locations.end());
  return places;
}

/// @return true when all scripts of the file are valid
bool judge_file(const std::string& file, const std::vector<script_entry>& scripts, const rule_context& rules,
                bool as_json) {
  repetition_window window;
  bool all_valid = true;
  for (const auto& entry : scripts) {
    auto v = judge_text(rules, entry.plan, entry.text, window);
    judge_engagement(v, entry.text);
    all_valid = all_valid && v.valid();
    print_verdict(file, entry, scripts.size(), v, as_json);
    // A listener would have heard it: what comes after is compared with all of them.
    if (scripts.size() > 1) window.add(digest_text(rules, entry.plan, entry.text, v.variety));
  }
  return all_valid;
}

} // namespace

int validate_verb(const arguments& args) {
  validate_options options;
  CLI::App app("Judge scripts by a DJ's rules: a text, or JSON or JSON Lines with many. "
               "Exit code: 0 all valid, 11 some not, 65 a file cannot be read.",
               "validate");
  add_common_options(app, options);
  app.add_option("--dj", options.dj, "The DJ: full name, shortcut, or a part of the name that fits one only")
    ->required();
  app.add_option("--pack", options.pack, "The pack with the DJ, a folder or a name");
  app.add_option("FILE", options.files, "Files to judge")->default_str("")->required();
  if (const auto over = parse_arguments(app, args)) return *over;

  auto pack = pack_for(options.pack, options.dj, run_kind::broadcast);
  if (!pack) return report_failure(pack.error(), options.json);
  auto dj = resolve_dj(pack.value(), options.dj);
  if (!dj) return report_failure(dj.error(), options.json);
  const rule_context rules(dj.value(), places_of(pack.value()));

  int code = exit_done;
  for (const auto& file : options.files) {
    auto scripts = read_scripts(file);
    if (!scripts) {
      code = report_failure(scripts.error(), options.json);
      continue;
    }
    if (scripts.value().empty()) {
      code = report_failure({error_code::bad_input, "nothing to judge in " + file, "it holds no scripts", "check the file"}, options.json);
      continue;
    }
    if (!judge_file(file, scripts.value(), rules, options.json) && code == exit_done) code = exit_invalid;
  }
  return finish_output(code);
}

} // namespace longwave::cli
