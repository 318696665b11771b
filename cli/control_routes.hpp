// What each route of the control API does (contract section 5). Knows no sockets; the server hands requests in.
#pragma once

#include "cli/engine_metrics.hpp"
#include "cli/event_feed.hpp"
#include "cli/http_exchange.hpp"
#include "messages/supervisor.hpp"
#include "storage/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwave::cli {

/// The engine as routes see it. `ask` must not block. `submit` and `snapshot` may: each is called on a thread that the
/// routes keep for it.
struct engine_port {
  std::function<void(control_request)> ask;
  /// POST /v1/runs: the run verbs' options as JSON; the reply is passed on as it is.
  std::function<void(nlohmann::json body, std::function<void(http_reply)>)> submit;
  std::shared_ptr<storage::store> store;
  /// Takes a snapshot; `to` empty: a place of the engine's choice. @return where it is
  std::function<result<std::string>(std::string to)> snapshot;
  /// What GET /v1/events reads. Null: the engine keeps no events (404).
  std::shared_ptr<event_feed> events;
  /// What GET /metrics reads. Null: the engine counts nothing (404).
  std::shared_ptr<const engine_metrics> metrics;
};

/// Every route as the description names it, with its methods: {"/v1/runs/{id}", "GET"}, {"/v1/runs", "GET, POST"}.
std::vector<std::pair<std::string, std::string>> all_routes();

/// Threads: `handle` from any thread. What reads the disk runs on one thread of its own and submissions, which look at
/// packs and backends, on another, so that `handle` never waits.
class control_routes {
public:
  explicit control_routes(engine_port port);
  /// Waits for a disk read and a submission under way; questions behind them stay unanswered.
  ~control_routes();
  control_routes(const control_routes&) = delete;
  control_routes& operator=(const control_routes&) = delete;

  /// Answers every question once, now or later, on any thread. Never throws.
  void handle(const http_question& question, reply_to_question reply) noexcept;

private:
  struct parts;
  std::shared_ptr<parts> parts_;
};

} // namespace longwave::cli
