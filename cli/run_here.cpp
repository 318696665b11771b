// A run from flags to exit code: prepare, open the engine, wait, say how it went.
#include "cli/run_here.hpp"

#include "actors/monitor/report.hpp"
#include "actors/supervisor/pause_reasons.hpp"
#include "cli/backend_choice.hpp"
#include "cli/control_server.hpp"
#include "cli/engine_host.hpp"
#include "cli/exit_code.hpp"
#include "cli/place.hpp"
#include "cli/prepare.hpp"
#include "cli/progress.hpp"
#include "cli/remote_run.hpp"
#include "cli/run_options.hpp"
#include "cli/signals.hpp"
#include "cli/story_log.hpp"
#include "cli/terminal_text.hpp"
#include "storage/recovery.hpp"

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// What the threads of a run tell the one that waits.
struct ending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<run_outcome> outcome;
  std::optional<failure> refused;
  std::string collapse;
  std::string last_status;
  int signal = 0;
  int signals = 0;
  /// The end is being told: what comes now changes nothing of it.
  bool told = false;

  bool over() const { return outcome || refused || !collapse.empty(); }
};

int exit_of(const run_outcome& outcome, const storage::store& store, run_kind kind) {
  switch (outcome.state) {
    case run_state::completed: {
      if (kind == run_kind::stories) return exit_done;
      const auto report = build_report(store, outcome.run);
      if (!report) return report_failure(report.error());
      const auto verdict = verdict_of(report.value());
      return verdict == "SUCCESS" ? exit_done : verdict == "CONDITIONAL" ? exit_conditional : exit_invalid;
    }
    case run_state::aborted: return exit_invalid;
    case run_state::failed: return exit_code_of(outcome.why.code);
    case run_state::paused: return pause_reasons::exit_code(outcome.reason);
    default: return exit_done;
  }
}

progress_mode mode_of(const run_options& options) {
  const auto name = options.value("progress", "auto");
  if (name == "bar") return progress_mode::bar;
  if (name == "plain") return progress_mode::plain;
  if (name == "json") return progress_mode::json;
  if (name == "none") return progress_mode::none;
  return progress_mode::automatic;
}

result<void> check_shown(const run_options& options) {
  const auto progress = options.value("progress", "auto");
  if (progress != "auto" && progress != "bar" && progress != "plain" && progress != "json" && progress != "none")
    return failure{error_code::bad_usage, "--progress " + progress, "wants auto, bar, plain, json or none", "see --help"};
  const auto level = options.value("log-level", "info");
  if (level != "debug" && level != "info" && level != "warn" && level != "off")
    return failure{error_code::bad_usage, "--log-level " + level, "wants debug, info, warn or off", "see --help"};
  const auto token = check_listen(options.value("listen"), options.value("token-file"));
  return token ? result<void>(ok()) : result<void>(token.error());
}

void say_finished(const prepared_run& run, bool as_json) {
  const auto& config = *run.setup->config;
  if (as_json)
    std::printf("%s\n", nlohmann::json{{"run_id", config.run_id}, {"state", "completed"}, {"segments_done", run.done}}.dump().c_str());
  else
    std::printf("run %s is already complete: %llu segments in %s\n", config.run_id.c_str(),
                static_cast<unsigned long long>(run.done), terminal_line(config.output).c_str());
}

/// True when everything that follows the last commit is there: status and report are written last. A process that was
/// killed between the commit and them leaves a finished run whose output is not; it goes the way of every start.
bool shows_its_end(const fs::path& output) {
  const auto read = [&](const char* name) {
    std::ifstream in(output / name);
    return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
  };
  const auto status = read("LIVE_STATUS.json"), report = read("report.json");
  if (!status.is_object() || !report.is_object()) return false;
  const auto state = parse_run_state(status.value("state", ""));
  if (!state || (*state != run_state::completed && *state != run_state::aborted)) return false;
  // A run that went on after an earlier end has that one's report until its own is there.
  const auto counted = [](const nlohmann::json& j, const char* part) {
    const nlohmann::json::json_pointer at(std::string(part) + "/segments_done");
    return j.contains(at) ? j.at(at) : nlohmann::json();
  };
  return counted(status, "/progress") == counted(report, "/totals");
}

/// Everything that lives while the run does.
class local_run {
public:
  local_run(const run_options& options, prepared_run run) : options_(options), run_(std::move(run)) {}

  int play(held_store held, const fs::path& data_dir, std::shared_ptr<held_address> address) {
    const auto& config = *run_.setup->config;
    const auto token = check_listen(options_.value("listen"), options_.value("token-file"));
    if (!token) return report_failure(token.error(), options_.has("json"));
    token_ = token.value();
    progress_ = std::make_unique<progress>(mode_of(options_), stderr, ::isatty(STDERR_FILENO) == 1, wants_color());
    story_log_ = std::make_unique<story_log>(config, stdout);
    if (mode_of(options_) != progress_mode::none && mode_of(options_) != progress_mode::json)
      std::fprintf(stderr, "%s", run_header(config).c_str());
    auto own = host_options_for(data_dir);
    own.held = std::move(address);
    auto host = engine_host::start(std::move(held), std::move(own));
    if (!host) return report_failure(host.error(), options_.has("json"));
    host_ = std::move(host.value());
    if (const auto url = host_->url(); !url.empty()) std::fprintf(stderr, "longwave: listening on %s\n", url.c_str());
    signal_watcher signals([this](int signal, int count) { on_signal(signal, count); });
    auto submitted = host_->submit(run_, options_.has("resume"), [this](result<void> started) { on_started(std::move(started)); },
                                   [this](run_outcome outcome) { on_ended(std::move(outcome)); });
    if (!submitted) return report_failure(submitted.error(), options_.has("json"));
    wait();
    const int code = conclude();
    host_.reset();
    return code;
  }

private:
  bool wants_color() const { return !options_.has("no-color") && !std::getenv("NO_COLOR"); }

  host_options host_options_for(const fs::path& data_dir) {
    host_options host;
    host.data_dir = data_dir;
    host.awaited_run = run_.setup->config->run_id;
    host.workers = static_cast<std::size_t>(std::atoi(options_.value("workers", "2").c_str()));
    const auto& config = *run_.setup->config;
    host.asks_servers = config.backend != "offline" || (run_.setup->judge && judge_config(config).backend != "offline");
    host.listen = options_.value("listen");
    host.token = token_;
    host.clock = run_.setup->clock;
    host.on_status = [this](const std::string&, const std::string& json) { on_status(json); };
    host.on_event = [this](const event_happened& event) { story_log_->event(event); };
    host.on_collapse = [this](const std::string& why) {
      std::lock_guard guard(end_.mutex);
      end_.collapse = why;
      end_.changed.notify_one();
    };
    return host;
  }

  void on_status(const std::string& json) {
    const auto status = nlohmann::json::parse(json, nullptr, false);
    progress_->update(status);
    std::lock_guard guard(end_.mutex);
    end_.last_status = json;
  }

  void on_started(result<void> started) {
    if (started) return;
    std::lock_guard guard(end_.mutex);
    end_.refused = started.error();
    end_.changed.notify_one();
  }

  void on_ended(run_outcome outcome) {
    std::lock_guard guard(end_.mutex);
    end_.outcome = std::move(outcome);
    end_.changed.notify_one();
  }

  /// Once: the attempt in flight may finish. Twice: cancelled now; a third time, or nothing within two seconds: gone.
  void on_signal(int signal, int count) {
    {
      std::lock_guard guard(end_.mutex);
      if (end_.told) return; // the exit code is decided, and the host is being closed
      end_.signal = signal;
      end_.signals = count;
      end_.changed.notify_one();
      host_->stop(count == 1 ? stop_mode::graceful : stop_mode::immediate);
    }
    if (count == 1) story_log_->signal_received(); // last: whoever reads it may be slow
  }

  void wait() {
    std::unique_lock lock(end_.mutex);
    end_.changed.wait(lock, [&] { return end_.over() || end_.signals > 1; });
    if (end_.over()) return;
    end_.changed.wait_for(lock, std::chrono::seconds(2), [&] { return end_.over(); });
    if (!end_.over()) std::_Exit(128 + end_.signal);
  }

  int conclude() {
    std::lock_guard guard(end_.mutex);
    end_.told = true;
    progress_->finish();
    if (end_.refused && end_.refused->code == error_code::wrong_state && end_.signals > 0) {
      std::fprintf(stderr, "longwave: stopped before run %s began; go on with --resume\n", run_.setup->config->run_id.c_str());
      return end_.signals == 1 ? exit_done : 128 + end_.signal;
    }
    if (end_.refused) return report_failure(*end_.refused, options_.has("json"));
    if (!end_.collapse.empty())
      return report_failure({error_code::internal, "the engine ended", end_.collapse, "see the log; go on with --resume"});
    const auto& config = *run_.setup->config;
    const auto& outcome = *end_.outcome;
    const auto status = nlohmann::json::parse(end_.last_status, nullptr, false);
    story_log_->ended(outcome);
    if (options_.has("json"))
      std::printf("%s\n", status.is_discarded() ? "{}" : status.dump(-1, ' ', true).c_str());
    else
      story_log_->statistics(final_statistics(status, config.kind == run_kind::stories ? config.language : "en"));
    if (outcome.failed) report_failure(outcome.why, options_.has("json"));
    if (outcome.state == run_state::paused)
      std::fprintf(stderr, "longwave: run %s is paused: %s; mend it, then go on with --resume\n", outcome.run.c_str(),
                   outcome.reason.c_str());
    if (end_.signals > 1) return 128 + end_.signal;
    return exit_of(outcome, *host_->store(), config.kind);
  }

  const run_options& options_;
  prepared_run run_;
  std::string token_;
  std::unique_ptr<progress> progress_;
  std::unique_ptr<story_log> story_log_;
  std::unique_ptr<engine_host> host_;
  ending end_;
};

int run_with(const run_options& options) {
  const bool as_json = options.has("json");
  if (auto shown = check_shown(options); !shown) return report_failure(shown.error(), as_json);
  if (options.has("server")) return run_on_server(options);
  auto clock = std::make_shared<host_clock>();
  std::error_code ec;
  auto output = output_folder_of(options, fs::current_path(ec), *clock);
  if (!output) return report_failure(output.error(), as_json);
  const fs::path data_dir = options.has("data-dir") ? fs::absolute(options.value("data-dir"), ec).lexically_normal()
                                                    : output.value() / ".longwave";
  auto held = look_at_store(data_dir);
  if (!held) return report_failure(held.error(), as_json);
  auto prepared = prepare_run(options, output.value(), held.value().store.get(), clock);
  if (!prepared) return report_failure(prepared.error(), as_json);
  if (prepared.value().finished && shows_its_end(output.value())) {
    say_finished(prepared.value(), as_json);
    return exit_done;
  }
  if (!options.has("skip-preflight"))
    if (auto checked = check_before_start(*prepared.value().setup, output.value()); !checked)
      return report_failure(checked.error(), as_json);
  if (!options.has("skip-preflight"))
    if (const auto trouble = judge_trouble(*prepared.value().setup))
      std::fprintf(stderr, "longwave: the judge does not answer (%s): the rules judge alone until it does\n", terminal_line(*trouble).c_str());
  const auto& config = *prepared.value().setup->config;
  if (options.has("model") && config.backend == "offline" && judge_config(config).backend == "offline")
    std::fprintf(stderr, "longwave: --model %s is asked by nobody: the backend is offline; for a model give --backend ollama, openai or anthropic\n",
                 terminal_line(options.value("model")).c_str());
  if (prepared.value().known) {
    auto sound = storage::check_start(*held.value().store, config.run_id, output.value(), look_back());
    if (!sound) return report_failure(sound.error(), as_json);
  }
  auto address = held_address::take(options.value("listen"));
  if (!address) return report_failure(address.error(), as_json);
  // Up to here nothing was changed.
  if (auto opened = hold_store(held.value(), data_dir); !opened) return report_failure(opened.error(), as_json);
  if (auto logging = start_log(output.value(), options.value("log-level", "info")); !logging)
    return report_failure(logging.error(), as_json);
  return local_run(options, std::move(prepared.value())).play(std::move(held.value()), data_dir, std::move(address.value()));
}

} // namespace

int run_here(run_kind kind, const std::vector<std::string>& args) {
  block_signals();
  auto parsed = parse_run_options(kind, args);
  if (!parsed) return report_failure(parsed.error());
  if (!parsed.value().help.empty()) {
    std::printf("%s", parsed.value().help.c_str());
    return exit_done;
  }
  return run_with(parsed.value().options);
}

} // namespace longwave::cli
