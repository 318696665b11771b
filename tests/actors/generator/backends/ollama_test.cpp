// The Ollama backend: its requests, its judgement of answers, and trials against a misbehaving server.
#include "actors/generator/backends/ollama.hpp"

#include "actors/generator/backends/ollama_answer.hpp"
#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;
using namespace longwave::test;

namespace {

draft judge(std::string_view stream, std::size_t step = 0, body_end how = body_end::clean,
            answer_need need = answer_need::whole) {
  ollama_answer reader(need);
  bool more = true;
  if (step == 0) step = stream.size() + 1;
  for (std::size_t at = 0; more && at < stream.size(); at += step) more = reader.feed(stream.substr(at, step));
  return reader.finish(more ? how : body_end::clean);
}

std::string text_line(const std::string& text) {
  return nlohmann::json{{"model", "m"}, {"message", {{"role", "assistant"}, {"content", text}}}, {"done", false}}.dump() + "\n";
}

std::string end_line(const std::string& members = R"("done_reason":"stop","prompt_eval_count":11,"eval_count":7)") {
  return R"({"message":{"role":"assistant","content":""},"done":true)" + (members.empty() ? "" : "," + members) + "}\n";
}

bool same(const draft& a, const draft& b) {
  return a.outcome == b.outcome && a.text == b.text && a.detail == b.detail && a.usage == b.usage;
}

} // namespace

TEST_CASE("ollama: a complete stream is a draft, at every cut") {
  const std::string stream = text_line(" Well ") + text_line("\xec\x95\x88\xeb\x85\x95 friends.") + end_line();
  const draft whole = judge(stream);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Well \xec\x95\x88\xeb\x85\x95 friends.");
  REQUIRE(whole.usage);
  CHECK(whole.usage->input_tokens == 11u);
  CHECK(whole.usage->output_tokens == 7u);
  for (std::size_t step = 1; step < stream.size(); ++step) REQUIRE(same(judge(stream, step), whole));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ollama_answer reader;
    reader.feed(std::string_view(stream).substr(0, cut));
    reader.feed(std::string_view(stream).substr(cut));
    REQUIRE(same(reader.finish(body_end::clean), whole));
  }
  for (std::size_t length = 0; length + 1 < stream.size(); ++length) {
    REQUIRE(judge(stream.substr(0, length)).outcome != outcome_class::ok);
    REQUIRE(judge(stream.substr(0, length), 0, body_end::cut).outcome != outcome_class::ok);
  }
}

TEST_CASE("ollama: what is a draft and what is not") {
  struct row { const char* name; std::string stream; outcome_class outcome; const char* detail; };
  const std::string text = text_line("Well now, friends.");
  std::string loop;
  for (int i = 0; i < 40; ++i) loop += text_line("and so on ");
  const row rows[] = {
    {"last line without newline", text + R"({"done":true,"done_reason":"stop"})", outcome_class::ok, ""},
    {"no done", text, outcome_class::incomplete, "no end mark"},
    {"no reason", text + end_line(""), outcome_class::incomplete, "without a reason"},
    {"empty reason", text + end_line(R"("done_reason":"")"), outcome_class::incomplete, "without a reason"},
    {"length", text + end_line(R"("done_reason":"length")"), outcome_class::incomplete, "token limit"},
    {"load", end_line(R"("done_reason":"load")"), outcome_class::config, "no prompt"},
    {"unload", end_line(R"("done_reason":"unload")"), outcome_class::config, "no prompt"},
    {"error line", text + "{\"error\":\"llama runner process has terminated\"}\n", outcome_class::incomplete, "terminated"},
    {"error after done is not read", text + end_line() + "{\"error\":\"late\"}\n", outcome_class::ok, ""},
    {"error alone", "{\"error\":\"boom\"}\n", outcome_class::empty, "boom"},
    {"error null", R"({"error":null,"message":{"content":"Hello"},"done":true,"done_reason":"stop"})", outcome_class::ok, ""},
    {"broken line", text + "{\"message\":\n" + end_line(), outcome_class::incomplete, "malformed"},
    {"blank", text_line("  \n ") + end_line(), outcome_class::empty, "blank"},
    {"thinking only", R"({"message":{"content":"","thinking":"hmm"},"done":false})" "\n" + end_line(), outcome_class::empty, "3 bytes of thinking"},
    {"thinking to the limit", R"({"message":{"content":"","thinking":"hmm"},"done":false})" "\n" + end_line(R"("done_reason":"length")"), outcome_class::incomplete, "3 bytes of thinking"},
    {"content null", R"({"message":{"content":null},"done":true,"done_reason":"stop"})", outcome_class::empty, "blank"},
    {"content number", R"({"message":{"content":5},"done":true,"done_reason":"stop"})", outcome_class::empty, "form"},
    {"message a list", R"({"message":[],"done":true,"done_reason":"stop"})", outcome_class::empty, "form"},
    {"done a string", text + R"({"done":"true","done_reason":"stop"})", outcome_class::incomplete, "malformed"},
    {"loop", loop, outcome_class::loop, "repeats"},
    {"empty body", "", outcome_class::empty, "empty"},
    {"blank body", "\r\n \n", outcome_class::empty, "no answer"},
    {"HTML", "<html>\n<body>hello</body></html>", outcome_class::empty, "HTML"},
    {"prose", "hello there", outcome_class::empty, "form"},
    {"array", "[1,2]\n", outcome_class::empty, "form"},
    {"deep", "{\"message\":" + std::string(100'000, '['), outcome_class::empty, "form"},
  };
  for (const auto& r : rows) {
    INFO(r.name);
    for (std::size_t step : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
      const draft answer = judge(r.stream, step);
      INFO(answer.detail);
      CHECK(to_string(answer.outcome) == to_string(r.outcome));
      CHECK(answer.detail.find(r.detail) != std::string::npos);
    }
  }
  CHECK(judge(text, 0, body_end::limit).outcome == outcome_class::incomplete);
}

TEST_CASE("ollama: usage is optional part by part") {
  const auto with = [](const std::string& members) {
    return judge(text_line("Hello there.") + end_line(R"("done_reason":"stop")" + members));
  };
  CHECK_FALSE(with("").usage);
  CHECK(with("").detail.empty());
  const draft cached = with(R"(,"eval_count":9)");
  REQUIRE(cached.usage);
  CHECK_FALSE(cached.usage->input_tokens);
  CHECK(cached.usage->output_tokens == 9u);
  for (const char* bad : {R"(,"eval_count":-1)", R"(,"eval_count":"9")", R"(,"eval_count":[])", R"(,"eval_count":1e300)",
                          R"(,"eval_count":18446744073709551615)"}) {
    INFO(bad);
    CHECK(with(bad).outcome == outcome_class::ok);
    CHECK_FALSE(with(bad).usage);
    CHECK(with(bad).detail == "usage malformed");
  }
  CHECK(with(R"(,"eval_count":null)").detail.empty());
  CHECK_FALSE(with(R"(,"prompt_eval_count":0,"eval_count":0)").usage); // zeros beside a text were never counted
}

TEST_CASE("ollama: a probe is content with any finished answer") {
  const auto probe = [](const std::string& stream) { return judge(stream, 0, body_end::clean, answer_need::alive).outcome; };
  CHECK(probe(text_line("Rea") + end_line(R"("done_reason":"length")")) == outcome_class::ok);
  CHECK(probe(end_line(R"("done_reason":"stop")")) == outcome_class::ok);
  CHECK(probe(end_line(R"("done_reason":"load")")) == outcome_class::config);
  CHECK(probe(text_line("Rea")) == outcome_class::incomplete);
}

TEST_CASE("ollama: requests and base addresses") {
  const auto body = nlohmann::json::parse(ollama_request_body(trial_call(), "m", 8'192));
  CHECK(body["stream"] == true);
  CHECK(body["truncate"] == false);
  CHECK(body["think"] == false);
  CHECK(body.contains("keep_alive"));
  CHECK(body["options"]["num_ctx"] == 8192);
  CHECK(body["options"]["num_predict"] == 300);
  CHECK(body["options"]["seed"].is_number_unsigned());
  CHECK(body["messages"][0]["role"] == "system");
  for (const char* path : {"", "/", "/v1", "/api", "/api/", "/api/chat"}) CHECK(ollama_base_path(path).empty());
  CHECK(ollama_base_path("/proxy/api") == "/proxy");
  auto made = make_ollama_backend(trial_options("http://localhost:11434/v1"));
  REQUIRE(made);
  CHECK(made.value()->info().endpoint == "http://localhost:11434");
  CHECK(made.value()->info().kind == "ollama");
  CHECK(make_ollama_backend(trial_options("ftp://x")).error().code == error_code::bad_config);
}

TEST_CASE("ollama: a script gives each request its own fate, and the same request the same text") {
  fault_server server({"--on", "1=http503", "--on", "2-3=noend"});
  auto made = make_ollama_backend(trial_options(server.url()));
  CHECK(ask(*made.value()).answer.outcome == outcome_class::busy);
  CHECK(ask(*made.value()).answer.outcome == outcome_class::incomplete);
  CHECK(ask(*made.value()).answer.outcome == outcome_class::incomplete);
  const draft first = ask(*made.value()).answer;
  CHECK(first.outcome == outcome_class::ok);
  CHECK(ask(*made.value()).answer.text == first.text);
  CHECK(ask(*made.value(), trial_call(2)).answer.text != first.text);
  server.stop();
  const draft refused = ask(*made.value()).answer;
  CHECK(refused.outcome == outcome_class::transport);
  CHECK(refused.detail.find("refused: ") == 0);
}
