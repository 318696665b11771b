// `longwave snapshot`: a consistent copy of the store, taken by the living engine or, after a dead one, here.
#include "actors/clock.hpp"
#include "cli/command_line.hpp"
#include "cli/control_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "storage/output_folder.hpp"

#include <algorithm>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Hard links and a copied log: seconds at most, but the disk may be busy.
constexpr int engine_timeout_ms = 120'000;

result<std::string> by_engine(const place& where, const std::string& to) {
  const auto body = to.empty() ? nlohmann::json::object() : nlohmann::json{{"to", to}};
  auto answer = ask_engine(where, "POST", "/v1/snapshot", body.dump(), engine_timeout_ms);
  if (!answer) return answer.error();
  const auto j = nlohmann::json::parse(answer.value().body, nullptr, false);
  const auto text = [&](const char* name) {
    return j.is_object() && j.contains(name) && j[name].is_string() ? j[name].get<std::string>() : std::string();
  };
  if (answer.value().status == 200 && !text("path").empty()) return text("path");
  return failure{answer.value().status == 409 ? error_code::output_unwritable : error_code::io_failed,
                 "cannot take a snapshot", text("detail").empty() ? "the engine refuses" : text("detail"), ""};
}

/// A name that sorts by time: "snapshot-20260131T120000000001Z".
fs::path default_folder(const place& where) {
  auto stamp = rfc3339(host_clock().wall_us());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return where.data_dir / "snapshots" / ("snapshot-" + stamp);
}

result<std::string> by_hand(const place& where, const std::string& to) {
  std::error_code ec;
  if (!fs::exists(where.store(), ec))
    return failure{error_code::not_found, "no run in " + where.folder.string(), "there is no store in it",
                   "name the output folder of a run"};
  // Held while we copy, so that no engine begins in the middle.
  auto lock = storage::engine_lock::take(where.data_dir);
  if (!lock) return lock.error();
  storage::store_options options;
  options.create = false;
  auto db = storage::store::open(where.store(), options);
  if (!db) return db.error();
  const auto path = to.empty() ? default_folder(where) : fs::path(to);
  fs::create_directories(path.parent_path(), ec);
  if (ec) return storage::file_failure("cannot create", path.parent_path(), ec.value());
  if (auto taken = db.value()->snapshot(path); !taken) return taken.error();
  return path.string();
}

} // namespace

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
  const bool live = storage::engine_lock::holder(where.value().data_dir) != 0;
  auto path = live ? by_engine(where.value(), to) : by_hand(where.value(), to);
  if (!path) return report_failure(path.error(), options.json);
  options.json ? print_json({{"path", path.value()}}) : print_line(path.value());
  return finish_output(exit_done);
}

} // namespace longwave::cli
