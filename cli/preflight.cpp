// `longwave preflight`: everything that should hold before a long run, looked at without creating anything.
#include "actors/supervisor/preflight.hpp"

#include "actors/scheduler/story_audit.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/lore_import.hpp"
#include "cli/place.hpp"
#include "cli/prepare.hpp"
#include "cli/run_content.hpp"
#include "cli/run_options.hpp"
#include "cli/verbs.hpp"
#include "storage/backup.hpp"
#include "storage/output_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* own_help = "Check what should hold before a long run: content, pools (400 beats from 112 hours "
                                 "on), disk (10 GB up to 112 hours, 20 GB beyond), output,\n"
                                 "backend, a clean state, a verified backup. Takes the flags of the run. Exit code: 0 "
                                 "ready, 11 not; failing rows are listed.\n\n"
                                 "  longwave preflight [broadcast|stories] [flags of that verb]\n"
                                 "  --backup PATH           the backup that must exist [the last one of the folder]\n"
                                 "  --assume-free-bytes N   judge the disk as if N bytes were free, for rehearsals\n\n"
                                 "The flags of the run:\n\n";

/// What is given besides the flags of the run.
struct preflight_request {
  run_kind kind = run_kind::broadcast;
  std::vector<std::string> run_args;
  std::string backup;
  std::optional<std::uint64_t> free_bytes;
};

result<preflight_request> read_request(const arguments& args) {
  preflight_request request;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto& arg = args[i];
    if (i == 0 && (arg == "broadcast" || arg == "stories")) {
      if (arg == "stories") request.kind = run_kind::stories;
      continue;
    }
    const auto value_of = [&](const std::string& name) -> std::optional<std::string> {
      if (arg == name && i + 1 < args.size()) return args[++i];
      if (arg.rfind(name + "=", 0) == 0) return arg.substr(name.size() + 1);
      return std::nullopt;
    };
    if (const auto path = value_of("--backup")) {
      request.backup = *path;
    } else if (const auto text = value_of("--assume-free-bytes")) {
      std::uint64_t n = 0;
      const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
      if (ec != std::errc() || end != text->data() + text->size())
        return failure{error_code::bad_usage, "--assume-free-bytes " + *text, "wants a number of bytes", "see --help"};
      request.free_bytes = n;
    } else {
      request.run_args.push_back(arg);
    }
  }
  return request;
}

/// The store of an earlier run, for looking at; null when there is none.
result<std::unique_ptr<storage::store>> stored_runs(const fs::path& data_dir) {
  std::error_code ec;
  if (!fs::exists(data_dir / "store" / "CURRENT", ec)) return std::unique_ptr<storage::store>();
  storage::store_options look;
  look.create = false;
  look.read_only = true;
  auto opened = storage::store::open(data_dir / "store", look);
  if (!opened && opened.error().code == error_code::not_found) return std::unique_ptr<storage::store>();
  return opened;
}

void look_at_backup(const preflight_request& request, const fs::path& data_dir, const run_config& config,
                    preflight_facts& facts) {
  std::error_code ec;
  facts.has_data = fs::exists(data_dir / "store" / "CURRENT", ec) || fs::exists(data_dir / "lore" / "CURRENT", ec) ||
                   (!config.lore.empty() && fs::is_directory(config.lore, ec));
  fs::path backup = request.backup;
  auto noted_in = data_dir;
  if (!config.lore.empty() && !fs::exists(noted_in / "last_backup.json", ec))
    noted_in = fs::path(config.lore).filename() == "lore" ? fs::path(config.lore).parent_path()
                                                          : lore_folder_of(config.lore).parent_path();
  if (backup.empty()) {
    std::ifstream in(noted_in / "last_backup.json");
    const auto note = in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
    if (note.is_object() && note.contains("path") && note["path"].is_string()) backup = note["path"].get<std::string>();
  }
  if (backup.empty()) return;
  auto verified = storage::verify_backup(backup);
  if (verified)
    facts.backup = backup.string() + " of " + verified.value().created_at;
  else
    facts.backup_fault = to_string(verified.error());
}

void look_at_pools(const run_setup& setup, preflight_facts& facts) {
  const auto& config = *setup.config;
  if (config.kind != run_kind::broadcast || !setup.profile) return;
  auto found = collect_stories(*setup.profile, setup.pack->stories, setup.pack->name, nullptr);
  if (!found) {
    facts.content_fault = to_string(found.error());
    return;
  }
  const auto verdict = audit_stories(*setup.profile, found.value());
  facts.stories = verdict.stories;
  facts.beats = verdict.beats;
  // A pool that somebody else wrote is told as it is: what the filter refuses in it is a violation there.
  if (!config.quest_pool.empty()) {
    const auto refused = [&](const char* why) {
      const auto at = found.value().refused.find(why);
      return at == found.value().refused.end() ? std::size_t{0} : at->second;
    };
    facts.temporal_violations = refused("temporal") + refused("era");
    facts.regional_violations = refused("regional");
  }
}

bool ends_at_once(error_code code) {
  return code == error_code::bad_usage || code == error_code::unknown_dj || code == error_code::bad_config;
}

/// Everything that has to be asked of disk, backend and content.
result<preflight_facts> look(const preflight_request& request, const run_options& options) {
  auto clock = std::make_shared<host_clock>();
  std::error_code ec;
  auto output = output_folder_of(options, fs::current_path(ec), *clock);
  if (!output) return output.error();
  const fs::path data_dir = options.has("data-dir") ? fs::absolute(options.value("data-dir"), ec).lexically_normal()
                                                    : output.value() / ".longwave";
  preflight_facts facts;
  auto store = stored_runs(data_dir);
  if (!store) return store.error();
  auto prepared = prepare_run(options, output.value(), store.value().get(), clock);
  std::shared_ptr<const run_setup> setup;
  run_config config;
  if (auto applied = apply_options(options, config); !applied) return applied.error();
  if (prepared) {
    setup = prepared.value().setup;
    config = *setup->config;
    facts.state = prepared.value().finished ? "finished" : prepared.value().known ? "resumable" : "new";
    facts.state_detail = prepared.value().known ? std::to_string(prepared.value().done) + " segments are there" : "";
  } else if (ends_at_once(prepared.error().code)) {
    return prepared.error();
  } else if (prepared.error().code == error_code::run_exists ||
             prepared.error().code == error_code::fingerprint_mismatch) {
    facts.state = "taken";
    facts.state_detail = prepared.error().why;
    auto made = make_setup(config, clock);
    if (made)
      setup = made.value();
    else
      facts.content_fault = to_string(made.error());
  } else {
    facts.content_fault = to_string(prepared.error());
  }
  facts.planned_hours = config.kind == run_kind::broadcast ? config.duration_hours : 0;
  facts.tells_stories = !options.has("disable-stories");
  facts.estimated_bytes = estimated_bytes(config);
  facts.floor_bytes = static_cast<std::uint64_t>(config.disk_floor_bytes);
  facts.free_bytes = request.free_bytes;
  if (!facts.free_bytes)
    if (const auto free = storage::free_bytes(existing_parent(output.value()))) facts.free_bytes = free.value();
  if (auto writable = check_writable(output.value()); !writable) facts.output_fault = to_string(writable.error());
  if (setup) {
    look_at_pools(*setup, facts);
    if (auto answers = check_backend(*setup); !answers) facts.backend_fault = to_string(answers.error());
  }
  look_at_backup(request, data_dir, config, facts);
  return facts;
}

void print_rows(const std::vector<preflight_row>& rows) {
  for (const auto& r : rows) {
    char head[32];
    std::snprintf(head, sizeof head, "%-5s %-8s ", !r.met ? "n/a" : *r.met ? "ok" : "FAIL", r.name.c_str());
    print_line(head + r.detail);
  }
}

} // namespace

int preflight_verb(const arguments& args) {
  const bool as_json = std::find(args.begin(), args.end(), "--json") != args.end();
  auto request = read_request(args);
  if (!request) return report_failure(request.error(), as_json);
  auto parsed = parse_run_options(request.value().kind, request.value().run_args);
  if (!parsed) return report_failure(parsed.error(), as_json);
  if (!parsed.value().help.empty()) {
    print_raw(own_help + parsed.value().help);
    return finish_output(exit_done);
  }
  auto facts = look(request.value(), parsed.value().options);
  if (!facts) return report_failure(facts.error(), as_json);
  const auto rows = judge_preflight(facts.value());
  const bool ready = is_ready(rows);
  if (as_json) {
    nlohmann::ordered_json j{{"ready", ready}, {"rows", nlohmann::ordered_json::array()}};
    for (const auto& r : rows)
      j["rows"].push_back({{"name", r.name},
                           {"met", r.met ? nlohmann::ordered_json(*r.met) : nlohmann::ordered_json()},
                           {"detail", r.detail}});
    print_json(j, 2);
  } else {
    print_rows(rows);
  }
  return finish_output(ready ? exit_done : exit_invalid);
}

} // namespace longwave::cli
