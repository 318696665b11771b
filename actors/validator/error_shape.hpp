// Tells a script from an answer that as a whole is no script: an error, a web page, garbage, nothing, a model that speaks of itself.
#pragma once

#include <string_view>

namespace longwave {

/// What an answer as a whole is (contract 8.9). Words such as "error" inside prose never count.
enum class error_shape {
  none,
  /// Nothing but spaces, invisible characters or punctuation.
  blank,
  /// Bytes that no listener would accept: broken UTF-8, control characters, no letter at all.
  garbage,
  /// "[Generation error: 404]"
  bracketed_error,
  html,
  /// {"error": ...}
  json_error,
  /// "I'm sorry, but I can't help with that.", "As an AI language model ...": the model speaks of itself.
  refusal,
};

std::string_view to_string(error_shape s) noexcept;

/// Classifies an answer. Never throws; any bytes are allowed.
error_shape shape_of(std::string_view answer) noexcept;

} // namespace longwave
