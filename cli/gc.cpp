// `longwave gc`: frees what retention has given up and what writers left behind, in the folder of a dead engine.
#include "storage/gc.hpp"

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

using nlohmann::ordered_json;

ordered_json sums_json(const std::map<std::string, storage::gc_sum>& sums) {
  ordered_json j = ordered_json::object();
  for (const auto& [kind, s] : sums) j[kind] = {{"count", s.count}, {"bytes", s.bytes}};
  return j;
}

ordered_json as_json(const storage::gc_report& report, bool dry_run) {
  auto items = ordered_json::array();
  for (const auto& item : report.items) items.push_back({{"kind", item.kind}, {"name", item.name}, {"bytes", item.bytes}});
  return {{"dry_run", dry_run},
          {"freed_bytes", report.freed_bytes()},
          {"by_kind", sums_json(report.sums)},
          {"kept", sums_json(report.kept)},
          {"store_bytes_before", report.store_bytes_before},
          {"store_bytes_after", report.store_bytes_after},
          {"items", std::move(items)}};
}

void print_report(const storage::gc_report& report, bool dry_run) {
  for (const auto& [kind, s] : report.sums)
    print_line(std::string(dry_run ? "would free " : "freed ") + std::to_string(s.count) + " x " + kind + ", " +
               std::to_string(s.bytes) + " bytes");
  for (const auto& [kind, s] : report.kept)
    print_line("kept " + std::to_string(s.count) + " " + kind + ", " + std::to_string(s.bytes) +
               " bytes; remove by hand what nobody needs");
  if (report.sums.empty()) print_line("nothing to free");
  if (!dry_run)
    print_line("store: " + std::to_string(report.store_bytes_before) + " bytes before, " +
               std::to_string(report.store_bytes_after) + " after");
}

} // namespace

int gc_verb(const arguments& args) {
  common_options options;
  std::string folder = ".";
  bool dry_run = false;
  CLI::App app("Free what nobody needs any more: checkpoints and state beyond retention, temporaries of writers that "
               "died, readable files without a record, the disk reserve. A living engine is refused; it prunes by itself.",
               "gc");
  add_common_options(app, options);
  app.add_option("DIR", folder, "The run's or engine's folder");
  app.add_flag("--dry-run", dry_run, "Say what would be freed, change nothing");
  if (const auto over = parse_arguments(app, args)) return *over;
  auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  if (const int pid = storage::engine_lock::holder(where.value().data_dir); pid != 0)
    return report_failure({error_code::store_locked, "cannot free anything in " + folder,
                           "an engine with pid " + std::to_string(pid) + " is using it", "stop it first"},
                          options.json);
  storage::gc_request request;
  request.data_dir = where.value().data_dir;
  request.dry_run = dry_run;
  request.output_of = [&](const run_config& config, const std::vector<std::string>& runs) {
    return output_among(where.value(), config, runs);
  };
  const auto report = storage::collect_garbage(request);
  if (!report) return report_failure(report.error(), options.json);
  options.json ? print_json(as_json(report.value(), dry_run), 2) : print_report(report.value(), dry_run);
  return finish_output(exit_done);
}

} // namespace longwave::cli
