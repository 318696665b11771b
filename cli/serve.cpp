// The verb `serve`: an engine that takes runs by API until it is stopped.
#include "cli/command_line.hpp"
#include "cli/crash_marker.hpp"
#include "cli/engine_host.hpp"
#include "cli/exit_code.hpp"
#include "cli/kept_packs.hpp"
#include "cli/signals.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Packs that runs may have in turn without each of them being read anew; one is some megabytes.
constexpr std::size_t most_kept_packs = 4;

struct serve_options {
  std::string folder;
  std::string listen;
  std::string token_file;
  std::string log_level = "info";
  std::size_t workers = 2;
};

/// Lives while the engine does; signals and a collapse end it.
class server_life {
public:
  int play(const serve_options& options, const std::string& token, held_store held, std::shared_ptr<held_address> address,
           const fs::path& folder, const fs::path& data_dir) {
    packs_of_process().keep(most_kept_packs);
    host_options host;
    host.data_dir = data_dir;
    host.serve_folder = folder;
    host.workers = options.workers;
    host.listen = options.listen;
    host.held = std::move(address);
    host.token = token;
    host.clock = std::make_shared<host_clock>();
    host.on_collapse = [this](const std::string& why) { end(exit_internal, why); };
    host.on_stopped = [this] { end(exit_done, ""); };
    auto started = engine_host::start(std::move(held), std::move(host));
    if (!started) return report_failure(started.error());
    host_ = std::move(started.value());
    signal_watcher signals([this](int, int count) {
      const std::lock_guard guard(mutex_);
      if (!over_) host_->stop(count == 1 ? stop_mode::graceful : stop_mode::immediate); // else the host is being closed
    });
    std::fprintf(stderr, "longwave: serving %s; hand runs over with --server, end with SIGTERM\n",
                 terminal_line(folder.string()).c_str());
    if (const auto url = host_->url(); !url.empty()) std::fprintf(stderr, "longwave: listening on %s\n", url.c_str());
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_; });
    lock.unlock();
    host_.reset();
    if (!why_.empty()) return report_failure({error_code::internal, "the engine ended", why_, "see the log"});
    return code_;
  }

private:
  void end(int code, const std::string& why) {
    std::lock_guard guard(mutex_);
    over_ = true;
    code_ = code;
    why_ = why;
    changed_.notify_one();
  }

  std::unique_ptr<engine_host> host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  int code_ = exit_done;
  std::string why_;
};

} // namespace

int serve_verb(const arguments& args) {
  block_signals();
  serve_options options;
  CLI::App app("An engine with no run of its own: runs come by API or with --server.", "longwave serve");
  app.add_option("DIR", options.folder, "the engine's folder")->required();
  app.add_option("--listen", options.listen, "HOST:PORT: dashboard and API on TCP too, loopback only without a token file");
  app.add_option("--token-file", options.token_file, "File with the bearer token that --listen asks for; only you may read it");
  app.add_option("--workers", options.workers, "generators and validators")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_option("--log-level", options.log_level, "debug, info, warn or off")
    ->capture_default_str()
    ->check(CLI::IsMember({"debug", "info", "warn", "off"}));
  if (const auto over = parse_arguments(app, args)) return *over;
  const auto token = check_listen(options.listen, options.token_file);
  if (!token) return report_failure(token.error());
  std::error_code ec;
  auto folder = fs::absolute(options.folder, ec).lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  const auto data_dir = folder / ".longwave";
  auto looked = look_at_store(data_dir); // whose engine lives is told that first
  if (!looked) return report_failure(looked.error());
  auto address = held_address::take(options.listen);
  if (!address) return report_failure(address.error());
  // Up to here nothing was changed.
  auto& held = looked.value();
  if (auto opened = hold_store(held, data_dir); !opened) return report_failure(opened.error());
  if (auto logging = start_log(folder, options.log_level); !logging) return report_failure(logging.error());
  return server_life().play(options, token.value(), std::move(held), std::move(address.value()), folder, data_dir);
}

} // namespace longwave::cli
