// Chooses how to open: as a follower where an engine lives, read-only everywhere else.
#include "cli/opened_store.hpp"

#include "storage/output_folder.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <vector>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view scratch_name = "longwave-view-";

/// Removes what processes that were killed have left: folders named after a process that is no more.
void remove_left_behind(const fs::path& base) {
  std::error_code ec;
  std::vector<fs::path> dead;
  for (fs::directory_iterator it(base, ec), end; !ec && it != end; it.increment(ec)) {
    const auto name = it->path().filename().string();
    pid_t pid = 0;
    if (name.starts_with(scratch_name))
      std::from_chars(name.data() + scratch_name.size(), name.data() + name.size(), pid);
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) dead.push_back(it->path());
  }
  std::error_code ignored; // somebody else's stay
  for (const auto& folder : dead) fs::remove_all(folder, ignored);
}

/// A store's own folder, given itself or a folder that holds it.
fs::path store_folder(const fs::path& given) {
  std::error_code ec;
  for (const auto& candidate : {given, given / "store", given / ".longwave" / "store"})
    if (fs::is_regular_file(candidate / "CURRENT", ec)) return candidate;
  return given;
}

result<void> open_snapshot(const fs::path& folder, opened_store& opened) {
  std::error_code ec;
  opened.where.folder = fs::absolute(folder, ec).lexically_normal();
  opened.where.data_dir = opened.where.folder;
  storage::store_options options;
  options.create = false;
  options.read_only = true;
  auto db = storage::store::open(store_folder(opened.where.folder), options);
  if (!db) return db.error();
  opened.db = std::move(db.value());
  return ok();
}

result<void> open_place(const std::string& folder, opened_store& opened) {
  auto where = find_place(folder);
  if (!where) return where.error();
  opened.where = std::move(where.value());
  std::error_code ec;
  if (!fs::exists(opened.where.store(), ec))
    return failure{error_code::not_found, "no run in " + folder,
                   "there is no store in " + opened.where.data_dir.string(), "name the output folder of a run"};
  storage::store_options options;
  options.create = false;
  opened.engine_pid = storage::engine_lock::holder(opened.where.data_dir);
  if (opened.engine_pid == 0) {
    options.read_only = true;
  } else {
    auto scratch = temporary_folder::make();
    if (!scratch) return scratch.error();
    opened.scratch = std::move(scratch.value());
    options.secondary = true;
    options.secondary_path = opened.scratch->path();
  }
  auto db = storage::store::open(opened.where.store(), options);
  if (!db) return db.error();
  opened.db = std::move(db.value());
  return ok();
}

} // namespace

result<std::unique_ptr<temporary_folder>> temporary_folder::make() {
  std::error_code ec;
  auto base = fs::temp_directory_path(ec);
  if (ec) base = "/tmp";
  remove_left_behind(base);
  // A reader that goes away (`| head`) must not end the process before it has cleaned up.
  ::signal(SIGPIPE, SIG_IGN);
  auto pattern = (base / (std::string(scratch_name) + std::to_string(::getpid()) + "-XXXXXX")).string();
  if (!::mkdtemp(pattern.data())) return storage::file_failure("cannot create a temporary folder", pattern, errno);
  return std::unique_ptr<temporary_folder>(new temporary_folder(pattern));
}

temporary_folder::~temporary_folder() {
  std::error_code ignored; // a folder that stays behind in /tmp harms nobody
  fs::remove_all(path_, ignored);
}

result<std::string> choose_run(const std::vector<std::string>& runs, const std::string& named,
                               const std::string& of_place) {
  const auto& wanted = named.empty() ? of_place : named;
  std::string list;
  for (const auto& run : runs) list += (list.empty() ? "" : ", ") + run;
  if (!wanted.empty()) {
    if (std::find(runs.begin(), runs.end(), wanted) != runs.end()) return wanted;
    return failure{error_code::not_found, "no run '" + wanted + "'", "there are: " + (list.empty() ? "none" : list),
                   "see `longwave inspect runs`"};
  }
  if (runs.size() == 1) return runs.front();
  if (runs.empty())
    return failure{error_code::not_found, "no run here", "the store has none", "begin one with `longwave broadcast`"};
  return failure{error_code::bad_usage, "several runs here", list, "choose one with --run"};
}

result<fs::path> output_folder_of(const opened_store& opened) {
  if (opened.where.run == opened.run) return opened.where.folder;
  auto config = opened.db->config(opened.run);
  if (!config) return config.error();
  std::error_code ec;
  // contract 8.29: a run folder that is not the engine's own holds .longwave/engine.json.
  for (const auto& folder : {opened.where.folder / opened.run, fs::path(config.value().output)})
    if (fs::is_regular_file(folder / ".longwave" / "engine.json", ec)) return folder;
  return opened.where.folder;
}

fs::path output_among(const place& p, const run_config& config, const std::vector<std::string>& runs) {
  if (p.run == config.run_id || (p.run.empty() && runs.size() == 1)) return p.folder;
  for (const auto& folder : {p.data_dir.parent_path() / config.run_id, fs::path(config.output)}) {
    const auto other = find_place(folder);
    std::error_code ec;
    if (other && other.value().run == config.run_id && fs::equivalent(other.value().data_dir, p.data_dir, ec)) return folder;
  }
  return {};
}

result<opened_store> open_store(const store_request& request) {
  opened_store opened;
  auto done = request.snapshot.empty() ? open_place(request.folder, opened) : open_snapshot(request.snapshot, opened);
  if (!done) return done.error();
  if (!request.needs_run && request.run.empty()) return opened;
  auto runs = opened.db->runs();
  if (!runs) return runs.error();
  auto chosen = choose_run(runs.value(), request.run, opened.where.run);
  if (!chosen) return chosen.error();
  opened.run = std::move(chosen.value());
  return opened;
}

} // namespace longwave::cli
