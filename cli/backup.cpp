// `longwave backup` and `longwave restore`: a verified copy of everything that cannot be made anew.
#include "storage/backup.hpp"

#include "actors/clock.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/store_copy.hpp"
#include "cli/verbs.hpp"
#include "storage/lore_store.hpp"
#include "storage/output_folder.hpp"
#include "storage/review_log.hpp"
#include "storage/store.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

nlohmann::ordered_json as_json(const storage::backup_manifest& m, const fs::path& path, const char* verb) {
  nlohmann::ordered_json j{{verb, path.string()},
                           {"created_at", m.created_at},
                           {"source", m.source},
                           {"files", m.files.size()},
                           {"bytes", m.bytes()}};
  auto runs = nlohmann::ordered_json::array();
  for (const auto& r : m.runs) runs.push_back({{"run_id", r.run_id}, {"seq", r.seq}, {"hash", r.hash}});
  j["runs"] = std::move(runs);
  j["verified"] = true;
  return j;
}

void print_summary(const storage::backup_manifest& m, const std::string& what) {
  print_line(what + ": " + std::to_string(m.files.size()) + " files, " + std::to_string(m.bytes()) +
             " bytes, verified");
  for (const auto& r : m.runs) print_line("  run " + r.run_id + ", " + std::to_string(r.seq) + " segments");
}

/// Copies of store and catalogue that nobody writes, made beside them and removed again.
class still_copies {
public:
  explicit still_copies(const place& where) : where_(where), folder_(where.data_dir / "backup.tmp") {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  ~still_copies() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  still_copies(const still_copies&) = delete;
  still_copies& operator=(const still_copies&) = delete;

  result<storage::backup_source> take() {
    storage::backup_source from;
    std::error_code ec;
    fs::create_directories(folder_, ec);
    if (ec) return storage::file_failure("cannot create", folder_, ec.value());
    if (fs::exists(where_.store() / "CURRENT", ec)) {
      auto copied = copy_store(where_, (folder_ / "store").string());
      if (!copied) return copied.error();
      from.store_copy = folder_ / "store";
      if (auto said = copy_reviews(); !said) return said.error();
      if (fs::exists(folder_ / "reviews", ec)) from.reviews_copy = folder_ / "reviews";
    }
    if (fs::exists(where_.data_dir / "lore" / "CURRENT", ec)) {
      auto lore = storage::lore_store::open(where_.data_dir / "lore", storage::lore_access::write);
      if (!lore) return lore.error();
      if (auto copied = lore.value()->snapshot(folder_ / "lore"); !copied) return copied.error();
      from.lore_copy = folder_ / "lore";
    }
    if (from.store_copy.empty() && from.lore_copy.empty())
      return failure{error_code::not_found, "nothing to back up in " + where_.folder.string(),
                     "it holds neither a run nor a catalogue", "name a run's output folder"};
    from.source = where_.data_dir.string();
    from.created_at = rfc3339(host_clock().wall_us());
    return from;
  }

private:
  /// What a person said of each run, as it is now; a line that is just being appended may be missing.
  result<void> copy_reviews() const {
    storage::store_options look;
    look.create = false;
    look.read_only = true;
    const auto s = storage::store::open(folder_ / "store", look);
    // A store in which nothing was stored yet has no runs.
    if (!s) return s.error().code == error_code::not_found ? result<void>(ok()) : result<void>(s.error());
    const auto runs = s.value()->runs();
    if (!runs) return runs.error();
    for (const auto& run : runs.value()) {
      const auto config = s.value()->config(run);
      if (!config) return config.error();
      const auto output = output_among(where_, config.value(), runs.value());
      std::error_code ec;
      if (output.empty() || !fs::is_regular_file(storage::review_path(output), ec)) continue;
      fs::create_directories(folder_ / "reviews", ec);
      if (!ec) fs::copy_file(storage::review_path(output), folder_ / "reviews" / (run + ".jsonl"), ec);
      if (ec) return storage::file_failure("cannot copy", storage::review_path(output), ec.value());
    }
    return ok();
  }

  const place& where_;
  fs::path folder_;
};

/// So that `preflight` finds it: where the last backup of this data folder is.
result<void> remember(const place& where, const fs::path& to, const storage::backup_manifest& m) {
  const nlohmann::json note{{"path", to.string()}, {"created_at", m.created_at}};
  return storage::write_file_atomically(storage::system_file_calls(), where.data_dir / "last_backup.json",
                                        note.dump() + "\n");
}

} // namespace

int backup_verb(const arguments& args) {
  common_options options;
  std::string folder = ".", to;
  bool check = false;
  CLI::App app("Back up a run's store and catalogue, beside a living engine or after a dead one. Every byte is read "
               "back and compared with a manifest of "
               "SHA-256 sums before the backup appears under its name.",
               "backup");
  add_common_options(app, options);
  app.add_option("DIR", folder, "The run's output folder, with --check a backup");
  app.add_option("--to", to, "Where to put it; must not exist (default: .longwave/backups/backup-TIME)");
  app.add_flag("--check", check, "Verify the backup in DIR instead of making one");
  if (const auto over = parse_arguments(app, args)) return *over;

  if (check) {
    auto verified = storage::verify_backup(folder);
    if (!verified) return report_failure(verified.error(), options.json);
    options.json ? print_json(as_json(verified.value(), folder, "backup"), 2) : print_summary(verified.value(), folder);
    return finish_output(exit_done);
  }
  auto where = find_place(folder);
  if (!where) return report_failure(where.error(), options.json);
  std::error_code ec;
  auto stamp = rfc3339(host_clock().wall_us());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
  fs::path path =
    to.empty() ? where.value().data_dir / "backups" / ("backup-" + stamp) : fs::absolute(to, ec).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  still_copies copies(where.value());
  auto from = copies.take();
  if (!from) return report_failure(from.error(), options.json);
  auto written = storage::write_backup(from.value(), path);
  if (!written) return report_failure(written.error(), options.json);
  if (auto noted = remember(where.value(), path, written.value()); !noted)
    return report_failure(noted.error(), options.json);
  options.json ? print_json(as_json(written.value(), path, "backup"), 2)
               : print_summary(written.value(), path.string());
  return finish_output(exit_done);
}

int restore_verb(const arguments& args) {
  common_options options;
  std::string backup, to;
  bool dry_run = false;
  CLI::App app("Restore a backup into a new folder: verifies every byte, puts store and catalogue in place, and writes "
               "segments.jsonl and the readable "
               "files anew. Go on there with --resume.",
               "restore");
  add_common_options(app, options);
  app.add_option("PATH", backup, "The backup")->default_str("")->required();
  app.add_option("--to", to, "The new output folder")->default_str("");
  app.add_flag("--dry-run", dry_run, "Only verify");
  if (const auto over = parse_arguments(app, args)) return *over;
  if (to.empty() && !dry_run) return report_usage(app, "--to is required", options.json);

  auto manifest = dry_run ? storage::verify_backup(backup) : storage::restore_backup(backup, to);
  if (!manifest) return report_failure(manifest.error(), options.json);
  const auto where = dry_run ? fs::path(backup) : fs::path(to);
  options.json ? print_json(as_json(manifest.value(), where, dry_run ? "backup" : "restored"), 2)
               : print_summary(manifest.value(), where.string());
  return finish_output(exit_done);
}

} // namespace longwave::cli
