// Endpoint settings over run settings over defaults.
#include "cli/backend_choice.hpp"

#include "actors/generator/backends/endpoint_spec.hpp"
#include "cli/api_key.hpp"

#include <algorithm>
#include <set>

namespace longwave::cli {

namespace {

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
  options.context_tokens = spec.context_tokens.value_or(config.context_tokens);
  options.max_tokens_field = own_or(spec.max_tokens_field, config.max_tokens_field);
  if (options.model.empty())
    return failure{error_code::bad_config, "endpoint " + spec.url, "has no model to ask for", "give --model NAME"};
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
    if (!known.insert(options.value().kind + " " + options.value().url + " " + options.value().model).second)
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

} // namespace longwave::cli
