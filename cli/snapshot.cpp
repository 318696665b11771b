// `longwave snapshot`: a consistent copy of the store, taken by the living engine or, after a dead one, here.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/store_copy.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

namespace fs = std::filesystem;

int snapshot_verb(const arguments& args) {
  common_options options;
  std::string folder = ".", to, run;
  CLI::App app("Take a consistent copy of the store, of a living engine or a dead one. "
               "Look into it with `longwave inspect --snapshot PATH`.",
               "snapshot");
  add_common_options(app, options);
  app.add_option("DIR", folder, "The run's output folder");
  app.add_option("--to", to, "Where to put it; must not exist (default: .longwave/snapshots/snapshot-TIME)");
  app.add_option("--run", run, "Accepted for symmetry: a snapshot holds all runs of the store");
  if (const auto over = parse_arguments(app, args)) return *over;

  auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  std::error_code ec;
  if (!to.empty()) to = fs::absolute(to, ec).lexically_normal().string();
  auto path = copy_store(where.value(), to);
  if (!path) return report_failure(path.error(), options.json);
  options.json ? print_json({{"path", path.value()}}) : print_line(path.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
