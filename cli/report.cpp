// `longwave report`: criteria table and verdict, as Markdown or JSON.
#include "actors/monitor/report.hpp"
#include "actors/monitor/review.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <cstdio>
#include <optional>

namespace longwave::cli {

namespace {

/// Story runs have no verdict that a script could act on (contract 8.32).
int exit_code_for(const nlohmann::ordered_json& report) {
  if (report.value("kind", std::string()) == "stories") return exit_done;
  const auto verdict = verdict_of(report);
  return verdict == "SUCCESS" ? exit_done : verdict == "CONDITIONAL" ? exit_conditional : exit_invalid;
}

bool segment_files_wanted(const storage::store& store, const std::string& run) {
  const auto config = store.config(run);
  return config && config.value().segment_files;
}

} // namespace

int report_verb(const arguments& args) {
  look_options options;
  std::optional<int> day;
  CLI::App app("Judge a run by its criteria. Exit code: 0 SUCCESS (and story runs), 10 CONDITIONAL, 11 INVALID.",
               "report");
  add_look_options(app, options);
  app.add_option("DIR", options.store.folder, "The run's output folder");
  app.add_option("--day", day, "Only this broadcast day in the per-day part, with its segments")
    ->check(CLI::PositiveNumber);
  if (const auto over = parse_arguments(app, args)) return *over;

  auto opened = open_store(options.store);
  if (!opened) return report_failure(opened.error(), options.json);
  const auto& o = opened.value();
  // A snapshot has no folder, and so nothing that a person said.
  const auto output = options.store.snapshot.empty() ? output_folder_of(o) : result<std::filesystem::path>(std::filesystem::path());
  if (!output) return report_failure(output.error(), options.json);
  auto reviews = output.value().empty() ? result<storage::review_file>(storage::review_file{}) : storage::read_reviews(output.value());
  if (!reviews) return report_failure(reviews.error(), options.json);
  auto report = build_report(*o.db, o.run, day, reviews.value());
  if (!report) return report_failure(report.error(), options.json);
  // A living engine writes its own when the run ends.
  if (!o.live() && !output.value().empty()) {
    auto written = write_report(*o.db, o.run, output.value());
    if (written && segment_files_wanted(*o.db, o.run)) written = write_review_folders(*o.db, o.run, output.value());
    // A folder that cannot be written does not keep the report from being read.
    if (!written)
      std::fprintf(stderr, "longwave: report not saved: %s\n", terminal_line(to_string(written.error())).c_str());
  }
  if (options.json)
    print_json(report.value(), 2);
  else
    print_text(report_markdown(report.value()));
  return finish_output(exit_code_for(report.value()));
}

} // namespace longwave::cli
