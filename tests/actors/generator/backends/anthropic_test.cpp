// The Anthropic backend: its requests, its judgement of answers, and trials against a misbehaving server.
#include "actors/generator/backends/anthropic.hpp"

#include "actors/generator/backends/anthropic_answer.hpp"
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
  anthropic_answer reader(need);
  bool more = true;
  if (step == 0) step = stream.size() + 1;
  for (std::size_t at = 0; more && at < stream.size(); at += step) more = reader.feed(stream.substr(at, step));
  return reader.finish(more ? how : body_end::clean);
}

std::string event(const std::string& type, nlohmann::json members = nlohmann::json::object()) {
  members["type"] = type;
  return "event: " + type + "\ndata: " + members.dump() + "\n\n";
}

std::string start(const nlohmann::json& usage = {{"input_tokens", 11}, {"output_tokens", 1}}) {
  return event("message_start", {{"message", {{"id", "msg_1"}, {"type", "message"}, {"role", "assistant"}, {"usage", usage}}}}) +
         event("content_block_start", {{"index", 0}, {"content_block", {{"type", "text"}, {"text", ""}}}}) + event("ping");
}

std::string text(const std::string& piece) {
  return event("content_block_delta", {{"index", 0}, {"delta", {{"type", "text_delta"}, {"text", piece}}}});
}

std::string reason(const std::string& why, const nlohmann::json& usage = {{"output_tokens", 7}}) {
  return event("content_block_stop", {{"index", 0}}) +
         event("message_delta", {{"delta", {{"stop_reason", why}, {"stop_sequence", nullptr}}}, {"usage", usage}});
}

const std::string stop = event("message_stop");

bool same(const draft& a, const draft& b) {
  return a.outcome == b.outcome && a.text == b.text && a.detail == b.detail && a.usage == b.usage;
}

} // namespace

TEST_CASE("anthropic: a complete stream is a draft, at every cut") {
  const std::string stream = start() + text(" Well ") + event("thing_of_tomorrow", {{"index", 9}}) +
                             text("\xec\x95\x88\xeb\x85\x95 friends.") + reason("end_turn") + stop;
  const draft whole = judge(stream);
  CHECK(whole.outcome == outcome_class::ok);
  CHECK(whole.text == "Well \xec\x95\x88\xeb\x85\x95 friends.");
  REQUIRE(whole.usage);
  CHECK(whole.usage->input_tokens == 11u);
  CHECK(whole.usage->output_tokens == 7u);
  for (std::size_t step = 1; step < stream.size(); ++step) REQUIRE(same(judge(stream, step), whole));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    anthropic_answer reader;
    reader.feed(std::string_view(stream).substr(0, cut));
    reader.feed(std::string_view(stream).substr(cut));
    REQUIRE(same(reader.finish(body_end::clean), whole));
  }
  for (std::size_t length = 0; length + 2 < stream.size(); ++length) {
    REQUIRE(judge(stream.substr(0, length)).outcome != outcome_class::ok);
    REQUIRE(judge(stream.substr(0, length), 0, body_end::cut).outcome != outcome_class::ok);
  }
}

TEST_CASE("anthropic: what is a draft and what is not") {
  struct row { const char* name; std::string stream; outcome_class outcome; const char* detail; };
  const std::string said = start() + text("Well now, friends.");
  std::string loop = start();
  for (int i = 0; i < 40; ++i) loop += text("and so on ");
  const auto error = [](const char* type) { return event("error", {{"error", {{"type", type}, {"message", "boom"}}}}); };
  const std::string flat_error =
    "event: error\ndata: {\"code\":500,\"message\":\"Context size has been exceeded.\",\"type\":\"server_error\"}\n\n";
  const row rows[] = {
    {"stop sequence", said + reason("stop_sequence") + stop, outcome_class::ok, ""},
    {"without event names", R"(data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Well now."}})" "\n\n"
                            R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}})" "\n\n" R"(data: {"type":"message_stop"})" "\n\n", outcome_class::ok, ""},
    {"whole object", R"({"type":"message","content":[{"type":"text","text":"Well now, friends."}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}})", outcome_class::ok, ""},
    {"no message_stop", said + reason("end_turn"), outcome_class::incomplete, "no message_stop"},
    {"no reason", said + stop, outcome_class::incomplete, "without a reason"},
    {"max_tokens", said + reason("max_tokens") + stop, outcome_class::incomplete, "token limit"},
    {"window", said + reason("model_context_window_exceeded") + stop, outcome_class::incomplete, "window"},
    {"pause_turn", said + reason("pause_turn") + stop, outcome_class::incomplete, "pause_turn"},
    {"tool_use", said + reason("tool_use") + stop, outcome_class::incomplete, "tool_use"},
    {"refusal", said + reason("refusal") + stop, outcome_class::refused, "refused"},
    {"overloaded before text", start() + error("overloaded_error"), outcome_class::busy, "boom"},
    {"rate before text", error("rate_limit_error"), outcome_class::busy, "boom"},
    {"overloaded after text", said + error("overloaded_error"), outcome_class::incomplete, "mid-stream: boom"},
    {"api error before text", start() + error("api_error"), outcome_class::transport, "boom"},
    {"billing", start() + error("billing_error"), outcome_class::quota, "boom"},
    {"key", start() + error("authentication_error"), outcome_class::config, "boom"},
    {"blank", start() + text("  \n ") + reason("end_turn") + stop, outcome_class::empty, "blank"},
    {"no text at all", start() + reason("end_turn") + stop, outcome_class::empty, "blank"},
    {"thinking only", start() + event("content_block_delta", {{"delta", {{"type", "thinking_delta"}, {"thinking", "hmm"}}}}) + reason("end_turn") + stop, outcome_class::empty, "3 bytes of thinking"},
    {"signature ignored", said + event("content_block_delta", {{"delta", {{"type", "signature_delta"}, {"signature", "x"}}}}) + reason("end_turn") + stop, outcome_class::ok, ""},
    {"text a number", start() + event("content_block_delta", {{"delta", {{"type", "text_delta"}, {"text", 5}}}}) + reason("end_turn") + stop, outcome_class::empty, "form"},
    {"delta missing", start() + event("content_block_delta") + stop, outcome_class::empty, "form"},
    {"broken event", said + "data: {\"type\":\n\n" + stop, outcome_class::incomplete, "malformed"},
    {"loop", loop, outcome_class::loop, "repeats"},
    {"empty body", "", outcome_class::empty, "empty"},
    {"pings alone", event("ping") + event("ping"), outcome_class::empty, "no answer"},
    {"HTML", "<html>\n<body>hello</body></html>", outcome_class::empty, "HTML"},
    {"object of another kind", R"({"hello":"there"})", outcome_class::empty, "form"},
    // llama.cpp names an error only by its event; the first event of all may be one.
    {"flat error after text", said + flat_error, outcome_class::incomplete, "mid-stream: Context size has been exceeded."},
    {"flat error before text", start() + flat_error, outcome_class::busy, "Context size has been exceeded."},
    {"flat error alone", flat_error, outcome_class::busy, "Context size has been exceeded."},
    {"error object", R"({"error":{"type":"not_found_error","message":"model: nosuch"}})", outcome_class::config, "nosuch"},
    {"deep", "data: {\"type\":" + std::string(100'000, '[') + "\n\n", outcome_class::empty, "form"},
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
  CHECK(judge(said, 0, body_end::limit).outcome == outcome_class::incomplete);
  CHECK(judge(said + reason("max_tokens") + stop).cut_by_length);
  CHECK_FALSE(judge(said).cut_by_length);
}

TEST_CASE("anthropic: usage is cumulative and its input is what was sent, read from a cache and written to it") {
  const draft whole = judge(start({{"input_tokens", 10}, {"cache_read_input_tokens", 200}, {"cache_creation_input_tokens", 30}, {"output_tokens", 1}}) +
                            text("Hello there.") + reason("end_turn", {{"output_tokens", 25}}) + stop);
  REQUIRE(whole.usage);
  CHECK(whole.usage->input_tokens == 240u);
  CHECK(whole.usage->cached_tokens == 200u);
  CHECK(whole.usage->cache_write_tokens == 30u);
  CHECK(whole.usage->output_tokens == 25u);
  const draft dead = judge(start() + text("Hello"), 0, body_end::cut);
  CHECK(dead.outcome == outcome_class::incomplete);
  REQUIRE(dead.usage); // paid for although it failed
  CHECK(dead.usage->input_tokens == 11u);
  // Zeros beside a text were never counted; a prompt that came from the cache was.
  CHECK_FALSE(judge(start({{"input_tokens", 0}, {"output_tokens", 0}}) + text("Hello there.") + reason("end_turn", {{"output_tokens", 0}}) + stop).usage);
  const auto from_cache = judge(start({{"input_tokens", 0}, {"cache_read_input_tokens", 200}, {"output_tokens", 1}}) + text("Hello there.") + reason("end_turn") + stop);
  CHECK(from_cache.usage->input_tokens == 200u);
  CHECK_FALSE(judge(start(nullptr) + text("Hello there.") + reason("end_turn", nullptr) + stop).usage);
  const draft bad = judge(start({{"input_tokens", "many"}, {"output_tokens", -1}}) + text("Hello there.") +
                          reason("end_turn", {{"output_tokens", 1e300}}) + stop);
  CHECK(bad.outcome == outcome_class::ok);
  CHECK_FALSE(bad.usage);
  CHECK(bad.detail == "usage malformed");
}

TEST_CASE("anthropic: requests and base addresses") {
  auto call = trial_call();
  const auto body = nlohmann::json::parse(anthropic_request_body(call, "m", {}));
  CHECK(body["stream"] == true);
  CHECK(body["max_tokens"] == 300);
  CHECK(body["system"] == call.system_prompt);
  CHECK(body["messages"].size() == 1);
  CHECK(body["messages"][0]["role"] == "user");
  CHECK(body["temperature"] == 0.8);
  for (const char* key : {"top_p", "thinking", "output_config", "seed"}) CHECK_FALSE(body.contains(key));
  call.temperature = 1.7; // the API ends at 1
  call.json_schema = R"({"type":"object"})";
  call.system_prompt.clear();
  const auto judged = nlohmann::json::parse(anthropic_request_body(call, "m", {}));
  CHECK(judged["temperature"] == 1.0);
  CHECK(judged["output_config"]["format"]["schema"]["type"] == "object");
  CHECK_FALSE(judged.contains("system"));
  const auto fewer = nlohmann::json::parse(anthropic_request_body(call, "m", {false, false}));
  CHECK_FALSE(fewer.contains("temperature"));
  CHECK_FALSE(fewer.contains("output_config"));
  call.think = true;
  call.max_tokens = 8'192;
  const auto thinking = nlohmann::json::parse(anthropic_request_body(call, "m", {}));
  CHECK(thinking["thinking"]["budget_tokens"] == 4'096);
  CHECK_FALSE(thinking.contains("temperature"));
  CHECK(without_refused_field({}, "output_config: Extra inputs are not permitted")->temperature);
  CHECK_FALSE(without_refused_field({}, "`temperature` is deprecated for this model")->temperature);
  CHECK_FALSE(without_refused_field({}, "max_tokens: too large"));
  CHECK_FALSE(without_refused_field({false, false}, "temperature and output_config"));
  for (const char* path : {"", "/", "/v1", "/v1/", "/v1/messages"}) CHECK(anthropic_base_path(path).empty());
  CHECK(anthropic_base_path("/proxy/v1") == "/proxy");
}

TEST_CASE("anthropic: a refused field is left out in the same call and for good") {
  fault_server server({"--refuse", "temperature"});
  auto made = make_anthropic_backend(trial_options(server.url()));
  CHECK(ask(*made.value()).answer.outcome == outcome_class::ok);
  CHECK(ask(*made.value(), trial_call(2)).answer.outcome == outcome_class::ok);
  const auto requests = server.logged("request");
  REQUIRE(requests.size() == 3);
  CHECK(requests[0]["body"].contains("temperature"));
  CHECK_FALSE(requests[1]["body"].contains("temperature"));
  CHECK_FALSE(requests[2]["body"].contains("temperature"));
}

TEST_CASE("anthropic: the key goes into its own header and into no detail") {
  fault_server server({"--require-key", "sk-trial-1"});
  auto options = trial_options(server.url());
  options.api_key = "sk-trial-1";
  CHECK(ask(*make_anthropic_backend(options).value()).answer.outcome == outcome_class::ok);
  options.api_key = "sk-wrong-2";
  const auto refused = ask(*make_anthropic_backend(options).value()).answer;
  CHECK(refused.outcome == outcome_class::config);
  CHECK(refused.detail.find("sk-wrong-2") == std::string::npos);
}

TEST_CASE("anthropic: a server is described by its models") {
  fault_server server({"--model", "claude-trial"});
  auto options = trial_options(server.url());
  options.kind = "anthropic";
  auto made = make_anthropic_backend(options);
  std::promise<std::vector<server_description>> told;
  made.value()->describe([&](auto found) { told.set_value(std::move(found)); });
  const auto found = told.get_future().get();
  REQUIRE(found.size() == 1);
  CHECK(found[0].outcome == outcome_class::ok);
  REQUIRE(found[0].models.size() == 1);
  CHECK(found[0].models[0].name == "claude-trial");
}
