// What is sent to an OpenAI-compatible server; the backend itself is made by `make_openai_backend` in backend.hpp.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <string>

namespace longwave {

/// The body of a /v1/chat/completions request, JSON. Always streamed, always with a token limit.
/// @param with_usage whether to ask for usage in the stream; some servers refuse the field
std::string openai_request_body(const generation_call& call, const std::string& model, bool with_usage);

/// The base path of the API from the path of a URL: "" and "/v1" give "/v1", "/api" gives "/api/v1"; a full
/// ".../chat/completions" loses its end.
std::string openai_base_path(std::string path);

/// The seed a model server gets: from the run's seed, the segment and the drafts rejected so far (contract 8.20),
/// 31 bits.
std::uint32_t model_seed(const generation_call& call);

/// The call of a probe: a greeting, answered in at most four tokens.
generation_call probe_call();

} // namespace longwave
