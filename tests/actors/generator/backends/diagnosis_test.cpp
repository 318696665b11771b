// The doctor: each fault of a server is named with what mends it.
#include "actors/generator/backends/diagnosis.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace longwave;

namespace {

server_findings sound() {
  server_findings f;
  f.description.kind = "ollama";
  f.description.model = "small";
  f.description.models = {{"small:latest", "", std::nullopt}};
  f.description.window_tokens = 8'192;
  draft d;
  d.text = "one, two";
  token_usage u;
  u.input_tokens = 30;
  u.output_tokens = 60;
  d.usage = u;
  d.took_ms = 2'000;
  d.first_token_ms = 500;
  f.short_answer = d;
  d.usage->input_tokens = 2'000;
  f.long_answer = d;
  f.long_prompt_tokens = 2'100;
  return f;
}

const server_check* named(const std::vector<server_check>& checks, std::string_view name) {
  const auto at = std::find_if(checks.begin(), checks.end(), [&](const auto& c) { return c.name == name; });
  return at == checks.end() ? nullptr : &*at;
}

void expect(const server_findings& found, const char* name, check_status status, const char* part) {
  const auto checks = diagnose(found);
  const auto* check = named(checks, name);
  INFO(name);
  REQUIRE(check != nullptr);
  CHECK(check->status == status);
  CHECK((check->detail + " | " + check->fix).find(part) != std::string::npos);
  CHECK(check->fix.empty() == (status == check_status::ok));
}

} // namespace

TEST_CASE("doctor: a sound server has nothing but good news") {
  for (const auto& check : diagnose(sound())) {
    INFO(check.name << ": " << check.detail);
    CHECK(check.status == check_status::ok);
  }
  CHECK(tokens_per_second(*sound().short_answer) == Approx(40));
}

TEST_CASE("doctor: each fault is named with its fix") {
  auto f = sound();
  f.description.outcome = outcome_class::transport;
  f.description.detail = "refused: 127.0.0.1:1";
  expect(f, "reach", check_status::problem, "--endpoint");
  f = sound();
  f.description.models = {{"large", "", std::nullopt}};
  expect(f, "model", check_status::warning, "not listed, and answers"); // as llama.cpp does, whatever the name
  f.short_answer->outcome = outcome_class::config;
  expect(f, "model", check_status::problem, "ollama pull small");
  f = sound();
  f.description.kind = "openai";
  f.description.ollama_version = "0.9.1";
  expect(f, "ollama", check_status::warning, "--backend ollama");
  f = sound();
  f.short_answer->outcome = outcome_class::config;
  expect(f, "answer", check_status::problem, "key file");
  f = sound();
  f.short_answer->outcome = outcome_class::empty;
  f.short_answer->thinking_bytes = 900;
  expect(f, "answer", check_status::problem, "does not think");
  f = sound();
  f.short_answer->took_ms = 60'500;
  expect(f, "speed", check_status::warning, "--call-timeout");
  f = sound();
  f.short_answer->usage.reset();
  expect(f, "usage", check_status::warning, "estimates");
  f = sound();
  f.short_answer->thinking_bytes = 10;
  expect(f, "thinking", check_status::warning, "thinks");
  f = sound();
  f.too_long = "news: the prompt has about 900 tokens";
  expect(f, "window", check_status::problem, "--context");
  f = sound();
  f.long_answer->usage->input_tokens = 1'026; // half the window and two: cut from the front
  expect(f, "truncation", check_status::problem, "in silence");
  f = sound();
  f.long_answer->prompt_too_long = true;
  f.long_answer->detail = "HTTP 400: request (4620 tokens) exceeds the available context size (4096 tokens), try increasing it";
  expect(f, "truncation", check_status::problem, "about 2100 tokens is refused: HTTP 400: request (4620 tokens)");
  expect(f, "truncation", check_status::problem, "larger window");
}
