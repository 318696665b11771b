// The backend for OpenAI-compatible servers: llama.cpp, vLLM, LM Studio, hosted services.
#include "actors/generator/backends/openai.hpp"

#include "actors/generator/backends/openai_answer.hpp"
#include "actors/generator/backends/server_call.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <utility>

namespace longwave {

namespace {

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Shared with the calls under way, which may outlive the backend by a moment.
struct openai_state {
  endpoint_options options;
  http_url url;
  /// Cleared for good when the server refuses `stream_options`.
  std::atomic<bool> with_usage{true};
};

http_request openai_request(const openai_state& state, const generation_call& call, bool with_usage) {
  http_request request;
  request.target = state.url.path + "/chat/completions";
  add_headers(request, state.options.api_key);
  request.headers.emplace_back("accept", "text/event-stream, application/json");
  request.body = openai_request_body(call, state.options.model, with_usage);
  return request;
}

class openai_backend : public backend {
public:
  openai_backend(endpoint_options options, http_url url)
    : state_(std::make_shared<openai_state>()), client_(std::make_shared<http_client>()) {
    state_->options = std::move(options);
    state_->url = std::move(url);
  }

  ~openai_backend() override { client_->shutdown(); }

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    return ask(call, answer_need::whole, std::move(answer));
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    return ask(probe_call(), answer_need::alive, std::move(answer));
  }

  backend_info info() const override { return {"openai", state_->options.model, state_->url.str()}; }

private:
  std::shared_ptr<call_handle> ask(const generation_call& call, answer_need need, answer_function answer) {
    const bool with_usage = state_->with_usage;
    server_question question;
    question.url = state_->url;
    question.request = openai_request(*state_, call, with_usage);
    question.limits = limits_of(state_->options);
    question.make_reader = [need] { return std::make_unique<openai_answer>(need); };
    question.secret = state_->options.api_key;
    if (with_usage) {
      question.ask_again = [state = state_, call](const http_result& exchange) -> std::unique_ptr<http_request> {
        const bool refused = (exchange.head.status == 400 || exchange.head.status == 422) &&
                             exchange.error_body.find("stream_options") != std::string::npos;
        if (!refused) return nullptr;
        state->with_usage = false;
        return std::make_unique<http_request>(openai_request(*state, call, false));
      };
    }
    return ask_server(client_, std::move(question), std::move(answer));
  }

  std::shared_ptr<openai_state> state_;
  std::shared_ptr<http_client> client_;
};

} // namespace

std::string openai_request_body(const generation_call& call, const std::string& model, bool with_usage) {
  nlohmann::json body = {{"model", model},
                         {"stream", true},
                         {"max_tokens", call.max_tokens},
                         {"temperature", call.temperature},
                         {"top_p", call.top_p},
                         {"seed", model_seed(call)}};
  if (with_usage) body["stream_options"] = {{"include_usage", true}};
  auto& messages = body["messages"] = nlohmann::json::array();
  if (!call.system_prompt.empty()) messages.push_back({{"role", "system"}, {"content", call.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", call.user_prompt}});
  // Prompts quote texts from outside; a broken byte in one must not end the run.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string openai_base_path(std::string path) {
  constexpr std::string_view call_path = "/chat/completions";
  if (ends_with(path, call_path)) path.resize(path.size() - call_path.size());
  while (!path.empty() && path.back() == '/') path.pop_back();
  if (!ends_with(path, "/v1")) path += "/v1";
  return path;
}

std::uint32_t model_seed(const generation_call& call) {
  const auto rejected = static_cast<std::uint64_t>(call.rejected < 0 ? 0 : call.rejected);
  // 31 bits fit every server's integer.
  return static_cast<std::uint32_t>(random_stream(call.seed, call.seq, rejected, "model").next() >> 33);
}

generation_call probe_call() {
  generation_call call;
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
