// What is sent to Anthropic's API; the backend itself is made by `make_anthropic_backend` in backend.hpp.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// The version of the API that requests and answers follow.
inline constexpr std::string_view anthropic_version = "2023-06-01";

/// Fields that some models and servers refuse; each is left out for good once it was.
struct anthropic_fields {
  /// `temperature`; never sent together with `top_p`, which newer models refuse.
  bool temperature = true;
  /// `output_config`, sent when the call has a JSON schema.
  bool schema = true;
};

/// The body of a /v1/messages request, JSON. Always streamed, always with a token limit.
std::string anthropic_request_body(const generation_call& call, const std::string& model, const anthropic_fields& fields);

/// What to send instead after a server refused a request with this error body: the fields without the one that it
/// names. Nothing when it names none of them.
std::optional<anthropic_fields> without_refused_field(const anthropic_fields& fields, std::string_view error_body);

/// The server's base from the path of a URL: "/v1", "/v1/messages" and slashes at the end are taken off.
std::string anthropic_base_path(std::string path);

} // namespace longwave
