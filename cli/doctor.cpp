// `longwave doctor`: reaches every model server of a run, asks it two small things, and names each problem with its fix.
#include "actors/generator/backends/diagnosis.hpp"
#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_check.hpp"
#include "cli/backend_choice.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/prepare.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal_text.hpp"
#include "cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace longwave::cli {

namespace {

/// One server that was looked at.
struct examined_server {
  /// "generator" or "judge".
  std::string role;
  server_findings found;
  std::vector<server_check> checks;
};

std::vector<server_description> wait_for_description(backend& source) {
  std::mutex mutex;
  std::condition_variable told;
  std::optional<std::vector<server_description>> all;
  source.describe([&](std::vector<server_description> list) {
    std::lock_guard guard(mutex);
    all = std::move(list);
    told.notify_one();
  });
  std::unique_lock lock(mutex);
  told.wait(lock, [&] { return all.has_value(); });
  return std::move(*all);
}

/// Why the run's prompts do not fit a window; empty when they do, or when no DJ or pack says what they would be.
std::string prompts_beyond(const run_config& config, std::uint64_t window) {
  if (config.kind == run_kind::broadcast && config.dj.empty()) return {};
  auto local = config;
  local.backend = "offline"; // only the templates are wanted
  local.context_tokens = static_cast<int>(std::min<std::uint64_t>(window, 10'000'000));
  local.endpoints.clear();
  local.validation_enabled = false;
  local.budget = 0;
  const auto setup = make_setup(std::move(local), std::make_shared<host_clock>());
  return setup ? prompt_beyond_window(*setup.value()).value_or("") : std::string();
}

result<examined_server> examine(const endpoint_options& options, const std::string& role, const run_config& config) {
  auto made = make_server_backend(options);
  if (!made) return made.error();
  backend& source = *made.value();
  examined_server server;
  server.role = role;
  auto described = wait_for_description(source);
  if (!described.empty()) server.found.description = std::move(described.front());
  auto& d = server.found.description;
  d.kind = options.kind;
  d.model = options.model;
  if (d.endpoint.empty()) d.endpoint = options.url;
  const bool there = d.outcome == outcome_class::ok || d.outcome == outcome_class::config || d.outcome == outcome_class::busy;
  if (there) {
    const auto ask = [&](const generation_call& call) {
      return wait_for_answer([&](answer_function give) { return source.start(call, std::move(give)); });
    };
    server.found.short_answer = ask(short_question());
    const auto question = long_question();
    server.found.long_prompt_tokens = prompt_tokens(question);
    if (server.found.short_answer->outcome == outcome_class::ok || server.found.short_answer->cut_by_length)
      server.found.long_answer = ask(question);
    if (d.window_tokens) server.found.too_long = prompts_beyond(config, *d.window_tokens);
  }
  server.checks = diagnose(server.found);
  return server;
}

nlohmann::ordered_json server_json(const examined_server& s) {
  using nlohmann::ordered_json;
  const auto& d = s.found.description;
  ordered_json j;
  j["role"] = s.role;
  j["kind"] = d.kind;
  j["endpoint"] = d.endpoint;
  j["model"] = d.model;
  j["models"] = ordered_json::array();
  for (const auto& m : d.models) j["models"].push_back(m.name);
  j["window_tokens"] = d.window_tokens ? ordered_json(*d.window_tokens) : ordered_json(nullptr);
  const auto& a = s.found.short_answer;
  const auto rate = a ? tokens_per_second(*a) : std::nullopt;
  j["tokens_per_second"] = rate ? ordered_json(*rate) : ordered_json(nullptr);
  j["first_token_ms"] = a && a->first_token_ms ? ordered_json(*a->first_token_ms) : ordered_json(nullptr);
  j["usage_reported"] = a && a->outcome == outcome_class::ok ? ordered_json(a->usage && a->usage->total()) : ordered_json(nullptr);
  j["thinking"] = a && a->outcome == outcome_class::ok ? ordered_json(a->thinking_bytes > 0) : ordered_json(nullptr);
  j["checks"] = ordered_json::array();
  for (const auto& c : s.checks) {
    const ordered_json fix = c.fix.empty() ? ordered_json(nullptr) : ordered_json(c.fix);
    j["checks"].push_back({{"name", c.name}, {"status", to_string(c.status)}, {"detail", c.detail}, {"fix", fix}});
  }
  return j;
}

void print_server(const examined_server& s) {
  const auto& d = s.found.description;
  print_line(s.role + ": " + d.kind + " at " + d.endpoint + ", model " + d.model);
  for (const auto& c : s.checks) {
    char line[64];
    std::snprintf(line, sizeof line, "  %-8s %-11s ", std::string(to_string(c.status)).c_str(), c.name.c_str());
    print_line(line + c.detail);
    if (!c.fix.empty()) print_line("           " + std::string(12, ' ') + "fix: " + c.fix);
  }
}

int code_of(const std::vector<examined_server>& servers) {
  int code = exit_done;
  for (const auto& s : servers)
    for (const auto& c : s.checks) {
      if (c.status != check_status::problem) continue;
      if (!c.configuration) return exit_code_of(error_code::backend_unavailable);
      code = exit_code_of(error_code::bad_config);
    }
  return code;
}

int examine_offline(const run_config& config, bool as_json) {
  const auto pack = pack_for(config.pack, config.dj, config.kind);
  if (!pack) return report_failure(pack.error(), as_json);
  const auto source = make_offline_backend(std::make_shared<const content_pack>(pack.value()), config.dj);
  const auto answer = wait_for_answer([&](answer_function give) { return source->probe(std::move(give)); });
  if (answer.outcome != outcome_class::ok)
    return report_failure({error_code::bad_pack, "pack " + pack.value().name, answer.detail, "correct its grammar"}, as_json);
  if (as_json)
    print_json({{"ok", true}, {"endpoints", nlohmann::ordered_json::array()}});
  else
    print_line("generator: offline, the grammar of pack " + pack.value().name + "; there is no server to look at");
  return finish_output(exit_done);
}

result<std::vector<examined_server>> examine_all(const run_config& config) {
  std::vector<examined_server> servers;
  const auto look = [&](const run_config& of, const std::string& role) -> result<void> {
    auto endpoints = endpoints_of(of);
    if (!endpoints) return endpoints.error();
    for (const auto& options : endpoints.value()) {
      auto one = examine(options, role, of);
      if (!one) return one.error();
      servers.push_back(std::move(one.value()));
    }
    return ok();
  };
  if (config.backend != "offline")
    if (auto looked = look(config, "generator"); !looked) return looked.error();
  const auto judge = judge_config(config);
  const bool judged = config.validation_enabled && config.validation_mode != "rules" && judge.backend != "offline";
  const bool own = judge.endpoints != config.endpoints || judge.model != config.model || judge.backend != config.backend;
  if (judged && own)
    if (auto looked = look(judge, "judge"); !looked) return looked.error();
  return servers;
}

} // namespace

int doctor_verb(const arguments& args) {
  auto parsed = parse_run_options(run_kind::broadcast, args);
  if (!parsed) // perhaps the flags of a story run
    if (auto stories = parse_run_options(run_kind::stories, args)) parsed = std::move(stories);
  if (!parsed) return report_failure(parsed.error());
  if (!parsed.value().help.empty()) {
    std::printf("Look at the model servers of a run: reach, models, window, truncation, speed, usage, thinking. Takes the run's\n"
                "flags. Exit code 0: all well; 69: a server does not answer or refuses; 78: the configuration does not fit it.\n\n%s",
                parsed.value().help.c_str());
    return finish_output(exit_done);
  }
  const auto& options = parsed.value().options;
  const bool as_json = options.has("json");
  run_config config;
  if (auto applied = apply_options(options, config); !applied) return report_failure(applied.error(), as_json);
  const bool judge_only = config.backend == "offline" && judge_config(config).backend != "offline";
  if (config.backend == "offline" && !judge_only) return examine_offline(config, as_json);
  auto servers = examine_all(config);
  if (!servers) return report_failure(servers.error(), as_json);
  const int code = code_of(servers.value());
  if (as_json) {
    nlohmann::ordered_json all{{"ok", code == exit_done}, {"endpoints", nlohmann::ordered_json::array()}};
    for (const auto& s : servers.value()) all["endpoints"].push_back(server_json(s));
    print_json(all, 2);
  } else {
    for (const auto& s : servers.value()) print_server(s);
  }
  return finish_output(code);
}

} // namespace longwave::cli
