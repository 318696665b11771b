// What is sent to an OpenAI-compatible server; the backend itself is made by `make_openai_backend` in backend.hpp.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// Fields that some servers refuse; each is left out for good once it was.
struct openai_fields {
  /// `stream_options`: usage in the stream.
  bool usage = true;
  /// `response_format`, sent when the call has a JSON schema.
  bool schema = true;
  /// The name of the token limit: "max_tokens" or "max_completion_tokens".
  std::string max_tokens = "max_tokens";
  /// That name was changed once already: a server that refuses both means the limit itself.
  bool max_tokens_changed = false;
  bool temperature = true;
  bool top_p = true;
  bool seed = true;
  /// `chat_template_kwargs` that switch thinking off (llama.cpp, vLLM, SGLang). Not sent before the server's model was seen to
  /// think unasked: who knows no such field may refuse it without naming it.
  enum class thinking_off { untried, sent, refused } thinking = thinking_off::untried;
  /// A system message of its own; else it stands before the prompt, for chat templates that know no such role.
  bool system_role = true;
};

/// The body of a /v1/chat/completions request, JSON. Always streamed, always with a token limit.
std::string openai_request_body(const generation_call& call, const std::string& model, const openai_fields& fields);

/// What to send instead after a server refused a request with this status and error body: the fields without the one that it
/// names. Nothing when it names none of them, or when the prompt is too long for it.
std::optional<openai_fields> without_refused_field(const openai_fields& fields, int status, std::string_view error_body);

/// The base path of the API from the path of a URL: "" and "/v1" give "/v1", "/api" gives "/api/v1"; a path with a version
/// of its own ("/v1beta/openai", "/api/v3") stays. A full ".../chat/completions" loses its end.
std::string openai_base_path(std::string path);

/// The seed a model server gets: from the run's seed, the segment and the drafts rejected so far (contract 8.20),
/// 31 bits.
std::uint32_t model_seed(const generation_call& call);

/// The call of a probe: a greeting, answered in at most four tokens.
generation_call probe_call();

} // namespace longwave
