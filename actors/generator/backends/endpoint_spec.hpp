// One endpoint as it is written in a flag or a configuration file: a URL, and settings of its own behind it.
//
//   http://gpu1:11434
//   https://api.example.com kind=openai model=large in-flight=8 api-key-file=/etc/longwave/key
//
// Pure.
#pragma once

#include "messages/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// What was written; a setting that is not there is the run's own.
struct endpoint_spec {
  std::string url;
  std::string kind;
  std::string model;
  std::string api_key_file;
  std::string max_tokens_field;
  std::optional<int> in_flight;
  std::optional<int> context_tokens;
};

/// Reads "URL name=value ...": blanks part the settings, and no value holds one.
/// @return `bad_config` naming what is not understood; the URL itself is checked by `parse_http_url`
result<endpoint_spec> parse_endpoint_spec(std::string_view text);

} // namespace longwave
