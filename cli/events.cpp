// `longwave events`: what the engine says happened, as lines; with --follow until it ends.
#include "cli/command_line.hpp"
#include "cli/control_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <CLI/App.hpp>
#include <cstdio>

namespace longwave::cli {

namespace {

/// "2026-01-31T12:00:00.000000Z  pilot  segment_accepted  segment 12".
void print_event(const std::string& data, bool as_json) {
  if (as_json) {
    print_stored_line(data);
  } else {
    const auto j = nlohmann::json::parse(data, nullptr, false);
    std::string line;
    for (const char* name : {"at", "run_id", "type", "detail"})
      if (j.is_object() && j.contains(name) && j[name].is_string())
        line += (line.empty() ? "" : "  ") + j[name].get<std::string>();
    print_line(line);
  }
  std::fflush(stdout); // a reader at the other end of a pipe follows too
}

} // namespace

int events_verb(const arguments& args) {
  CLI::App app("Shows the latest events of a running engine: state changes, records, retries, pauses, warnings, crashes.",
               "events");
  common_options options;
  std::string folder = ".", run;
  bool follow = false;
  app.add_option("DIR", folder, "output folder of a run, or an engine's folder")->capture_default_str();
  app.add_option("--run", run, "only this run's events, where the engine has several");
  app.add_flag("--follow", follow, "go on until the engine ends");
  add_common_options(app, options);
  if (const auto code = parse_arguments(app, args)) return *code;
  const auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  if (storage::engine_lock::holder(where.value().data_dir) == 0)
    return report_failure({error_code::not_found, "no events of " + where.value().folder.string(),
                           "no engine is running there", "logs/longwave.log has those of before"},
                          options.json);
  const auto& only = run.empty() ? where.value().run : run;
  std::string target = std::string("/v1/events?follow=") + (follow ? "true" : "false");
  if (!only.empty()) target += "&run=" + only;
  const auto read = follow_events(where.value(), target, [&](const std::string& data) {
    print_event(data, options.json);
    return std::ferror(stdout) == 0;
  });
  if (!read) return report_failure(read.error(), options.json);
  return finish_output(exit_done);
}

} // namespace longwave::cli
