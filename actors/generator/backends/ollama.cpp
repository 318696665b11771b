// The backend for Ollama's native API. Its OpenAI-compatible one ignores the context size.
#include "actors/generator/backends/ollama.hpp"

#include "actors/generator/backends/describe_server.hpp"
#include "actors/generator/backends/ollama_answer.hpp"
#include "actors/generator/backends/openai.hpp"
#include "actors/generator/backends/server_call.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace longwave {

namespace {

/// Longer than any pause between two segments, so that the model stays loaded.
constexpr const char* keep_alive = "30m";

http_request ollama_request(const endpoint_options& options, const http_url& url, const generation_call& call) {
  http_request request;
  request.target = url.path + "/api/chat";
  add_headers(request, options.api_key);
  request.headers.emplace_back("accept", "application/x-ndjson");
  request.body = ollama_request_body(call, model_of(call, options), options.context_tokens);
  return request;
}

class ollama_backend : public backend {
public:
  ollama_backend(endpoint_options options, http_url url)
    : options_(std::move(options)), url_(std::move(url)), client_(std::make_shared<http_client>()) {}

  ~ollama_backend() override { client_->shutdown(); }

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    const bool alive = call.purpose == call_purpose::probe;
    return ask(call, alive ? answer_need::alive : answer_need::whole, std::move(answer));
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    return ask(probe_call(), answer_need::alive, std::move(answer));
  }

  backend_info info() const override { return {"ollama", options_.model, url_.str()}; }

  void describe(description_function tell) override {
    http_request request;
    add_headers(request, options_.api_key);
    describe_server(client_, options_, url_, std::move(request.headers),
                    [tell = std::move(tell), window = options_.context_tokens](server_description found) {
                      // Every call asks for this window, whatever is loaded now.
                      found.window_tokens = static_cast<std::uint64_t>(window);
                      tell({std::move(found)});
                    });
  }

private:
  std::shared_ptr<call_handle> ask(const generation_call& asked, answer_need need, answer_function answer) {
    // The window is for the prompt above all.
    const auto call = thinking_->with_room(asked, options_.context_tokens / 4);
    auto question = question_of(call, options_, url_);
    question.request = ollama_request(options_, url_, call);
    question.make_reader = [need, limit = call.max_tokens] { return std::make_unique<ollama_answer>(need, limit); };
    return ask_server(client_, std::move(question), [thinking = thinking_, think = call.think, answer = std::move(answer)](draft heard) {
      thinking->heard(think, heard);
      answer(std::move(heard));
    });
  }

  endpoint_options options_;
  http_url url_;
  std::shared_ptr<http_client> client_;
  /// Shared with the calls under way.
  std::shared_ptr<unasked_thinking> thinking_ = std::make_shared<unasked_thinking>();
};

} // namespace

std::string ollama_request_body(const generation_call& call, const std::string& model, int context_tokens) {
  nlohmann::json body = {{"model", model},
                         {"stream", true},
                         {"keep_alive", keep_alive},
                         {"truncate", false},
                         {"think", call.think},
                         {"options",
                          {{"num_predict", call.max_tokens},
                           {"temperature", call.temperature},
                           {"top_p", call.top_p},
                           {"seed", model_seed(call)},
                           {"num_ctx", context_tokens}}}};
  if (auto schema = parse_answer_object(call.json_schema)) body["format"] = std::move(*schema);
  auto& messages = body["messages"] = nlohmann::json::array();
  if (!call.system_prompt.empty()) messages.push_back({{"role", "system"}, {"content", call.system_prompt}});
  messages.push_back({{"role", "user"}, {"content", call.user_prompt}});
  // Prompts quote texts from outside; a broken byte in one must not end the run.
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ollama_base_path(std::string path) {
  for (bool more = true; more;) {
    more = false;
    for (std::string_view end : {"/v1", "/api", "/api/chat", "/"}) {
      if (path.size() < end.size() || path.compare(path.size() - end.size(), end.size(), end) != 0) continue;
      path.resize(path.size() - end.size());
      more = true;
    }
  }
  return path;
}

result<std::unique_ptr<backend>> make_ollama_backend(endpoint_options options) {
  auto url = check_endpoint(options);
  if (!url) return url.error();
  url.value().path = ollama_base_path(url.value().path);
  return std::unique_ptr<backend>(std::make_unique<ollama_backend>(std::move(options), std::move(url.value())));
}

} // namespace longwave
