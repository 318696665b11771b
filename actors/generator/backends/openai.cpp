// The backend for OpenAI-compatible servers: llama.cpp, vLLM, LM Studio, hosted services.
#include "actors/generator/backends/openai.hpp"

#include "actors/generator/backends/describe_server.hpp"
#include "actors/generator/backends/openai_answer.hpp"
#include "actors/generator/backends/outcome_of_status.hpp"
#include "actors/generator/backends/server_call.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <mutex>
#include <utility>

namespace longwave {

namespace {

/// Whether a part of the path is a version: "/v1", "/api/paas/v4", "/v1beta/openai".
bool has_version(std::string_view path) {
  for (auto at = path.find("/v"); at != std::string_view::npos; at = path.find("/v", at + 1))
    if (const auto digit = path.substr(at + 2, 1); !digit.empty() && digit[0] >= '0' && digit[0] <= '9') return true;
  return false;
}

/// Shared with the calls under way, which may outlive the backend by a moment.
struct openai_state {
  endpoint_options options;
  http_url url;

  openai_fields fields() const {
    const std::lock_guard lock(mutex);
    return known;
  }
  void remember(const openai_fields& fields) {
    const std::lock_guard lock(mutex);
    known = fields;
  }
  void ask_not_to_think() {
    const std::lock_guard lock(mutex);
    if (known.thinking == openai_fields::thinking_off::untried) known.thinking = openai_fields::thinking_off::sent;
  }

  unasked_thinking thinking;
  mutable std::mutex mutex;
  /// What the server takes, as far as is known.
  openai_fields known;
};

http_request openai_request(const openai_state& state, const generation_call& call, const openai_fields& fields) {
  http_request request;
  request.target = state.url.path + "/chat/completions";
  add_headers(request, state.options.api_key);
  request.headers.emplace_back("accept", "text/event-stream, application/json");
  request.body = openai_request_body(call, model_of(call, state.options), fields);
  return request;
}

class openai_backend : public backend {
public:
  openai_backend(endpoint_options options, http_url url)
    : state_(std::make_shared<openai_state>()), client_(std::make_shared<http_client>()) {
    state_->options = std::move(options);
    state_->url = std::move(url);
    state_->known.max_tokens = state_->options.max_tokens_field;
  }

  ~openai_backend() override { client_->shutdown(); }

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    const bool alive = call.purpose == call_purpose::probe;
    return ask(call, alive ? answer_need::alive : answer_need::whole, std::move(answer));
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    return ask(probe_call(), answer_need::alive, std::move(answer));
  }

  backend_info info() const override { return {"openai", state_->options.model, state_->url.str()}; }

  void describe(description_function tell) override {
    http_request request;
    add_headers(request, state_->options.api_key);
    describe_server(client_, state_->options, state_->url, std::move(request.headers),
                    [tell = std::move(tell)](server_description found) { tell({std::move(found)}); });
  }

private:
  std::shared_ptr<call_handle> ask(const generation_call& asked, answer_need need, answer_function answer) {
    const auto call = state_->thinking.with_room(asked);
    const auto fields = std::make_shared<openai_fields>(state_->fields());
    auto question = question_of(call, state_->options, state_->url);
    question.request = openai_request(*state_, call, *fields);
    question.make_reader = [need, limit = call.max_tokens] { return std::make_unique<openai_answer>(need, limit); };
    question.ask_again = [state = state_, call, fields](const http_result& exchange) -> std::unique_ptr<http_request> {
      const auto fewer = without_refused_field(*fields, exchange.head.status, exchange.error_body);
      if (!fewer) return nullptr;
      *fields = *fewer;
      state->remember(*fewer);
      return std::make_unique<http_request>(openai_request(*state, call, *fewer));
    };
    return ask_server(client_, std::move(question), [state = state_, fields, think = call.think, answer = std::move(answer)](draft heard) {
      // First it is asked not to; who thinks all the same gets the tokens for it.
      if (fields->thinking != openai_fields::thinking_off::untried)
        state->thinking.heard(think, heard);
      else if (!think && heard.thinking_bytes > 0)
        state->ask_not_to_think();
      answer(std::move(heard));
    });
  }

  std::shared_ptr<openai_state> state_;
  std::shared_ptr<http_client> client_;
};

} // namespace

std::string openai_request_body(const generation_call& call, const std::string& model, const openai_fields& fields) {
  nlohmann::json body = {{"model", model},
                         {"stream", true},
                         {fields.max_tokens, call.max_tokens}};
  if (fields.temperature) body["temperature"] = call.temperature;
  if (fields.top_p) body["top_p"] = call.top_p;
  if (fields.seed) body["seed"] = model_seed(call);
  if (fields.usage) body["stream_options"] = {{"include_usage", true}};
  if (auto schema = fields.schema ? parse_answer_object(call.json_schema) : std::nullopt) {
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema", {{"name", "answer"}, {"strict", true}, {"schema", std::move(*schema)}}}};
  }
  if (fields.thinking == openai_fields::thinking_off::sent && !call.think) body["chat_template_kwargs"] = {{"enable_thinking", false}};
  auto& messages = body["messages"] = nlohmann::json::array();
  const bool apart = fields.system_role || call.system_prompt.empty();
  if (apart && !call.system_prompt.empty()) messages.push_back({{"role", "system"}, {"content", call.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", apart ? call.user_prompt : call.system_prompt + "\n\n" + call.user_prompt}});
  // Prompts quote texts from outside; a broken byte in one must not end the run.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<openai_fields> without_refused_field(const openai_fields& fields, int status, std::string_view error_body) {
  const auto says = [error_body](std::string_view words) { return error_body.find(words) != std::string_view::npos; };
  // A whole word: a model may be named after one.
  const auto names = [error_body](std::string_view field) {
    const auto in_word = [](char c) { return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    for (auto at = error_body.find(field); at != std::string_view::npos; at = error_body.find(field, at + 1)) {
      const auto end = at + field.size();
      if ((at == 0 || !in_word(error_body[at - 1])) && (end == error_body.size() || !in_word(error_body[end]))) return true;
    }
    return false;
  };
  openai_fields fewer = fields;
  // A template that raises an exception is a failure of the server to some (llama.cpp), of the request to others (vLLM).
  const bool refused = status == 400 || status == 422;
  if (fields.system_role && (refused || status == 500) && (says("ystem role") || says("ystem message") || says("\"system\" role"))) {
    fewer.system_role = false;
    return fewer;
  }
  // vLLM names the token limit where the prompt leaves no room for it ("'max_tokens' or 'max_completion_tokens' is too large").
  if (!refused || names_long_prompt(error_body)) return std::nullopt;
  if (fields.usage && (names("stream_options") || names("include_usage"))) {
    fewer.usage = false;
    return fewer;
  }
  // llama.cpp names neither field when its converter does not know a word of the schema: "JSON schema error at #: ...".
  if (fields.schema && (names("response_format") || names("json_schema") || says("JSON schema"))) {
    fewer.schema = false;
    return fewer;
  }
  // Hosted reasoning models know only the new name, many local servers only the old one; the error names the other.
  if (!fields.max_tokens_changed && names("max_completion_tokens")) {
    fewer.max_tokens = fields.max_tokens == "max_tokens" ? "max_completion_tokens" : "max_tokens";
    fewer.max_tokens_changed = true;
    return fewer;
  }
  for (const auto& [name, sent] : {std::pair{"temperature", &openai_fields::temperature}, std::pair{"top_p", &openai_fields::top_p},
                                   std::pair{"seed", &openai_fields::seed}})
    if (fields.*sent && names(name)) {
      fewer.*sent = false;
      return fewer;
    }
  // It was taken without this field before, whatever is said now.
  if (fields.thinking == openai_fields::thinking_off::sent) {
    fewer.thinking = openai_fields::thinking_off::refused;
    return fewer;
  }
  return std::nullopt;
}

std::string openai_base_path(std::string path) {
  constexpr std::string_view call_path = "/chat/completions";
  if (path.ends_with(call_path)) path.resize(path.size() - call_path.size());
  while (!path.empty() && path.back() == '/') path.pop_back();
  return has_version(path) ? path : path + "/v1";
}

std::uint32_t model_seed(const generation_call& call) {
  const auto rejected = static_cast<std::uint64_t>(call.rejected < 0 ? 0 : call.rejected);
  // 31 bits fit every server's integer.
  return static_cast<std::uint32_t>(random_stream(call.seed, call.seq, rejected, "model").next() >> 33);
}

generation_call probe_call() {
  generation_call call;
  call.purpose = call_purpose::probe;
  call.user_prompt = "Answer with the word ready.";
  call.temperature = 0;
  call.top_p = 1;
  call.max_tokens = 4;
  return call;
}

result<std::unique_ptr<backend>> make_openai_backend(endpoint_options options) {
  auto url = check_endpoint(options);
  if (!url) return url.error();
  url.value().path = openai_base_path(url.value().path);
  return std::unique_ptr<backend>(std::make_unique<openai_backend>(std::move(options), std::move(url.value())));
}

} // namespace longwave
