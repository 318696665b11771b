// What is sent to Ollama; the backend itself is made by `make_ollama_backend` in backend.hpp.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <string>

namespace longwave {

/// Context size asked for with every call, tokens. Another value would make the server load the model anew.
constexpr int ollama_context_tokens = 8192;

/// The body of a native /api/chat request, JSON. Always streamed, never with silent truncation or thinking.
std::string ollama_request_body(const generation_call& call, const std::string& model);

/// The base path of the API from the path of a URL: "/v1", "/api" and slashes at the end are taken off.
std::string ollama_base_path(std::string path);

} // namespace longwave
