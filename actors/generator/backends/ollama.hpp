// What is sent to Ollama; the backend itself is made by `make_ollama_backend` in backend.hpp.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <string>

namespace longwave {

/// The body of a native /api/chat request, JSON. Always streamed, never with silent truncation, thinking only when asked.
/// @param context_tokens the window; another value than the last would make the server load the model anew
std::string ollama_request_body(const generation_call& call, const std::string& model, int context_tokens);

/// The base path of the API from the path of a URL: "/v1", "/api" and slashes at the end are taken off.
std::string ollama_base_path(std::string path);

} // namespace longwave
