// The OpenAI-compatible backend: its requests, its judgement of answers, and trials against a misbehaving server.
#include "actors/generator/backends/openai.hpp"

#include "actors/generator/backends/openai_answer.hpp"
#include "actors/generator/backends/server_call.hpp"
#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"
#include "tests/support/loopback_server.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <thread>

using namespace longwave;
using namespace longwave::test;

namespace {

draft judge(std::string_view stream, std::size_t step = 0, body_end how = body_end::clean,
            answer_need need = answer_need::whole) {
  openai_answer reader(need);
  bool more = true;
  if (step == 0) step = stream.size() + 1;
  for (std::size_t at = 0; more && at < stream.size(); at += step) more = reader.feed(stream.substr(at, step));
  return reader.finish(more ? how : body_end::clean);
}

std::string text_event(const std::string& text) {
  return "data: " + nlohmann::json{{"choices", {{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}}}}}.dump() + "\n\n";
}

std::string end_event(const std::string& reason) {
  return R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":")" + reason + "\"}]}\n\n";
}

const std::string done = "data: [DONE]\n\n";
const std::string usage = R"(data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}})" "\n\n";

bool same(const draft& a, const draft& b) {
  return a.outcome == b.outcome && a.text == b.text && a.detail == b.detail && a.usage == b.usage;
}

} // namespace

TEST_CASE("openai: a complete stream is a draft, at every cut") {
  const std::string stream = ": ping\n\n" + text_event(" Well ") + text_event("\xec\x95\x88\xeb\x85\x95 friends.") + end_event("stop") + usage + done;
  const draft whole = judge(stream);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Well \xec\x95\x88\xeb\x85\x95 friends.");
  REQUIRE(whole.usage);
  CHECK(whole.usage->input_tokens == 11u);
  CHECK(whole.usage->output_tokens == 7u);
  CHECK(whole.detail.empty());
  for (std::size_t step = 1; step < stream.size(); ++step) REQUIRE(same(judge(stream, step), whole));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    openai_answer reader;
    reader.feed(std::string_view(stream).substr(0, cut));
    reader.feed(std::string_view(stream).substr(cut));
    REQUIRE(same(reader.finish(body_end::clean), whole));
  }
}

TEST_CASE("openai: no prefix of a stream is a draft before its reason came") {
  const std::string before = text_event("Well now, ") + text_event("friends.");
  const std::string stream = before + end_event("stop") + usage + done;
  for (std::size_t length = 0; length < stream.size(); ++length) {
    INFO(length);
    CHECK(judge(stream.substr(0, length), 0, body_end::cut).outcome != outcome_class::ok);
    if (length < before.size() + 30) CHECK(judge(stream.substr(0, length)).outcome != outcome_class::ok);
  }
}

TEST_CASE("openai: what is a draft and what is not") {
  struct row { const char* name; std::string stream; outcome_class outcome; const char* detail; };
  const std::string text = text_event("Well now, friends.");
  std::string loop;
  for (int i = 0; i < 40; ++i) loop += text_event("and so on ");
  const row rows[] = {
    {"no [DONE]", text + end_event("stop"), outcome_class::ok, ""},
    {"no reason", text + done, outcome_class::incomplete, "no end mark"},
    {"no end at all", text, outcome_class::incomplete, "no end mark"},
    {"length", text + end_event("length") + done, outcome_class::incomplete, "token limit"},
    {"tool calls", text + end_event("tool_calls") + done, outcome_class::incomplete, "tool_calls"},
    {"filter", text + end_event("content_filter") + done, outcome_class::refused, "content filter"},
    {"refusal", R"(data: {"choices":[{"delta":{"refusal":"I cannot"},"finish_reason":"stop"}]})" "\n\n" + done, outcome_class::refused, "I cannot"},
    {"error line", text + "data: {\"error\":{\"message\":\"boom\"}}\n\n", outcome_class::incomplete, "boom"},
    {"error alone", "data: {\"error\":{\"message\":\"boom\"}}\n\n", outcome_class::empty, "boom"},
    {"full shared window", R"(data: {"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}})" "\n\n", outcome_class::busy, "exceeded"},
    {"full shared window after text", text + R"(data: {"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}})" "\n\n", outcome_class::incomplete, "mid-stream: Context"},
    {"quota in a stream", "data: {\"error\":{\"type\":\"insufficient_quota\",\"message\":\"pay\"}}\n\n", outcome_class::quota, "pay"},
    {"broken line", text + "data: {\"choices\":[{\n\n" + end_event("stop") + done, outcome_class::incomplete, "malformed"},
    {"invalid UTF-8", "data: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n\n" + end_event("stop") + done, outcome_class::empty, "form"},
    {"lone surrogate", "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud800\"}}]}\n\n" + end_event("stop") + done, outcome_class::empty, "form"},
    {"NUL", text_event(std::string("a\0b", 3)) + end_event("stop") + done, outcome_class::empty, "control"},
    {"blanks", text_event(" \n\t ") + end_event("stop") + done, outcome_class::empty, "blank"},
    {"no-break blanks", text_event("\xc2\xa0\xe3\x80\x80") + end_event("stop") + done, outcome_class::empty, "no words"},
    {"punctuation", text_event("... --- !!!") + end_event("stop") + done, outcome_class::empty, "no words"},
    {"garbled", text_event("\xef\xbf\xbd\xef\xbf\xbd ab \xef\xbf\xbd") + end_event("stop") + done, outcome_class::empty, "garbled"},
    {"thinking only", R"(data: {"choices":[{"delta":{"reasoning_content":"hmm"}}]})" "\n\n" + end_event("stop") + done, outcome_class::empty, "3 bytes of thinking"},
    {"loop", loop, outcome_class::loop, "repeats"},
    {"empty body", "", outcome_class::empty, "empty"},
    {"blank body", "\r\n \n", outcome_class::empty, "empty"},
    {"HTML", "<html><body>hello</body></html>", outcome_class::empty, "HTML"},
    {"prose", "hello there", outcome_class::empty, "no answer"},
    {"only pings", ": ping\n\n: ping\n\n", outcome_class::empty, "no answer"},
    {"whole", R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}]})", outcome_class::ok, ""},
    {"whole, length", R"({"choices":[{"message":{"content":"Hi"},"finish_reason":"length"}]})", outcome_class::incomplete, "limit"},
    {"whole, null", R"({"choices":[{"message":{"content":null},"finish_reason":"stop"}]})", outcome_class::empty, "blank"},
    {"whole, number", R"({"choices":[{"message":{"content":5},"finish_reason":"stop"}]})", outcome_class::empty, "form"},
    {"whole, list", R"({"choices":[{"message":{"content":["a"]},"finish_reason":"stop"}]})", outcome_class::empty, "form"},
    {"whole, no choices", R"({"id":"x"})", outcome_class::incomplete, "no end mark"},
    {"whole, choices no list", R"({"choices":"x"})", outcome_class::empty, "form"},
    {"whole, choice no object", R"({"choices":[null,5,"x"]})", outcome_class::incomplete, "no end mark"},
    {"whole, error", R"({"error":"x"})", outcome_class::empty, "x"},
    {"whole, cut JSON", R"({"choices":[{"message":{"content":"Hi)", outcome_class::empty, "form"},
    {"whole, NaN", R"({"choices":NaN})", outcome_class::empty, "form"},
    {"whole, huge number", R"({"choices":[],"created":1e999})", outcome_class::empty, "form"},
    {"deep", "{\"a\":" + std::string(100'000, '['), outcome_class::empty, "form"},
    {"deep and closed", "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", outcome_class::empty, "form"},
    {"second choice", R"(data: {"choices":[{"index":1,"delta":{"content":"other"}},{"index":0,"delta":{"content":"one"},"finish_reason":"stop"}]})" "\n\n" + done, outcome_class::ok, ""},
  };
  for (const auto& r : rows) {
    INFO(r.name);
    for (std::size_t step : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
      if (step == 1 && r.stream.size() > 50'000) continue;
      const draft answer = judge(r.stream, step);
      INFO(answer.detail);
      CHECK(to_string(answer.outcome) == to_string(r.outcome));
      CHECK(answer.detail.find(r.detail) != std::string::npos);
      CHECK(answer.detail.size() <= 300);
    }
  }
  CHECK(judge(text, 0, body_end::limit).outcome == outcome_class::incomplete);
  CHECK(judge(text + end_event("stop"), 0, body_end::cut).outcome == outcome_class::incomplete);
}

TEST_CASE("openai: names of reasons that compatible servers hand on, and typed parts of a text") {
  for (const char* reason : {"stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence"}) {
    INFO(reason);
    CHECK(judge(text_event("Well, friends.") + end_event(reason) + done).outcome == outcome_class::ok);
  }
  for (const char* reason : {"length", "max_tokens", "model_length", "MAX_TOKENS"}) {
    INFO(reason);
    CHECK(judge(text_event("Well, fri") + end_event(reason) + done).cut_by_length);
  }
  CHECK(judge(text_event("Well, friends.") + end_event("tool_calls") + done).outcome == outcome_class::incomplete);
  const auto parts = [](const std::string& content) { return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":" + content + "}}]}\n\n"; };
  const auto whole = judge(parts(R"([{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}])") + parts(R"([{"type":"text","text":"Well, "}])") +
                           parts(R"([{"type":"text","text":"friends."}])") + end_event("stop") + done);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Well, friends.");
  CHECK(whole.thinking_bytes > 0);
  CHECK(judge(parts(R"([{"type":"image_url","image_url":"x"}])") + end_event("stop") + done).outcome == outcome_class::empty);
  CHECK(judge(parts(R"(["Well", "now"])") + end_event("stop") + done).outcome == outcome_class::empty);
}

TEST_CASE("openai: thinking in the text is no text") {
  const auto whole = judge(text_event("<think>") + text_event("I should be warm.</thi") + text_event("nk>\n\nWell, friends.<|im_end|>") + end_event("stop") + done);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Well, friends.");
  CHECK(whole.thinking_bytes == std::string("I should be warm.").size());
  const auto only = judge(text_event("<think>I should be warm.") + end_event("stop") + done);
  CHECK(only.outcome == outcome_class::empty);
  CHECK(only.detail == "the answer ended within its thinking, with 17 bytes of thinking");
  const auto cut = judge(text_event("<think>I should be wa") + end_event("length") + done);
  CHECK(cut.outcome == outcome_class::incomplete);
  CHECK(cut.detail.find("bytes of thinking") != std::string::npos);
}

TEST_CASE("openai: a stream of llama.cpp's server as it came") {
  const auto chunk = [](const std::string& choices, const std::string& more = "") {
    return R"(data: {"choices":[)" + choices + R"(],"created":1796060055,"id":"chatcmpl-WhYK","model":"sentences",)"
           R"("system_fingerprint":"b1-de3ff81","object":"chat.completion.chunk")" + more + "}\n\n";
  };
  const std::string stream =
    chunk(R"({"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}})") +
    chunk(R"({"finish_reason":null,"index":0,"delta":{"content":" Truth "}})") + ":\n\n" +
    chunk(R"({"finish_reason":null,"index":0,"delta":{"content":"be told."}})") + chunk(R"({"finish_reason":"stop","index":0,"delta":{}})") +
    chunk("", R"(,"usage":{"completion_tokens":4,"prompt_tokens":12,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":1}},)"
              R"("timings":{"cache_n":1,"prompt_n":11,"prompt_ms":11.598,"predicted_n":4,"predicted_ms":4.652})") + done;
  const draft whole = judge(stream);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Truth be told.");
  REQUIRE(whole.usage);
  CHECK(whole.usage->input_tokens == 12u);
  CHECK(whole.usage->output_tokens == 4u);
  CHECK(whole.usage->cached_tokens == 1u);
}

TEST_CASE("openai: an answer that ends well before the limit of the call tells of another limit") {
  const auto cut = [](int max_tokens, int counted) {
    openai_answer reader(answer_need::whole, max_tokens);
    reader.feed(text_event("Well now, friends") + end_event("length") + R"(data: {"choices":[],"usage":{"prompt_tokens":1996,"completion_tokens":)" +
                std::to_string(counted) + "}}\n\n" + done);
    return reader.finish(body_end::clean);
  };
  CHECK(cut(300, 52).detail == "cut at the token limit, after 52 of 300 tokens: the model's window is full, or the server has a limit of its own");
  CHECK(cut(300, 52).cut_by_length);
  CHECK(cut(300, 300).detail == "cut at the token limit");
  CHECK(cut(300, 299).detail == "cut at the token limit");
  CHECK(cut(0, 52).detail == "cut at the token limit");
}

TEST_CASE("openai: usage is optional part by part") {
  const auto with = [](const std::string& value) {
    return judge(text_event("Hello there.") + end_event("stop") + "data: {\"choices\":[],\"usage\":" + value + "}\n\n" + done);
  };
  CHECK_FALSE(with("null").usage);
  CHECK(with("null").detail.empty());
  for (const char* bad : {R"("many")", "[]", "5", R"({"prompt_tokens":-1})", R"({"prompt_tokens":"7"})",
                          R"({"prompt_tokens":1.5})", R"({"prompt_tokens":1e300})",
                          R"({"completion_tokens":18446744073709551615})", R"({"prompt_tokens":99999999999999999999})"}) {
    INFO(bad);
    CHECK(with(bad).outcome == outcome_class::ok);
    CHECK_FALSE(with(bad).usage);
    CHECK(with(bad).detail == "usage malformed");
  }
  const draft half = with(R"({"prompt_tokens":"x","completion_tokens":9})");
  REQUIRE(half.usage);
  CHECK_FALSE(half.usage->input_tokens);
  CHECK(half.usage->output_tokens == 9u);
  CHECK(with("{}").detail.empty());
  // Some servers fill in zeros: no prompt is empty, and a text took tokens.
  CHECK_FALSE(with(R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})").usage);
  CHECK_FALSE(with(R"({"prompt_tokens":0,"completion_tokens":9})").usage->total());
  CHECK_FALSE(with(R"({"prompt_tokens":9,"completion_tokens":0})").usage->output_tokens);
  const auto nothing = judge(end_event("stop") + R"(data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":0}})" + "\n\n" + done);
  CHECK(nothing.usage->output_tokens == 0u); // nothing was written: a true zero
}

TEST_CASE("openai: loops are found in words and in tokens, and prose is left alone") {
  const auto text = [](const std::string& words) { return judge(text_event(words) + end_event("stop") + done).outcome; };
  for (int n = 1; n <= 9; ++n) {
    std::string one;
    for (int i = 0; i < n; ++i) one += "w" + std::to_string(i) + " ";
    std::string thirty = "Start. ";
    for (int i = 0; i < 30; ++i) thirty += one;
    INFO(n);
    CHECK(text(thirty) == outcome_class::ok);
    CHECK(text(thirty + one) == (n <= 8 ? outcome_class::loop : outcome_class::ok));
  }
  std::string tokens;
  for (int i = 0; i < 31; ++i) tokens += text_event("ha");
  CHECK(judge(tokens + end_event("stop")).outcome == outcome_class::loop);
  std::string divider = text_event("One.");
  for (int i = 0; i < 60; ++i) divider += text_event("-");
  CHECK(judge(divider + text_event("Two.") + end_event("stop")).outcome == outcome_class::ok);
}

TEST_CASE("openai: a probe is content with any finished answer") {
  const auto probe = [](const std::string& stream) { return judge(stream, 0, body_end::clean, answer_need::alive).outcome; };
  CHECK(probe(text_event("Read") + end_event("length") + done) == outcome_class::ok);
  CHECK(probe(end_event("length") + done) == outcome_class::ok);
  CHECK(probe(text_event("Read") + done) == outcome_class::incomplete);
  CHECK(probe("<html>") == outcome_class::empty);
}

TEST_CASE("openai: requests") {
  generation_call call = trial_call();
  const auto body = nlohmann::json::parse(openai_request_body(call, "m", {}));
  CHECK(body["model"] == "m");
  CHECK(body["stream"] == true);
  CHECK(body["stream_options"]["include_usage"] == true);
  CHECK(body["max_tokens"] == 300);
  CHECK(body["messages"].size() == 2);
  CHECK(body["messages"][1]["content"] == call.user_prompt);
  CHECK_FALSE(nlohmann::json::parse(openai_request_body(call, "m", {false})).contains("stream_options"));
  CHECK(model_seed(call) == model_seed(trial_call()));
  CHECK(model_seed(call) < (1u << 31));
  call.attempt = 3;
  CHECK(model_seed(call) == model_seed(trial_call()));
  call.rejected = 1;
  CHECK(model_seed(call) != model_seed(trial_call()));
  call.user_prompt = "broken \xff byte";
  CHECK_NOTHROW(openai_request_body(call, "m", {}));
}

TEST_CASE("openai: a schema that llama.cpp cannot turn into a grammar is left out, though it names no field") {
  const char* const said = R"({"error":{"code":400,"message":"Unable to generate parser for this template. Automatic parser generation failed: JSON schema error at #: unrecognized type nonsense","type":"invalid_request_error"}})";
  const auto fewer = without_refused_field(openai_fields{}, 400, said);
  REQUIRE(fewer);
  CHECK_FALSE(fewer->schema);
  CHECK(fewer->usage);
  CHECK_FALSE(without_refused_field(*fewer, 400, said));
}

TEST_CASE("openai: what a server refuses is left out, once each, and a long prompt is nothing to leave out") {
  generation_call call = trial_call(1);
  call.system_prompt = "You are Julie.";
  call.user_prompt = "Speak.";
  openai_fields fields;
  const auto refuses = [&](int status, const std::string& message) {
    const auto body = nlohmann::json{{"error", {{"message", message}, {"type", "invalid_request_error"}}}}.dump();
    const auto fewer = without_refused_field(fields, status, body);
    if (fewer) fields = *fewer;
    return fewer.has_value();
  };
  const auto sent = [&] { return nlohmann::json::parse(openai_request_body(call, "m", fields)); };
  // vLLM: the prompt leaves no room. Both names stand in it; it was asked with one and the other in turns until the deadline.
  CHECK_FALSE(refuses(400, "'max_tokens' or 'max_completion_tokens' is too large: 300. This model's maximum context length is 256 tokens "
                           "and your request has 200 input tokens (300 > 256 - 200)."));
  CHECK(refuses(400, "Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) value is supported."));
  CHECK_FALSE(sent().contains("temperature"));
  CHECK(refuses(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."));
  CHECK(sent().contains("max_completion_tokens"));
  CHECK_FALSE(refuses(400, "max_tokens and max_completion_tokens: must be positive"));
  CHECK(refuses(422, "body.seed: Extra inputs are not permitted"));
  CHECK_FALSE(sent().contains("seed"));
  CHECK(refuses(400, "top_p is not supported"));
  CHECK_FALSE(sent().contains("top_p"));
  CHECK(sent()["messages"].size() == 2);
  CHECK_FALSE(refuses(500, "the runner has stopped"));
  CHECK(refuses(500, "Jinja Exception: System role not supported"));
  REQUIRE(sent()["messages"].size() == 1);
  CHECK(sent()["messages"][0]["role"] == "user");
  CHECK(sent()["messages"][0]["content"] == "You are Julie.\n\nSpeak.");
  CHECK_FALSE(refuses(400, "System role not supported"));
  CHECK_FALSE(refuses(400, "the model ByteDance-seed-oss is not loaded; temperature, top_p and seed are"));
  CHECK_FALSE(without_refused_field({}, 404, R"({"error":{"message":"no temperature here"}})"));
  CHECK_FALSE(without_refused_field({}, 400, R"({"error":{"message":"the model my-seed is not loaded"}})"));
}

TEST_CASE("openai: a model that thinks unasked is asked not to, as long as its server takes that") {
  const auto thinks = "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n" + text_event("Well, friends.") + end_event("stop") + done;
  const auto plain = text_event("Well, friends.") + end_event("stop") + done;
  for (const bool takes_it : {true, false}) {
    INFO(takes_it);
    loopback_server server([&](const seen_request& request) {
      const auto body = nlohmann::json::parse(request.body);
      if (!body.contains("chat_template_kwargs")) return scripted_answer{200, thinks};
      if (!takes_it) return scripted_answer{400, R"({"error":{"message":"bad request"}})"};
      return body["chat_template_kwargs"] == nlohmann::json{{"enable_thinking", false}} ? scripted_answer{200, plain} : scripted_answer{500, ""};
    });
    auto made = make_openai_backend(trial_options(server.url()));
    REQUIRE(made);
    for (std::uint64_t seq = 1; seq <= 3; ++seq) CHECK(ask(*made.value(), trial_call(seq)).answer.outcome == outcome_class::ok);
    auto thoughtful = trial_call(4);
    thoughtful.think = true;
    CHECK(ask(*made.value(), thoughtful).answer.thinking_bytes > 0);
    std::string sent;
    std::vector<int> room;
    for (const auto& request : server.requests()) {
      const auto body = nlohmann::json::parse(request.body);
      sent += body.contains("chat_template_kwargs") ? '+' : '-';
      room.push_back(body["max_tokens"].get<int>() - trial_call().max_tokens);
    }
    CHECK(sent == (takes_it ? "-++-" : "-+---"));
    // Where it cannot be switched off it gets tokens of its own, but for a call that asked for it.
    CHECK(room == (takes_it ? std::vector<int>{0, 0, 0, 0} : std::vector<int>{0, 0, 0, unasked_thinking::room, 0}));
  }
}

TEST_CASE("thinking: a model that thinks unasked gets tokens for it, whatever it is asked through") {
  const std::string ollama = R"({"message":{"content":"","thinking":"hm"},"done":false})" "\n"
                             R"({"message":{"content":"Well, friends."},"done":true,"done_reason":"stop"})" "\n";
  const std::string anthropic = R"({"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Well, friends."}],)"
                                R"("stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":5}})";
  for (const std::string kind : {"ollama", "anthropic"}) {
    INFO(kind);
    loopback_server server([&](const seen_request&) { return scripted_answer{200, kind == "ollama" ? ollama : anthropic}; });
    auto options = trial_options(server.url());
    options.kind = kind;
    options.context_tokens = 4'096;
    auto made = make_server_backend(options);
    REQUIRE(made);
    for (std::uint64_t seq = 1; seq <= 2; ++seq) CHECK(ask(*made.value(), trial_call(seq)).answer.text == "Well, friends.");
    ask_probe(*made.value());
    std::vector<int> limits;
    for (const auto& request : server.requests()) {
      const auto body = nlohmann::json::parse(request.body);
      limits.push_back((kind == "ollama" ? body["options"]["num_predict"] : body["max_tokens"]).get<int>());
    }
    const int own = trial_call().max_tokens;
    CHECK(limits == std::vector<int>{own, own + (kind == "ollama" ? 1'024 : unasked_thinking::room), 4});
  }
}

TEST_CASE("openai: base addresses and bad settings") {
  CHECK(openai_base_path("") == "/v1");
  CHECK(openai_base_path("/v1") == "/v1");
  CHECK(openai_base_path("/api") == "/api/v1");
  CHECK(openai_base_path("/v1/chat/completions") == "/v1");
  for (const std::string own : {"/v1beta/openai", "/api/paas/v4", "/openai/v1", "/api/v3"}) {
    CHECK(openai_base_path(own) == own);
    CHECK(openai_base_path(own + "/chat/completions") == own);
  }
  CHECK(openai_base_path("/videos") == "/videos/v1");
  CHECK(openai_base_path("/v") == "/v/v1");
  endpoint_options options = trial_options("http://[::1]:9/v1/");
  auto good = make_openai_backend(options);
  REQUIRE(good);
  CHECK(good.value()->info().endpoint == "http://[::1]:9/v1");
  CHECK(good.value()->info().kind == "openai");
  options.api_key = "two\r\nlines";
  REQUIRE_FALSE(make_openai_backend(options));
  CHECK(make_openai_backend(options).error().code == error_code::bad_config);
  CHECK(to_string(make_openai_backend(options).error()).find("two") == std::string::npos);
  CHECK(make_openai_backend(trial_options("localhost:1")).error().code == error_code::bad_config);
  options = trial_options("http://a");
  options.model.clear();
  CHECK(make_openai_backend(options).error().code == error_code::bad_config);
}

TEST_CASE("openai: a server that does not know stream_options is asked again, once") {
  fault_server server({"--no-stream-options"});
  auto made = make_openai_backend(trial_options(server.url()));
  REQUIRE(made);
  CHECK(ask(*made.value()).answer.outcome == outcome_class::ok);
  CHECK(server.logged("request").size() == 2);
  CHECK(ask(*made.value()).answer.outcome == outcome_class::ok);
  CHECK(server.logged("request").size() == 3);
}

TEST_CASE("openai: the key is sent and never shown") {
  fault_server server({"--require-key", "sesame-123"});
  endpoint_options options = trial_options(server.url());
  options.api_key = "sesame-123";
  CHECK(ask(*make_openai_backend(options).value()).answer.outcome == outcome_class::ok);
  options.api_key = "wrong-456";
  const draft refused = ask(*make_openai_backend(options).value()).answer;
  CHECK(refused.outcome == outcome_class::config);
  CHECK(refused.detail.find("wrong-456") == std::string::npos);
}

TEST_CASE("openai: a drip is a stall when no token is complete in time, however lively the connection") {
  const auto trial = [](const std::string& drip, std::int64_t call_timeout_ms) {
    fault_server server({"--default", drip});
    endpoint_options options = trial_options(server.url());
    options.call_timeout_ms = call_timeout_ms;
    return ask(*make_openai_backend(options).value());
  };
  const auto slow = trial("drip:20", 10'000);
  CHECK(slow.answer.outcome == outcome_class::stall);
  CHECK(slow.answer.detail.find("no token") != std::string::npos);
  CHECK(slow.answer.took_ms >= 490);
  const auto stuck = trial("drip:1500", 10'000);
  CHECK(stuck.answer.outcome == outcome_class::stall);
  CHECK(trial("drip:0", 20'000).answer.outcome == outcome_class::ok);
}

TEST_CASE("openai: a refused connection is recognisable") {
  fault_server server({});
  auto made = make_openai_backend(trial_options(server.url()));
  REQUIRE(made);
  CHECK(ask(*made.value()).answer.outcome == outcome_class::ok);
  server.stop();
  const auto [answer, ms] = ask(*made.value());
  CHECK(answer.outcome == outcome_class::transport);
  CHECK(answer.detail.find("refused: ") == 0);
  CHECK(ms < 1'000);
  CHECK(ask_probe(*made.value()).answer.outcome == outcome_class::transport);
}

TEST_CASE("openai: probes are tiny generations") {
  for (const char* kind : {"ok", "length"}) {
    fault_server server({"--default", kind});
    auto made = make_openai_backend(trial_options(server.url()));
    CHECK(ask_probe(*made.value()).answer.outcome == outcome_class::ok);
    const auto lines = server.logged("request");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["target"] == "/v1/chat/completions");
    CHECK(lines[0]["body"]["max_tokens"] <= 4);
  }
  fault_server hanging({"--default", "hang"});
  CHECK(ask_probe(*make_openai_backend(trial_options(hanging.url())).value()).answer.outcome == outcome_class::stall);
}
