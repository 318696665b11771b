// `longwave repair`: saves the longest sound part of a damaged run into a new folder.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"
#include "storage/recovery.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

namespace {

nlohmann::ordered_json as_json(const storage::repair_report& report) {
  auto runs = nlohmann::ordered_json::array();
  for (const auto& r : report.runs)
    runs.push_back({{"run_id", r.run},
                    {"kept", r.kept},
                    {"expected", r.expected},
                    {"resumable", r.state_kept},
                    {"source", r.source},
                    {"missing", r.missing}});
  return {{"runs", std::move(runs)}};
}

void print_report(const storage::repair_report& report) {
  for (const auto& r : report.runs) {
    print_line("run " + r.run + ": kept " + std::to_string(r.kept) + " of " + std::to_string(r.expected) +
               " segments, from " + r.source + (r.state_kept ? "; it can be resumed" : "; it cannot be resumed"));
    for (const auto& missing : r.missing) print_line("  missing: " + missing);
  }
}

} // namespace

int repair_verb(const arguments& args) {
  common_options options;
  std::string folder = ".", to, run;
  CLI::App app("Copy the longest sound part of a damaged run to a new folder and say what is missing. "
               "The old folder is only read.",
               "repair");
  add_common_options(app, options);
  app.add_option("DIR", folder, "The damaged run's output folder");
  app.add_option("--to", to, "The new output folder")->required();
  app.add_option("--run", run, "Only this run, where a store has several");
  if (const auto over = parse_arguments(app, args)) return *over;

  auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  if (const int pid = storage::engine_lock::holder(where.value().data_dir); pid != 0)
    return report_failure({error_code::store_locked, "cannot repair " + folder,
                           "an engine with pid " + std::to_string(pid) + " is using it", "stop it first"},
                          options.json);
  auto report = storage::repair_run(where.value().data_dir, run.empty() ? where.value().run : run, to);
  if (!report) return report_failure(report.error(), options.json);
  options.json ? print_json(as_json(report.value()), 2) : print_report(report.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
