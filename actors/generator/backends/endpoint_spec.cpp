// Splits at blanks, then at the first equals sign.
#include "actors/generator/backends/endpoint_spec.hpp"

#include "actors/generator/backends/http.hpp"

#include <charconv>

namespace longwave {

namespace {

constexpr const char* known_settings = "kind, model, in-flight, context, api-key-file and max-tokens-field";

failure spec_failure(std::string_view url, const std::string& why) {
  return {error_code::bad_config, "endpoint " + std::string(url), why,
          std::string("write it as \"http://host:port name=value\"; the settings are ") + known_settings};
}

bool read_number(std::string_view text, int low, int high, std::optional<int>& into) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < low || value > high) return false;
  into = value;
  return true;
}

/// Empty when the setting was taken; else what is wrong with it.
std::string take_setting(endpoint_spec& spec, std::string_view name, std::string_view value) {
  if (value.empty()) return std::string(name) + " has no value";
  if (name == "kind") {
    if (value != "ollama" && value != "openai" && value != "anthropic") return "kind is none of ollama, openai, anthropic";
    spec.kind = value;
  } else if (name == "model") {
    spec.model = value;
  } else if (name == "api-key-file") {
    spec.api_key_file = value;
  } else if (name == "max-tokens-field") {
    if (value != "max_tokens" && value != "max_completion_tokens")
      return "max-tokens-field is neither max_tokens nor max_completion_tokens";
    spec.max_tokens_field = value;
  } else if (name == "in-flight") {
    if (!read_number(value, 1, 1'024, spec.in_flight)) return "in-flight is no number from 1 to 1024";
  } else if (name == "context") {
    if (!read_number(value, 256, 10'000'000, spec.context_tokens)) return "context is no number from 256 to 10000000";
  } else {
    return "knows no setting named " + std::string(name);
  }
  return {};
}

} // namespace

result<endpoint_spec> parse_endpoint_spec(std::string_view text) {
  endpoint_spec spec;
  while (true) {
    const auto from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) break;
    text.remove_prefix(from);
    const auto word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    if (spec.url.empty()) {
      spec.url = word;
      continue;
    }
    const auto equal = word.find('=');
    if (equal == std::string_view::npos) return spec_failure(spec.url, "what follows the URL is no setting"); // not repeated: it may be a key
    if (const auto wrong = take_setting(spec, word.substr(0, equal), word.substr(equal + 1)); !wrong.empty())
      return spec_failure(spec.url, wrong);
  }
  if (spec.url.empty()) return spec_failure("\"\"", "it names no URL");
  if (auto url = parse_http_url(spec.url); !url) return url.error();
  return spec;
}

} // namespace longwave
