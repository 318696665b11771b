// Opens an engine piece by piece; the destructor closes them in reverse.
#include "cli/engine_host.hpp"

#include "cli/control_routes.hpp"
#include "cli/crash_marker.hpp"
#include "cli/place.hpp"
#include "messages/kill_point.hpp"
#include "storage/recovery.hpp"
#include "storage/stored_metadata.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Log files: 8 MB each, five of them (reliability G6).
constexpr std::size_t log_bytes = 8u << 20;
constexpr std::size_t log_files = 5;

/// Measured in bench/ (docs/performance.md): a worker that looks for work by itself is quicker where there always is some, and
/// wakes a hundred times a second for nothing where there mostly is none.
scheduling scheduling_for(bool often_idle) {
  scheduling how;
  how.threads = 2;
  how.policy = often_idle ? "sharing" : "stealing";
  return how;
}

result<void> make_folder(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  if (ec)
    return failure{error_code::output_unwritable, "cannot create " + folder.string(), ec.message(), "choose another --output"};
  return ok();
}

/// Leaves `.longwave/engine.json` in a run's output whose engine lives elsewhere (contract 8.29).
result<void> leave_pointer(const run_config& config, const fs::path& data_dir, storage::file_calls& files) {
  const fs::path inside = fs::path(config.output) / ".longwave";
  if (inside == data_dir) return ok();
  if (auto made = make_folder(inside); !made) return made;
  const nlohmann::json j{{"data_dir", data_dir.string()}, {"run_id", config.run_id}};
  return storage::write_file_atomically(files, inside / "engine.json", j.dump() + "\n");
}

} // namespace

result<held_store> look_at_store(const fs::path& data_dir, std::shared_ptr<rocksdb::FileSystem> files) {
  held_store held;
  const auto store_folder = data_dir / "store";
  std::error_code ec;
  if (!fs::is_directory(store_folder, ec)) return held;
  auto lock = storage::engine_lock::take(data_dir);
  if (!lock) return lock.error();
  KILL_POINT("start:locked");
  storage::store_options options;
  options.create = false;
  options.read_only = true;
  options.file_system = std::move(files);
  auto store = storage::store::open(store_folder, options);
  // Nothing there, or what a creation left that was cut off; the remains of a store are reported.
  if (!store && store.error().code == error_code::not_found) return held;
  if (!store) return store.error();
  KILL_POINT("start:looked");
  held.lock = std::move(lock.value());
  held.store = std::move(store.value());
  return held;
}

result<void> hold_store(held_store& held, const fs::path& data_dir, std::shared_ptr<rocksdb::FileSystem> files) {
  if (auto made = make_folder(data_dir); !made) return made;
  if (!held.lock) {
    auto lock = storage::engine_lock::take(data_dir);
    if (!lock) return lock.error();
    held.lock = std::move(lock.value());
  }
  held.store.reset();
  storage::store_options options;
  options.file_system = std::move(files);
  auto store = storage::store::open(data_dir / "store", options);
  if (!store) return store.error();
  KILL_POINT("start:opened");
  held.store = std::move(store.value());
  return ok();
}

result<void> start_log(const fs::path& folder, const std::string& level) {
  if (auto made = make_folder(folder / "logs"); !made) return made;
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>((folder / "logs" / "longwave.log").string(),
                                                                       log_bytes, log_files);
    auto logger = std::make_shared<spdlog::logger>("longwave", std::move(sink));
    logger->set_pattern("%Y-%m-%d %H:%M:%S,%e - %n - %l - %v");
    logger->set_level(spdlog::level::from_str(level));
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
    spdlog::flush_every(std::chrono::seconds(1));
  } catch (const spdlog::spdlog_ex& e) {
    return failure{error_code::output_unwritable, "cannot write a log in " + folder.string(), e.what(), "choose another --output"};
  }
  return ok();
}

result<std::unique_ptr<engine_host>> engine_host::start(held_store held, host_options options) {
  std::unique_ptr<engine_host> host(new engine_host);
  host->held_ = std::move(held);
  host->options_ = std::move(options);
  auto& o = host->options_;
  host->crashed_ = take_crash_marker(o.data_dir);
  watch_for_crashes(o.data_dir);
  engine_options engine;
  engine.generators = engine.validators = o.workers;
  engine.clock = o.clock;
  engine.files = o.files;
  engine.awaited_run = o.awaited_run;
  engine.data_folder = o.serve_folder;
  engine.on_status = o.on_status;
  host->events_ = std::make_shared<event_feed>(o.clock);
  host->metrics_ = std::make_shared<engine_metrics>();
  engine.on_answer = [metrics = host->metrics_](const draft& answer) { metrics->answer(answer); };
  // Begin and end come from one thread, in turn.
  engine.on_commit = [metrics = host->metrics_, from = std::chrono::steady_clock::time_point()](bool begins) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (begins)
      from = now;
    else
      metrics->commit(std::chrono::duration<double>(now - from).count());
  };
  engine.on_event = [feed = host->events_, metrics = host->metrics_, also = o.on_event](const event_happened& event) {
    metrics->event(event);
    feed->add(event);
    if (also) also(event);
  };
  engine.on_collapse = o.on_collapse;
  engine.on_stopped = o.on_stopped;
  host->engine_ = std::make_unique<class engine>(host->held_.store, engine, scheduling_for(!o.serve_folder.empty() || o.asks_servers));
  engine_port port;
  auto* self = host.get();
  port.ask = [self](control_request request) { self->engine_->ask(std::move(request)); };
  port.store = host->held_.store;
  port.events = host->events_;
  port.metrics = host->metrics_;
  port.submit = [self](nlohmann::json body, reply_to_question reply) {
    if (self->options_.serve_folder.empty())
      return reply(problem_reply(409, "this engine runs one run; `longwave serve` takes more"));
    auto once = [reply](int status, std::string json) {
      if (status >= 400) return reply(problem_reply(status, json));
      reply({status, "application/json", std::move(json), {}, {}});
    };
    if (auto submitted = self->submit_body(body, once); !submitted)
      reply(problem_reply(submitted.error().code == error_code::run_exists ? 409 : 400, to_string(submitted.error())));
  };
  port.snapshot = [self](std::string to) -> result<std::string> {
    static std::atomic<int> number{0};
    const fs::path path = to.empty() ? self->options_.data_dir / "snapshots" /
                                         ("snapshot-" + std::to_string(self->options_.clock->wall_us()) + "-" +
                                          std::to_string(++number))
                                     : fs::path(to);
    if (auto made = make_folder(path.parent_path()); !made) return made.error();
    if (auto taken = self->held_.store->snapshot(path); !taken) return taken.error();
    return path.string();
  };
  auto routes = std::make_shared<control_routes>(std::move(port));
  server_options server;
  server.data_dir = o.data_dir;
  server.listen = o.listen;
  server.held = std::move(o.held);
  server.token = o.token;
  server.open_path = "/";
  auto started = control_server::start(server, [routes](http_question question, reply_to_question reply) {
    routes->handle(question, std::move(reply));
  });
  if (!started) return started.error();
  host->server_ = std::move(started.value());
  KILL_POINT("start:listening");
  return host;
}

engine_host::~engine_host() {
  server_.reset();
  engine_.reset();
  spdlog::default_logger()->flush();
}

std::string engine_host::url() const {
  if (options_.listen.empty()) return {};
  return "http://" + options_.listen.substr(0, options_.listen.rfind(':')) + ":" + std::to_string(server_->tcp_port()) + "/";
}

result<void> engine_host::submit(const prepared_run& run, bool resume, std::function<void(result<void>)> started,
                                 std::function<void(run_outcome)> ended) {
  const auto& config = *run.setup->config;
  if (auto made = make_folder(config.output); !made) return made;
  metrics_->run_submitted(config.run_id, config.backend);
  submit_run order;
  order.setup = run.setup;
  order.resume = resume;
  if (run.known) {
    auto recovered = storage::recover_output(*held_.store, config.run_id, config.output, *options_.files,
                                             storage::stored_metadata(*held_.store));
    if (!recovered) return recovered.error();
    const auto& r = recovered.value();
    if (r.lines_added + r.torn_bytes_cut + r.files_rewritten > 0)
      spdlog::info("{} output recovered: {} lines added, {} torn bytes cut, {} files rewritten", config.run_id,
                   r.lines_added, r.torn_bytes_cut, r.files_rewritten);
    order.published = run.done;
  } else if (auto marked = storage::mark_boot(config.output, *options_.files); !marked) {
    return marked;
  }
  if (auto left = leave_pointer(config, options_.data_dir, *options_.files); !left) return left;
  std::error_code ec;
  const bool pause_file = fs::exists(fs::path(config.output) / "PAUSE", ec) ||
                          (!options_.serve_folder.empty() && fs::exists(options_.serve_folder / "PAUSE", ec));
  if (pause_file) order.pauses.push_back("pause_file");
  if (auto at = crashed_.find(config.run_id); at != crashed_.end()) order.crashed_segment = at->second;
  order.started = std::move(started);
  order.ended = std::move(ended);
  engine_->submit(std::move(order));
  return ok();
}

/// POST /v1/runs: the same way as the command line, answered with 201 and the status.
result<void> engine_host::submit_body(const nlohmann::json& body, std::function<void(int, std::string)> reply) {
  auto options = run_options_of(body);
  if (!options) return options.error();
  if (options.value().has("data-dir"))
    return failure{error_code::bad_usage, "data_dir", "is the engine's own here", "leave it out"};
  options.value().given["server"] = {options_.serve_folder.string()}; // a default output lies beside its siblings
  auto output = output_folder_of(options.value(), options_.serve_folder, *options_.clock);
  if (!output) return output.error();
  if (!options.value().has("run-id"))
    options.value().given["run-id"] = {legalised_run_id(output.value().filename().string())};
  auto prepared = prepare_run(options.value(), output.value(), held_.store.get(), options_.clock);
  if (!prepared) return prepared.error();
  const auto id = prepared.value().setup->config->run_id;
  if (prepared.value().finished) {
    engine_->ask({control_request::verb::status, id, "", stop_mode::graceful, {},
                  [reply](control_reply r) { reply(r.http_status, r.json); }});
    return ok();
  }
  if (!options.value().has("skip-preflight"))
    if (auto checked = check_before_start(*prepared.value().setup, output.value()); !checked) return checked.error();
  auto* engine = engine_.get();
  return submit(
    prepared.value(), options.value().has("resume"),
    [reply, engine, id](result<void> started) {
      if (!started) return reply(started.error().code == error_code::wrong_state ? 409 : 400, to_string(started.error()));
      engine->ask({control_request::verb::status, id, "", stop_mode::graceful, {}, [reply](control_reply r) {
                     reply(r.http_status == 200 ? 201 : r.http_status, r.json);
                   }});
    },
    [](run_outcome) {});
}

} // namespace longwave::cli
