// Endpoints as they are written.
#include "actors/generator/backends/endpoint_spec.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("endpoint spec: a URL alone leaves everything else to the run") {
  const auto spec = parse_endpoint_spec("http://127.0.0.1:11434");
  REQUIRE(spec);
  CHECK(spec.value().url == "http://127.0.0.1:11434");
  CHECK(spec.value().kind.empty());
  CHECK_FALSE(spec.value().in_flight);
}

TEST_CASE("endpoint spec: settings follow the URL in any order") {
  const auto spec = parse_endpoint_spec(
    "  https://api.example.com  model=big:7b=q4 kind=anthropic in-flight=8 context=32768 api-key-file=/k max-tokens-field=max_completion_tokens ");
  REQUIRE(spec);
  CHECK(spec.value().kind == "anthropic");
  CHECK(spec.value().model == "big:7b=q4");
  CHECK(spec.value().in_flight == 8);
  CHECK(spec.value().context_tokens == 32'768);
  CHECK(spec.value().api_key_file == "/k");
  CHECK(spec.value().max_tokens_field == "max_completion_tokens");
}

TEST_CASE("endpoint spec: what is not understood is named") {
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
         {"", "names no URL"},
         {"127.0.0.1:8080", "http://"},
         {"ftp://host", "http://"},
         {"http://h colour=red", "colour"},
         {"http://h kind=gemini", "kind"},
         {"http://h in-flight=0", "in-flight"},
         {"http://h in-flight=many", "in-flight"},
         {"http://h context=1", "context"},
         {"http://h model=", "no value"},
         {"http://h http://i", "no setting"},
         {"http://h max-tokens-field=tokens", "max-tokens-field"}}) {
    const auto spec = parse_endpoint_spec(text);
    INFO(text);
    REQUIRE_FALSE(spec);
    CHECK(spec.error().code == error_code::bad_config);
    CHECK(to_string(spec.error()).find(says) != std::string::npos);
  }
}
