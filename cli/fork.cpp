// `longwave fork` and `longwave retry`: a run's beginning in a new folder, to go on from there another way.
#include "storage/fork.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/run_point.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

struct fork_request : look_options {
  std::string to;
};

/// What belongs to the run beside its store.
storage::fork_options what_goes_along(const opened_store& o) {
  storage::fork_options options;
  std::error_code ec;
  if (o.where.data_dir.empty()) return options; // a snapshot is a store and nothing else
  const auto lore = o.where.data_dir / "lore";
  const auto config = o.db->config(o.run);
  if (config && !config.value().lore.empty() && fs::exists(lore / "CURRENT", ec) && fs::equivalent(config.value().lore, lore, ec))
    options.lore = lore;
  if (const auto output = output_folder_of(o)) options.reviews = output.value();
  return options;
}

nlohmann::ordered_json as_json(const storage::fork_report& report, const std::string& to) {
  return {{"run_id", report.run},
          {"to", to},
          {"seq", report.seq},
          {"hash", report.hash},
          {"left_behind", report.left_behind}};
}

int say(const storage::fork_report& report, const fork_request& request) {
  if (request.json) {
    print_json(as_json(report, request.to));
  } else {
    print_line("run " + report.run + ": " + std::to_string(report.seq) + " segments in " + request.to + ", " +
               std::to_string(report.left_behind) + " left behind; go on there with --resume");
  }
  return finish_output(exit_done);
}

/// @param seq the last segment that is kept
int fork_at(const opened_store& o, const fork_request& request, std::uint64_t seq, bool drop_fault_plan) {
  auto options = what_goes_along(o);
  options.drop_fault_plan = drop_fault_plan;
  const auto report = storage::fork_run(*o.db, o.run, seq, request.to, options);
  return report ? say(report.value(), request) : report_failure(report.error(), request.json);
}

void add_fork_options(CLI::App& app, fork_request& request) {
  add_look_options(app, request);
  app.add_option("DIR", request.store.folder, "The run's output folder");
  app.add_option("--to", request.to, "The new output folder; must not exist, or be empty")->required();
}

} // namespace

int fork_verb(const arguments& args) {
  fork_request request;
  std::string at;
  CLI::App app("Write a run as it stood at a checkpoint into a new folder, to go on from there with --resume. The "
               "original is only read, beside a living engine too.",
               "fork");
  add_fork_options(app, request);
  app.add_option("--at", at, "A checkpoint's id, or the number of the last segment to keep")->required();
  if (const auto over = parse_arguments(app, args)) return *over;
  auto opened = open_store(request.store);
  if (!opened) return report_failure(opened.error(), request.json);
  const auto seq = run_point(opened.value(), at);
  if (!seq) return report_failure(seq.error(), request.json);
  return fork_at(opened.value(), request, seq.value(), false);
}

int retry_verb(const arguments& args) {
  fork_request request;
  std::uint64_t segment = 0;
  CLI::App app("Let a segment be tried again: writes the run as it stood before it into a new folder, without the fault "
               "plan. Go on there with --resume. The original is only read.",
               "retry");
  add_fork_options(app, request);
  app.add_option("--segment", segment, "The segment to try again")->required()->check(CLI::PositiveNumber);
  if (const auto over = parse_arguments(app, args)) return *over;
  auto opened = open_store(request.store);
  if (!opened) return report_failure(opened.error(), request.json);
  const auto& o = opened.value();
  // It has to be there: to go on behind the last one is what --resume does.
  if (const auto there = run_point(o, std::to_string(segment)); !there) return report_failure(there.error(), request.json);
  const auto seq = storage::forkable_at(*o.db, o.run, segment - 1);
  if (!seq) return report_failure(seq.error(), request.json);
  if (seq.value() + 1 < segment)
    std::fprintf(stderr,
                 "longwave: retry: the state before segment %llu is no longer kept; segments %llu to %llu are made again "
                 "too\n",
                 static_cast<unsigned long long>(segment), static_cast<unsigned long long>(seq.value() + 1),
                 static_cast<unsigned long long>(segment - 1));
  return fork_at(o, request, seq.value(), true);
}

} // namespace longwave::cli
