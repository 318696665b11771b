// The verbs that steer an engine: status, pause, resume, stop and weather, through its control socket or after its death.
#include "actors/scheduler/weather_outlook.hpp"
#include "actors/supervisor/failure_streak.hpp"
#include "actors/validator/quality_gate.hpp"
#include "cli/control_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/inspect_views.hpp"
#include "cli/opened_store.hpp"
#include "cli/place.hpp"
#include "cli/status_text.hpp"
#include "cli/stored_status.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"
#include "messages/json_controls.hpp"
#include "messages/status.hpp"
#include "storage/output_folder.hpp"
#include "storage/store.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace longwave::cli {

namespace {

using nlohmann::ordered_json;

/// An engine that holds its lock but does not listen yet, or no longer: how often and how long it is asked again.
constexpr int begin_tries = 100;
constexpr int begin_pause_ms = 50;

/// What these verbs have in common.
struct request {
  std::string folder = ".";
  std::string run;
  std::string reason;
  std::string mode = "graceful";
  bool as_json = false;
  /// Accepted as everywhere; these verbs print no colour.
  bool no_color = false;
};

/// @return -1 to go on, else the exit code
int parse(CLI::App& app, arguments args, const request& r) {
  std::reverse(args.begin(), args.end());
  try {
    app.parse(std::move(args));
    return -1;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return exit_done;
  } catch (const CLI::ParseError& e) {
    return report_failure({error_code::bad_usage, "cannot read the command line", e.what(),
                           "see longwave " + app.get_name() + " --help"},
                          r.as_json);
  }
}

std::unique_ptr<CLI::App> make_app(const std::string& name, const std::string& what, request& r) {
  auto app = std::make_unique<CLI::App>(what, name);
  app->add_option("DIR", r.folder, "output folder of a run, or an engine's folder")->capture_default_str();
  app->add_option("--run", r.run, "the run, where the engine has several");
  app->add_flag("--json", r.as_json, "one JSON document");
  app->add_flag("--no-color", r.no_color, "no colour; there is none here anyway");
  return app;
}

std::string dump(const ordered_json& j) { return escape_controls(j.dump(2, ' ', false, ordered_json::error_handler_t::replace)); }

std::string text_of(const ordered_json& j, const char* name) {
  if (!j.is_object() || !j.contains(name) || !j[name].is_string()) return {};
  return j[name].get<std::string>();
}

bool engine_lives(const place& p) { return storage::engine_lock::holder(p.data_dir) != 0; }

/// Asks, and again for a while as long as somebody holds the lock but nobody listens.
result<http_reply> ask_patiently(const place& p, const char* method, const std::string& target,
                                 const std::string& body = {}) {
  for (int left = begin_tries;; --left) {
    auto answer = ask_engine(p, method, target, body);
    const bool absent = !answer && answer.error().code == error_code::not_found;
    if (!absent || left == 0 || !engine_lives(p)) return answer;
    ::poll(nullptr, 0, begin_pause_ms);
  }
}

/// A refusal of the engine as a failure of ours.
failure refused(const http_reply& reply, const std::string& what) {
  const auto j = ordered_json::parse(reply.body, nullptr, false);
  const std::string why = j.is_object() && j.contains("detail") && j["detail"].is_string()
                            ? j["detail"].get<std::string>()
                            : std::string(status_phrase(reply.status));
  auto code = error_code::internal;
  if (reply.status == 400) code = error_code::bad_usage;
  if (reply.status == 404) code = error_code::not_found;
  if (reply.status == 409) code = error_code::wrong_state;
  if (reply.status == 503) code = error_code::io_failed;
  return {code, what, why, ""};
}

result<ordered_json> ask_json(const place& p, const std::string& target, const std::string& what) {
  const auto answer = ask_patiently(p, "GET", target);
  if (!answer) return answer.error();
  if (answer.value().status != 200) return refused(answer.value(), what);
  auto j = ordered_json::parse(answer.value().body, nullptr, false);
  if (j.is_discarded()) return failure{error_code::io_failed, what, "the engine's answer is not JSON", ""};
  return j;
}

failure no_run(const place& p, const std::string& run) {
  return {error_code::not_found, "no run in " + p.folder.string(),
          run.empty() ? "the engine has none" : "the engine has none of the name " + run,
          "see longwave inspect " + p.folder.string() + " runs"};
}

// -- status -----------------------------------------------------------------------------------------------------------

result<ordered_json> status_of_living(const place& p, const std::string& run) {
  return ask_json(p, run.empty() ? "/v1/runs" : "/v1/runs/" + run, "no status of " + p.folder.string());
}

result<ordered_json> status_of_dead(const place& p, const std::string& run) {
  auto left = left_status(p.folder);
  if (left && (run.empty() || left.value()["run_id"] == run)) return left;
  storage::store_options look;
  look.create = false;
  look.read_only = true;
  const auto opened = storage::store::open(p.store(), look);
  if (!opened) return left || left.error().code == error_code::not_found ? opened.error() : left.error();
  const auto& s = *opened.value();
  if (!run.empty()) return stored_status(s, run);
  const auto runs = s.runs();
  if (!runs) return runs.error();
  ordered_json list = ordered_json::array();
  for (const auto& id : runs.value()) {
    auto one = stored_status(s, id);
    if (!one) return one.error();
    list.push_back(std::move(one.value()));
  }
  return list;
}

int print_status(const ordered_json& status, bool as_json) {
  if (as_json) {
    std::puts(dump(status).c_str());
    return exit_done;
  }
  if (!status.is_array()) {
    std::fputs(status_text(status).c_str(), stdout);
    return exit_done;
  }
  bool first = true;
  for (const auto& one : status) {
    if (!std::exchange(first, false)) std::fputs("\n", stdout);
    std::fputs(status_text(one).c_str(), stdout);
  }
  return exit_done;
}

// -- steering ---------------------------------------------------------------------------------------------------------

/// The run that is meant: named, the folder's own, or the only one that is under way.
result<std::string> meant_run(const place& p, const request& r) {
  if (!r.run.empty()) return r.run;
  if (!p.run.empty()) return p.run;
  const auto list = ask_json(p, "/v1/runs", "cannot find the run of " + p.folder.string());
  if (!list) return list.error();
  std::vector<std::string> all, active;
  for (const auto& status : list.value()) {
    const auto id = text_of(status, "run_id");
    if (id.empty()) continue;
    const auto state = parse_run_state(text_of(status, "state"));
    all.push_back(id);
    if (state && !is_final(*state)) active.push_back(id);
  }
  if (all.size() == 1) return all.front();
  if (active.size() == 1) return active.front();
  if (all.empty()) return no_run(p, "");
  return failure{error_code::bad_usage, "cannot choose a run of " + p.folder.string(), "it has several",
                 "name one with --run"};
}

failure no_engine(const place& p, const std::string& verb) {
  return {error_code::not_found, "cannot " + verb + " the run in " + p.folder.string(), "no engine is running there",
          verb == "pause" ? "nothing is being generated; start it with --resume" : "it has ended already"};
}

/// Posts to the run's route and prints the status that comes back.
int steer(const std::string& verb, const place& p, const request& r, const ordered_json& body) {
  const auto run = meant_run(p, r);
  if (!run) return report_failure(run.error(), r.as_json);
  const auto answer = ask_patiently(p, "POST", "/v1/runs/" + run.value() + "/" + verb, dump(body));
  if (!answer) return report_failure(answer.error(), r.as_json);
  if (answer.value().status != 200)
    return report_failure(refused(answer.value(), "cannot " + verb + " run " + run.value()), r.as_json);
  const auto status = ordered_json::parse(answer.value().body, nullptr, false);
  if (!status.is_object())
    return report_failure({error_code::io_failed, "cannot " + verb + " run " + run.value(),
                           "the engine's answer is not a status", ""},
                          r.as_json);
  if (r.as_json) return print_status(status, true);
  std::printf("%s\n", state_line(status).c_str());
  return exit_done;
}

/// What a person acknowledges by `resume` (contract 8.12), on a run that no process is running.
result<void> clear_pauses(storage::store& s, const std::string& run) {
  auto loaded = s.load(run);
  if (!loaded) return loaded.error();
  storage::commit_batch batch;
  batch.run = run;
  batch.head = loaded.value().head;
  batch.epoch = batch.head.epoch;
  batch.seq = batch.head.seq;
  batch.prev_hash = batch.head.hash;
  const bool paused = batch.head.state == "paused";
  if (paused) batch.head.state = to_string(run_state::stopped);
  if (paused) batch.head.state_reason.clear();
  batch.head.pause_reasons.clear();
  batch.head.consecutive_failures = 0;
  batch.head.starts_without_commit = 0;
  const auto& state = loaded.value().state;
  failure_streak streak;
  quality_gate gate;
  try {
    if (const auto at = state.find("streak"); at != state.end()) at->second.get_to(streak);
    if (const auto at = state.find("gate"); at != state.end()) at->second.get_to(gate);
    streak.on_resumed();
    gate.on_resumed();
    batch.changes = {{"streak", nlohmann::json(streak).dump()}, {"gate", nlohmann::json(gate).dump()}};
  } catch (const nlohmann::json::exception& e) {
    return failure{error_code::store_damaged, "cannot read the state of run " + run, e.what(), "see longwave verify"};
  }
  return s.commit({&batch}).front();
}

/// So that `status` says what the store says.
result<void> clear_left_status(const storage::store& s, const std::string& run) {
  const auto config = s.config(run);
  if (!config) return config.error();
  const std::filesystem::path folder = config.value().output;
  auto left = left_status(folder);
  if (!left || left.value()["run_id"] != run) return ok(); // written again at the next start
  auto& status = left.value();
  status["pause_reasons"] = ordered_json::array();
  if (status["state"] == "paused") {
    status["state"] = to_string(run_state::stopped);
    status["state_reason"] = nullptr;
  }
  if (status.contains("failures") && status["failures"].is_object()) status["failures"]["consecutive"] = 0;
  return storage::write_file_atomically(storage::system_file_calls(), folder / "LIVE_STATUS.json", dump(status) + "\n");
}

result<std::vector<std::string>> runs_meant(const storage::store& s, const place& p, const request& r) {
  if (!r.run.empty()) return std::vector{r.run};
  if (!p.run.empty()) return std::vector{p.run};
  auto runs = s.runs();
  if (!runs) return runs.error();
  if (runs.value().empty()) return no_run(p, "");
  if (runs.value().size() > 1)
    return failure{error_code::bad_usage, "cannot choose a run of " + p.folder.string(), "it has several",
                   "name one with --run"};
  return runs;
}

/// No engine: what holds the run is cleared in the store, for the next start.
int resume_dead(const place& p, const request& r) {
  const auto lock = storage::engine_lock::take(p.data_dir);
  if (!lock) return report_failure(lock.error(), r.as_json);
  storage::store_options options;
  options.create = false;
  const auto opened = storage::store::open(p.store(), options);
  if (!opened) return report_failure(opened.error(), r.as_json);
  auto& s = *opened.value();
  const auto runs = runs_meant(s, p, r);
  if (!runs) return report_failure(runs.error(), r.as_json);
  const auto& run = runs.value().front();
  if (auto cleared = clear_pauses(s, run); !cleared) return report_failure(cleared.error(), r.as_json);
  if (auto cleared = clear_left_status(s, run); !cleared) return report_failure(cleared.error(), r.as_json);
  const auto status = stored_status(s, run);
  if (!status) return report_failure(status.error(), r.as_json);
  if (r.as_json) return print_status(status.value(), true);
  std::printf("run %s: nothing holds it any more; start it again with --resume\n", terminal_line(run).c_str());
  std::error_code ec;
  if (std::filesystem::exists(p.folder / "PAUSE", ec))
    std::printf("the file %s still does: remove it\n", terminal_line((p.folder / "PAUSE").string()).c_str());
  return exit_done;
}

// -- weather ----------------------------------------------------------------------------------------------------------

/// What `weather` was asked to do.
struct weather_request : request {
  std::vector<std::string> words;
  std::string action;
  weather_order order;
  int temperature_f = 0;
  bool details_given = false;
};

/// "set TYPE [DIR]", "clear [DIR]", "show [DIR]". @return what is wrong, empty for nothing
std::string sort_words(weather_request& r) {
  if (r.words.empty()) return "say set, clear or show";
  r.action = r.words.front();
  std::vector<std::string> rest(r.words.begin() + 1, r.words.end());
  if (r.action != "set" && r.action != "clear" && r.action != "show")
    return "'" + r.action + "' is none of set, clear and show";
  if (r.action == "set") {
    if (rest.empty()) return "set needs a weather type";
    r.order.type = rest.front();
    std::replace(r.order.type.begin(), r.order.type.end(), '-', '_');
    rest.erase(rest.begin());
    if (auto fault = fault_of(r.order); !fault.empty()) return fault;
  }
  if (r.action != "set" && r.details_given) return "--intensity and --temperature go with set";
  if (!rest.empty()) r.folder = rest.front();
  return rest.size() > 1 ? "'" + rest[1] + "' is one argument too many" : std::string();
}

/// So that `status` says what the store says: what was aired stays, the order is the new one (contract section 4, `weather`).
result<void> show_order_in_left_status(const run_config& config, const weather_overrides& overrides) {
  const std::filesystem::path folder = config.output;
  auto left = left_status(folder);
  if (!left || left.value()["run_id"] != config.run_id) return ok(); // written again at the next start
  auto& weather = left.value()["weather"];
  if (!weather.is_object()) return ok();
  weather["order"] = nullptr;
  if (overrides.open()) {
    weather["order"] = ordered_json(overrides.piece().at("overrides").back());
    weather["order"].erase("to");
  }
  return storage::write_file_atomically(storage::system_file_calls(), folder / "LIVE_STATUS.json", dump(left.value()) + "\n");
}

/// No engine: the order is written into the store, for the segments after the one that was open.
int order_weather_dead(const place& p, const weather_request& r) {
  const auto lock = storage::engine_lock::take(p.data_dir);
  if (!lock) return report_failure(lock.error(), r.as_json);
  storage::store_options options;
  options.create = false;
  const auto opened = storage::store::open(p.store(), options);
  if (!opened) return report_failure(opened.error(), r.as_json);
  auto& s = *opened.value();
  const auto runs = runs_meant(s, p, r);
  if (!runs) return report_failure(runs.error(), r.as_json);
  const auto loaded = s.load(runs.value().front());
  if (!loaded) return report_failure(loaded.error(), r.as_json);
  const auto& run = loaded.value();
  const std::string what = "cannot order the weather of run " + run.config.run_id;
  if (run.config.kind != run_kind::broadcast)
    return report_failure({error_code::bad_usage, what, "a story run has no weather", ""}, r.as_json);
  weather_overrides overrides;
  try {
    if (const auto at = run.state.find("weather"); at != run.state.end() && !at->second.is_null())
      overrides.load(at->second);
  } catch (const nlohmann::json::exception& e) {
    return report_failure({error_code::store_damaged, what, e.what(), "see longwave verify"}, r.as_json);
  }
  const bool open = run.open_attempt && run.open_attempt->seq == run.head.seq + 1;
  overrides.apply(r.order, run.head.seq + (open ? 2 : 1));
  storage::commit_batch batch;
  batch.run = run.config.run_id;
  batch.head = run.head;
  batch.epoch = run.head.epoch;
  batch.seq = run.head.seq;
  batch.prev_hash = run.head.hash;
  if (open) batch.next_attempt = run.open_attempt;
  batch.changes = {{"weather", overrides.piece().dump()}};
  if (auto done = s.commit({&batch}).front(); !done) return report_failure(done.error(), r.as_json);
  if (auto told = show_order_in_left_status(run.config, overrides); !told) return report_failure(told.error(), r.as_json);
  const auto from = run.head.seq + (open ? 2 : 1);
  if (r.as_json)
    std::puts(dump(ordered_json{{"run_id", run.config.run_id}, {"from", from}, {"overrides", overrides.piece()["overrides"]}}).c_str());
  else
    std::printf("run %s: %s from segment %llu on\n", terminal_line(run.config.run_id).c_str(),
                r.order.type.empty() ? "the calendar's weather" : r.order.type.c_str(),
                static_cast<unsigned long long>(from));
  return exit_done;
}

int show_weather(const weather_request& r) {
  store_request request;
  request.folder = r.folder;
  request.run = r.run;
  const auto opened = open_store(request);
  if (!opened) return report_failure(opened.error(), r.as_json);
  std::string note;
  const auto world = world_view(*opened.value().db, opened.value().run, note);
  if (!world) return report_failure(world.error(), r.as_json);
  const auto& w = world.value();
  ordered_json weather = w.contains("weather") ? ordered_json(w["weather"]) : ordered_json(nullptr);
  if (!weather.is_object() || !weather.contains("region"))
    return report_failure({error_code::not_found, "no weather of run " + opened.value().run,
                           note.empty() ? "a story run has none" : note, ""},
                          r.as_json);
  if (w.contains("position")) weather["position"] = w["position"];
  if (r.as_json) {
    std::puts(dump(weather).c_str());
    return exit_done;
  }
  std::printf("%s: %s, %s, %d F%s\n", terminal_line(text_of(weather, "region")).c_str(),
              text_of(weather, "type").c_str(), text_of(weather, "intensity").c_str(),
              weather.value("temperature_f", 0), weather.value("emergency", false) ? ", emergency" : "");
  for (const auto& o : weather["overrides"])
    std::printf("ordered: %s, %s, segments %s to %s\n", text_of(o, "type").c_str(), text_of(o, "intensity").c_str(),
                o["from"].dump().c_str(), o["to"].is_null() ? "further notice" : o["to"].dump().c_str());
  return exit_done;
}

} // namespace

int weather_verb(const arguments& args) {
  weather_request r;
  CLI::App app("Orders the weather of a run, takes the order back, or shows it: weather set TYPE [DIR], weather clear "
               "[DIR], weather show [DIR]. An order holds for the segments that are not planned yet.",
               "weather");
  app.add_option("WORDS", r.words, "set TYPE, clear or show, and the run's output folder (default .)")->default_str("");
  app.add_option("--run", r.run, "the run, where the engine has several");
  auto* intensity = app.add_option("--intensity", r.order.intensity, "set: minor, moderate or severe [moderate]");
  auto* temperature = app.add_option("--temperature", r.temperature_f, "set: degrees Fahrenheit [the calendar's]");
  app.add_flag("--json", r.as_json, "one JSON document");
  app.add_flag("--no-color", r.no_color, "no colour; there is none here anyway");
  if (const int code = parse(app, args, r); code >= 0) return code;
  r.details_given = intensity->count() > 0 || temperature->count() > 0;
  if (temperature->count() > 0) r.order.temperature_f = r.temperature_f;
  if (const auto wrong = sort_words(r); !wrong.empty())
    return report_failure({error_code::bad_usage, "weather", wrong, "see longwave weather --help"}, r.as_json);
  if (r.action == "show") return show_weather(r);
  const auto where = find_place(r.folder);
  if (!where) return report_failure(where.error(), r.as_json);
  if (!engine_lives(where.value())) return order_weather_dead(where.value(), r);
  ordered_json body{{"type", r.order.type}, {"intensity", r.order.intensity}};
  if (r.order.temperature_f) body["temperature_f"] = *r.order.temperature_f;
  return steer("weather", where.value(), r, body);
}

int status_verb(const arguments& args) {
  request r;
  auto app = make_app("status", "Shows how a run stands, whether its engine lives or not.", r);
  if (const int code = parse(*app, args, r); code >= 0) return code;
  const auto where = find_place(r.folder);
  if (!where) return report_failure(where.error(), r.as_json);
  const auto& p = where.value();
  const auto run = r.run.empty() ? p.run : r.run;
  auto status = engine_lives(p) ? status_of_living(p, run) : status_of_dead(p, run);
  // It may have ended in between.
  if (!status && !engine_lives(p)) status = status_of_dead(p, run);
  if (!status) return report_failure(status.error(), r.as_json);
  const auto& document = status.value();
  if (!document.is_array()) return print_status(document, r.as_json);
  if (document.empty()) return report_failure(no_run(p, run), r.as_json);
  return print_status(document.size() == 1 ? document.front() : document, r.as_json);
}

int pause_verb(const arguments& args) {
  request r;
  auto app = make_app("pause", "Pauses a run: no new segment begins until it is resumed.", r);
  app->add_option("--reason", r.reason, "why, shown with the status");
  if (const int code = parse(*app, args, r); code >= 0) return code;
  const auto where = find_place(r.folder);
  if (!where) return report_failure(where.error(), r.as_json);
  if (!engine_lives(where.value())) return report_failure(no_engine(where.value(), "pause"), r.as_json);
  return steer("pause", where.value(), r, ordered_json{{"reason", r.reason}});
}

int resume_verb(const arguments& args) {
  request r;
  auto app = make_app("resume", "Resumes a paused run, or clears what holds it for the next start.", r);
  if (const int code = parse(*app, args, r); code >= 0) return code;
  const auto where = find_place(r.folder);
  if (!where) return report_failure(where.error(), r.as_json);
  return engine_lives(where.value()) ? steer("resume", where.value(), r, ordered_json::object())
                                     : resume_dead(where.value(), r);
}

int stop_verb(const arguments& args) {
  request r;
  auto app = make_app("stop", "Stops a run; it stays resumable.", r);
  app->add_option("--mode", r.mode, "graceful: the attempt in flight may finish; urgent: it gets the pause grace; "
                                    "immediate: it is cancelled")
    ->check(CLI::IsMember({"graceful", "urgent", "immediate"}))
    ->capture_default_str();
  if (const int code = parse(*app, args, r); code >= 0) return code;
  const auto where = find_place(r.folder);
  if (!where) return report_failure(where.error(), r.as_json);
  if (!engine_lives(where.value())) return report_failure(no_engine(where.value(), "stop"), r.as_json);
  return steer("stop", where.value(), r, ordered_json{{"mode", r.mode}});
}

} // namespace longwave::cli
