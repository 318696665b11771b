// The backend for Anthropic's Messages API, and for servers that speak it.
#include "actors/generator/backends/anthropic.hpp"

#include "actors/generator/backends/anthropic_answer.hpp"
#include "actors/generator/backends/describe_server.hpp"
#include "actors/generator/backends/openai.hpp"
#include "actors/generator/backends/server_call.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace longwave {

namespace {

/// Least budget that the API takes for thinking, tokens.
constexpr int least_thinking = 1'024;

/// Shared with the calls under way, which may outlive the backend by a moment.
struct anthropic_state {
  endpoint_options options;
  http_url url;

  anthropic_fields fields() const {
    const std::lock_guard lock(mutex);
    return known;
  }
  void remember(const anthropic_fields& fields) {
    const std::lock_guard lock(mutex);
    known = fields;
  }

  unasked_thinking thinking;
  mutable std::mutex mutex;
  anthropic_fields known;
};

std::vector<std::pair<std::string, std::string>> headers_of(const endpoint_options& options) {
  std::vector<std::pair<std::string, std::string>> headers{{"content-type", "application/json"},
                                                           {"anthropic-version", std::string(anthropic_version)}};
  if (!options.api_key.empty()) headers.emplace_back("x-api-key", options.api_key);
  return headers;
}

http_request anthropic_request(const anthropic_state& state, const generation_call& call, const anthropic_fields& fields) {
  http_request request;
  request.target = state.url.path + "/v1/messages";
  request.headers = headers_of(state.options);
  request.headers.emplace_back("accept", "text/event-stream, application/json");
  request.body = anthropic_request_body(call, model_of(call, state.options), fields);
  return request;
}

class anthropic_backend : public backend {
public:
  anthropic_backend(endpoint_options options, http_url url)
    : state_(std::make_shared<anthropic_state>()), client_(std::make_shared<http_client>()) {
    state_->options = std::move(options);
    state_->url = std::move(url);
  }

  ~anthropic_backend() override { client_->shutdown(); }

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    const bool alive = call.purpose == call_purpose::probe;
    return ask(call, alive ? answer_need::alive : answer_need::whole, std::move(answer));
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    return ask(probe_call(), answer_need::alive, std::move(answer));
  }

  backend_info info() const override { return {"anthropic", state_->options.model, state_->url.str()}; }

  void describe(description_function tell) override {
    describe_server(client_, state_->options, state_->url, headers_of(state_->options),
                    [tell = std::move(tell)](server_description found) { tell({std::move(found)}); });
  }

private:
  std::shared_ptr<call_handle> ask(const generation_call& asked, answer_need need, answer_function answer) {
    const auto call = state_->thinking.with_room(asked);
    const auto fields = std::make_shared<anthropic_fields>(state_->fields());
    auto question = question_of(call, state_->options, state_->url);
    question.request = anthropic_request(*state_, call, *fields);
    question.make_reader = [need, limit = call.max_tokens] { return std::make_unique<anthropic_answer>(need, limit); };
    question.ask_again = [state = state_, call, fields](const http_result& exchange) -> std::unique_ptr<http_request> {
      if (exchange.head.status != 400 && exchange.head.status != 422) return nullptr;
      const auto fewer = without_refused_field(*fields, exchange.error_body);
      if (!fewer) return nullptr;
      *fields = *fewer;
      state->remember(*fewer);
      return std::make_unique<http_request>(anthropic_request(*state, call, *fewer));
    };
    return ask_server(client_, std::move(question), [state = state_, think = call.think, answer = std::move(answer)](draft heard) {
      state->thinking.heard(think, heard);
      answer(std::move(heard));
    });
  }

  std::shared_ptr<anthropic_state> state_;
  std::shared_ptr<http_client> client_;
};

} // namespace

std::string anthropic_request_body(const generation_call& call, const std::string& model, const anthropic_fields& fields) {
  nlohmann::json body = {{"model", model}, {"stream", true}, {"max_tokens", call.max_tokens}};
  if (!call.system_prompt.empty()) body["system"] = call.system_prompt;
  body["messages"] = {{{"role", "user"}, {"content", call.user_prompt}}};
  // Thinking takes its share of the limit and allows no temperature of one's own.
  const bool think = call.think && call.max_tokens >= 2 * least_thinking;
  if (think) body["thinking"] = {{"type", "enabled"}, {"budget_tokens", call.max_tokens / 2}};
  if (fields.temperature && !think) body["temperature"] = std::clamp(call.temperature, 0.0, 1.0);
  if (auto schema = fields.schema ? parse_answer_object(call.json_schema) : std::nullopt)
    body["output_config"] = {{"format", {{"type", "json_schema"}, {"schema", std::move(*schema)}}}};
  // Prompts quote texts from outside; a broken byte in one must not end the run.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<anthropic_fields> without_refused_field(const anthropic_fields& fields, std::string_view error_body) {
  const auto names = [error_body](std::string_view field) { return error_body.find(field) != std::string_view::npos; };
  anthropic_fields fewer = fields;
  if (fields.schema && (names("output_config") || names("json_schema"))) {
    fewer.schema = false;
    return fewer;
  }
  if (fields.temperature && names("temperature")) {
    fewer.temperature = false;
    return fewer;
  }
  return std::nullopt;
}

std::string anthropic_base_path(std::string path) {
  for (bool more = true; more;) {
    more = false;
    for (std::string_view end : {"/v1", "/messages", "/"}) {
      if (path.size() < end.size() || path.compare(path.size() - end.size(), end.size(), end) != 0) continue;
      path.resize(path.size() - end.size());
      more = true;
    }
  }
  return path;
}

result<std::unique_ptr<backend>> make_anthropic_backend(endpoint_options options) {
  auto url = check_endpoint(options);
  if (!url) return url.error();
  url.value().path = anthropic_base_path(url.value().path);
  return std::unique_ptr<backend>(std::make_unique<anthropic_backend>(std::move(options), std::move(url.value())));
}

} // namespace longwave
