// Endpoint settings over run settings over defaults.
#include "cli/backend_choice.hpp"

#include "actors/generator/backends/anthropic.hpp"
#include "actors/generator/backends/endpoint_spec.hpp"
#include "actors/generator/backends/http.hpp"
#include "actors/generator/backends/offline_judge.hpp"
#include "actors/generator/backends/ollama.hpp"
#include "actors/generator/backends/openai.hpp"
#include "actors/validator/judge_batch.hpp"
#include "cli/api_key.hpp"
#include "messages/ascii_case.hpp"

#include <algorithm>
#include <set>

namespace longwave::cli {

namespace {

/// The same for two ways to write one server: letters of the host, a port that goes without saying, a path of the API.
std::string server_name(const std::string& kind, const std::string& text) {
  auto url = parse_http_url(text);
  if (!url) return text;
  auto& u = url.value();
  u.host = ascii_lower(u.host);
  u.path = kind == "ollama" ? ollama_base_path(u.path) : kind == "anthropic" ? anthropic_base_path(u.path) : openai_base_path(u.path);
  return u.str();
}

bool is_one_line(const std::string& name) {
  return std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

result<endpoint_options> options_of(const run_config& config, const endpoint_spec& spec) {
  const auto own_or = [](const std::string& own, const std::string& otherwise) { return own.empty() ? otherwise : own; };
  endpoint_options options;
  options.kind = own_or(spec.kind, config.backend);
  options.url = spec.url;
  options.model = own_or(spec.model, config.model);
  options.connect_timeout_ms = std::min(config.connect_timeout_ms, config.call_timeout_ms);
  options.first_byte_timeout_ms = config.first_byte_timeout_ms > 0
                                    ? std::min(config.first_byte_timeout_ms, config.call_timeout_ms)
                                    : config.call_timeout_ms;
  options.idle_timeout_ms = std::min(config.idle_timeout_ms, config.call_timeout_ms);
  options.call_timeout_ms = config.call_timeout_ms;
  options.in_flight = spec.in_flight.value_or(config.in_flight);
  options.context_tokens = spec.context_tokens.value_or(
    config.context_tokens > 0 ? config.context_tokens : endpoint_options{}.context_tokens);
  options.max_tokens_field = own_or(spec.max_tokens_field, config.max_tokens_field);
  if (options.model.empty())
    return failure{error_code::bad_config, "endpoint " + spec.url, "has no model to ask for", "give --model NAME"};
  if (!is_one_line(options.model) || !is_one_line(config.fallback_model))
    return failure{error_code::bad_config, "endpoint " + spec.url, "the model's name holds control characters",
                   "give it as the server lists it"};
  auto key = find_api_key(options.kind, own_or(spec.api_key_file, config.api_key_file));
  if (!key) return key.error();
  options.api_key = std::move(key.value());
  return options;
}

} // namespace

result<std::vector<endpoint_options>> endpoints_of(const run_config& config) {
  if (config.endpoints.empty())
    return failure{error_code::bad_config, "--backend " + config.backend, "has no server to ask", "give --endpoint URL"};
  std::vector<endpoint_options> servers;
  std::set<std::string> known;
  for (const auto& text : config.endpoints) {
    auto spec = parse_endpoint_spec(text);
    if (!spec) return spec.error();
    auto options = options_of(config, spec.value());
    if (!options) return options.error();
    if (!known.insert(options.value().kind + " " + server_name(options.value().kind, options.value().url) + " " + options.value().model).second)
      return failure{error_code::bad_config, "endpoint " + spec.value().url, "is given twice", "leave one of them out"};
    servers.push_back(std::move(options.value()));
  }
  return servers;
}

result<std::shared_ptr<backend>> make_backend(const run_config& config, std::shared_ptr<const content_pack> pack) {
  if (config.backend == "offline") return std::shared_ptr<backend>(make_offline_backend(std::move(pack), config.dj));
  auto servers = endpoints_of(config);
  if (!servers) return servers.error();
  auto pool = make_pool_backend(std::move(servers.value()), config.fallback_model);
  if (!pool) return pool.error();
  return std::shared_ptr<backend>(std::move(pool.value()));
}

run_config judge_config(const run_config& config) {
  auto own = config;
  if (!config.judge_backend.empty()) own.backend = config.judge_backend;
  if (!config.validation_model.empty()) own.model = config.validation_model;
  if (!config.judge_endpoints.empty()) own.endpoints = config.judge_endpoints;
  if (!config.judge_api_key_file.empty()) own.api_key_file = config.judge_api_key_file;
  own.fallback_model.clear();
  own.call_timeout_ms = config.judge_timeout_ms;
  return own;
}

result<void> check_drafts_ahead(const run_config& config, bool judged) {
  const bool batches = judges_in_batches(config);
  if (batches && config.speculate)
    return failure{error_code::bad_config, "--judge-batch and --speculate",
                   "exclude each other: one has writer and judge work by turns, the other at the same time", "leave one of them out"};
  if (!judged)
    return failure{error_code::bad_config, batches ? "--judge-batch" : "--speculate", "nobody reads the drafts: there is nothing to wait for",
                   "give --validation-mode hybrid or llm"};
  if (config.judge_batch == "hour" && config.segments_per_hour == 1)
    return failure{error_code::bad_config, "--judge-batch hour", "an hour of this broadcast has one segment: there is nothing to gather",
                   "give a number, or --segments-per-hour"};
  if (batches) return ok();
  const auto judge = judge_config(config);
  if (config.backend == "offline" || judge.backend == "offline") return ok();
  const auto writers = endpoints_of(config), readers = endpoints_of(judge);
  if (!writers) return writers.error();
  if (!readers) return readers.error();
  if (writers.value().size() > 1 || readers.value().size() > 1) return ok();
  const auto& one = writers.value().front();
  const bool one_place = one.in_flight == 1 || (one.in_flight == 0 && one.kind == "ollama");
  if (one.url != readers.value().front().url || !one_place) return ok();
  return failure{error_code::bad_config, "--speculate", one.url + " writes and judges, and takes one call at a time: nothing can be made while it judges",
                 "leave --speculate out, give the judge a server of its own with --judge-endpoint, or allow --in-flight 2"};
}

result<std::shared_ptr<backend>> make_judge(const run_config& config, std::shared_ptr<const content_pack> pack) {
  if (!config.validation_enabled || config.validation_mode == "rules") return std::shared_ptr<backend>();
  const auto own = judge_config(config);
  if (own.backend == "offline" && !config.judge_endpoints.empty())
    return failure{error_code::bad_config, "--judge-endpoint", "an offline judge asks no server", "give --judge-backend ollama, openai or anthropic"};
  if (own.backend == "offline") return std::shared_ptr<backend>(make_offline_judge());
  if (own.endpoints.empty())
    return failure{error_code::bad_config, "--judge-backend " + own.backend, "has no server to ask", "give --judge-endpoint URL"};
  return make_backend(own, std::move(pack));
}

} // namespace longwave::cli
