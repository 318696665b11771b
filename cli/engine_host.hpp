// One engine in this process: lock, store, actors, control socket and log, opened in order and closed in reverse.
#pragma once

#include "actors/engine.hpp"
#include "cli/control_server.hpp"
#include "cli/engine_metrics.hpp"
#include "cli/event_feed.hpp"
#include "cli/prepare.hpp"
#include "messages/error.hpp"
#include "storage/output_folder.hpp"
#include "storage/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace longwave::cli {

/// Lock and store of a data folder, taken before anything else is decided.
struct held_store {
  std::unique_ptr<storage::engine_lock> lock;
  std::shared_ptr<storage::store> store;
};

/// Takes the lock and opens the store for reading only, so that a start can be refused without having changed
/// anything. Where there is no store, the lock is not taken and both members stay null.
/// Fails with store_locked, store_damaged, ...
result<held_store> look_at_store(const std::filesystem::path& data_dir, std::shared_ptr<rocksdb::FileSystem> files = {});

/// Takes the lock, unless `held` has it, and opens the store for writing; makes folder and store when they are missing.
result<void> hold_store(held_store& held, const std::filesystem::path& data_dir,
                        std::shared_ptr<rocksdb::FileSystem> files = {});

struct host_options {
  std::filesystem::path data_dir;
  /// Folder of `longwave serve`: a PAUSE file in it pauses all runs, relative outputs count from it. Empty otherwise.
  std::filesystem::path serve_folder;
  /// The run that will be submitted first: what is asked of it before waits for it. Empty for none.
  std::string awaited_run;
  std::size_t workers = 2;
  /// Its calls go to servers: most of the time there is nothing to do, and no worker may look for work.
  bool asks_servers = false;
  /// The files seam of output folders; outlives the host.
  storage::file_calls* files = &storage::system_file_calls();
  /// HOST:PORT or empty.
  std::string listen;
  /// The same, taken before anything was created.
  std::shared_ptr<held_address> held;
  /// Bearer token for `listen`; empty: loopback only.
  std::string token;
  std::shared_ptr<const host_clock> clock;
  std::function<void(const std::string& run, const std::string& status_json)> on_status;
  std::function<void(const event_happened&)> on_event;
  /// A shared actor died too often: the process must end with 70.
  std::function<void(const std::string& why)> on_collapse;
  /// All runs have stopped after `stop`.
  std::function<void()> on_stopped;
};

class engine_host {
public:
  static result<std::unique_ptr<engine_host>> start(held_store held, host_options options);
  ~engine_host();

  /// Recovers the run's output, then hands it to the engine. `started` and `ended` come on other threads.
  result<void> submit(const prepared_run& run, bool resume, std::function<void(result<void>)> started,
                      std::function<void(run_outcome)> ended);
  void stop(stop_mode mode) { engine_->stop(mode); }
  /// "http://HOST:PORT/" as it is listened on; empty without TCP.
  std::string url() const;
  const std::shared_ptr<storage::store>& store() const noexcept { return held_.store; }

private:
  engine_host() = default;
  result<void> submit_body(const nlohmann::json& body, std::function<void(int, std::string)> reply);

  held_store held_;
  host_options options_;
  std::map<std::string, std::uint64_t> crashed_;
  std::shared_ptr<event_feed> events_;
  std::shared_ptr<engine_metrics> metrics_;
  std::unique_ptr<engine> engine_;
  std::unique_ptr<control_server> server_;
};

/// Starts the rotating log at `folder`/logs/longwave.log. Level: debug, info, warn or off.
result<void> start_log(const std::filesystem::path& folder, const std::string& level);

} // namespace longwave::cli
