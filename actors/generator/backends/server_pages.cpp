// Model lists and properties of Ollama, llama.cpp, vLLM, hosted services and Anthropic.
#include "actors/generator/backends/server_pages.hpp"

#include "actors/generator/backends/answer_text.hpp"

namespace longwave {

namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string text_in(const nlohmann::json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// A number of tokens. No window has none: llama.cpp's router, which serves several models, says 0 for "ask the model".
std::optional<std::uint64_t> count_in(const nlohmann::json& object, const char* key) {
  bool malformed = false;
  const auto count = object.is_object() ? read_count(object, key, malformed) : std::nullopt;
  return count == 0u ? std::nullopt : count;
}

const nlohmann::json& object_in(const nlohmann::json& object, const char* key) {
  static const nlohmann::json none = nlohmann::json::object();
  const auto at = object.find(key);
  return at != object.end() && at->is_object() ? *at : none;
}

/// Ollama's /api/tags and /api/ps.
std::vector<offered_model> ollama_models(const nlohmann::json& page) {
  std::vector<offered_model> models;
  if (const auto list = page.find("models"); list != page.end() && list->is_array()) {
    for (const auto& m : *list) {
      if (!m.is_object()) continue;
      auto window = count_in(m, "context_length");
      if (!window) window = count_in(object_in(m, "details"), "context_length");
      models.push_back({text_in(m, "name"), text_in(m, "digest"), window});
    }
  }
  return models;
}

/// /v1/models of everybody else. `max_model_len` is vLLM's, `meta.n_ctx_train` llama.cpp's.
/// Where the list tells what the server gives and not what the model was made for, that is the window.
std::vector<offered_model> listed_models(const nlohmann::json& page, server_description& into) {
  std::vector<offered_model> models;
  if (const auto list = page.find("data"); list != page.end() && list->is_array()) {
    for (const auto& m : *list) {
      if (!m.is_object()) continue;
      auto window = count_in(m, "max_model_len");
      for (const char* key : {"context_length", "max_input_tokens"})
        if (!window) window = count_in(m, key);
      if (!window) window = count_in(object_in(m, "meta"), "n_ctx_train");
      models.push_back({text_in(m, "id"), "", window});
      // vLLM's, and that of a slot of llama.cpp, which serves its one model under any name
      auto served = count_in(m, "max_model_len");
      if (!served) served = count_in(object_in(m, "meta"), "n_ctx");
      if (served && (list->size() == 1 || models.back().name == into.model)) into.window_tokens = served;
    }
  }
  return models;
}

} // namespace

std::vector<std::string> pages_of(std::string_view kind, const std::string& base) {
  if (kind == "ollama") return {base + "/api/tags", base + "/api/version", base + "/api/ps"};
  if (kind == "anthropic") return {base + "/v1/models"};
  // What is not part of the API lies beside it.
  const auto root = base.substr(0, base.size() - (ends_with(base, "/v1") ? 3 : 0));
  return {base + "/models", root + "/api/version", root + "/props"};
}

void read_page(server_description& into, std::string_view path, std::string_view body) {
  const auto page = parse_answer_object(body);
  if (!page) return;
  if (ends_with(path, "/api/tags")) {
    into.models = ollama_models(*page);
  } else if (ends_with(path, "/models")) {
    into.models = listed_models(*page, into);
  } else if (ends_with(path, "/api/version")) {
    into.ollama_version = text_in(*page, "version");
  } else if (ends_with(path, "/api/ps")) {
    for (const auto& m : ollama_models(*page))
      if (m.name == into.model || m.name == into.model + ":latest") into.window_tokens = m.context_tokens;
  } else if (ends_with(path, "/props")) {
    if (const auto n = count_in(object_in(*page, "default_generation_settings"), "n_ctx")) into.window_tokens = n;
  }
}

} // namespace longwave
