// A run on somebody else's engine: one POST, then GET until it is over.
#include "cli/remote_run.hpp"

#include "cli/control_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/place.hpp"
#include "cli/progress.hpp"
#include "cli/terminal_text.hpp"
#include "messages/status.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <unistd.h>

namespace longwave::cli {

namespace {

constexpr std::chrono::milliseconds follow_pause{300};

/// Flags that concern this process alone.
bool is_local(const std::string& name) {
  return name == "server" || name == "detach" || name == "progress" || name == "json" || name == "no-color" ||
         name == "log-level" || name == "listen" || name == "token-file" || name == "workers";
}

nlohmann::json body_of(const run_options& options) {
  nlohmann::json body{{"kind", to_string(options.kind)}};
  for (const auto& [name, values] : options.given) {
    if (is_local(name)) continue;
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    if (values.empty())
      body[key] = true;
    else if (name == "fault-plan" || name == "api-key-file") // the engine's working folder is not ours
      body[key] = std::filesystem::absolute(values.back()).string();
    else if (values.size() == 1)
      body[key] = values.front();
    else
      body[key] = values;
  }
  return body;
}

std::string detail_of(const http_reply& reply) {
  const auto j = nlohmann::json::parse(reply.body, nullptr, false);
  return j.is_object() ? j.value("detail", reply.body) : reply.body;
}

error_code code_of(int status) {
  if (status == 409) return error_code::run_exists;
  if (status == 404) return error_code::not_found;
  return status >= 500 ? error_code::internal : error_code::bad_usage;
}

int follow(const place& where, const std::string& id, bool as_json) {
  progress shown(as_json ? progress_mode::none : progress_mode::automatic, stderr, ::isatty(STDERR_FILENO) == 1, true);
  while (true) {
    auto reply = ask_engine(where, "GET", "/v1/runs/" + id);
    if (!reply) return report_failure(reply.error(), as_json);
    const auto status = nlohmann::json::parse(reply.value().body, nullptr, false);
    if (!status.is_object()) return report_failure({error_code::io_failed, "run " + id, "the engine's answer is no status", ""}, as_json);
    shown.update(status);
    const auto state = parse_run_state(status.value("state", ""));
    if (state && is_final(*state)) {
      shown.finish();
      if (as_json) std::printf("%s\n", status.dump(-1, ' ', true).c_str());
      return *state == run_state::failed ? exit_internal : *state == run_state::aborted ? exit_invalid : exit_done;
    }
    std::this_thread::sleep_for(follow_pause);
  }
}

} // namespace

int run_on_server(const run_options& options) {
  const bool as_json = options.has("json");
  auto where = find_place(options.value("server"));
  if (!where) return report_failure(where.error(), as_json);
  auto reply = ask_engine(where.value(), "POST", "/v1/runs", body_of(options).dump());
  if (!reply) return report_failure(reply.error(), as_json);
  if (reply.value().status != 201 && reply.value().status != 200)
    return report_failure({code_of(reply.value().status), "the engine refused the run", detail_of(reply.value()), ""}, as_json);
  const auto status = nlohmann::json::parse(reply.value().body, nullptr, false);
  const auto id = status.is_object() ? status.value("run_id", "") : std::string();
  if (options.has("detach")) {
    if (as_json)
      std::printf("%s\n", status.dump(-1, ' ', true).c_str());
    else
      std::printf("%s\n", terminal_line(id).c_str());
    return exit_done;
  }
  return follow(where.value(), id, as_json);
}

} // namespace longwave::cli
