// Names of purposes, and which backend speaks which protocol.
#include "actors/generator/backends/backend.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

std::string_view to_string(call_purpose p) noexcept {
  switch (p) {
    case call_purpose::segment: return "segment";
    case call_purpose::judge: return "judge";
    case call_purpose::preview: return "preview";
    case call_purpose::doctor: return "doctor";
    case call_purpose::probe: return "probe";
  }
  return "segment";
}

void to_json(nlohmann::json& j, const endpoint_status& e) {
  j = nlohmann::json{{"kind", e.kind},         {"url", e.url},       {"model", e.model}, {"state", e.state},
                     {"in_flight", e.in_flight}, {"limit", e.limit},   {"most", e.most},   {"queued", e.queued},
                     {"calls", e.calls},         {"failures", e.failures}};
  j["reopens_in_seconds"] =
    e.reopens_in_ms ? nlohmann::json(static_cast<double>(*e.reopens_in_ms) / 1'000.0) : nlohmann::json(nullptr);
  j["last_failure"] = e.last_failure.empty() ? nlohmann::json(nullptr) : nlohmann::json(e.last_failure);
}

result<std::unique_ptr<backend>> make_server_backend(endpoint_options options) {
  if (options.kind == "ollama") return make_ollama_backend(std::move(options));
  if (options.kind == "openai") return make_openai_backend(std::move(options));
  if (options.kind == "anthropic") return make_anthropic_backend(std::move(options));
  return failure{error_code::bad_config, "cannot use a backend of kind " + options.kind, "there is none of that name",
                 "use ollama, openai or anthropic"};
}

} // namespace longwave
