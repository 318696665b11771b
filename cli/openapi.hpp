// The control API described in OpenAPI 3.1.
#pragma once

#include <string_view>

namespace longwave::cli {

/// A JSON document; the text that `GET /v1/openapi.json` answers.
std::string_view openapi_document() noexcept;

} // namespace longwave::cli
