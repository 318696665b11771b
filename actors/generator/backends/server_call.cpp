// Joins the HTTP client and the answer readers, and maps every end of a connection to an outcome class.
#include "actors/generator/backends/server_call.hpp"

#include "actors/generator/backends/outcome_of_status.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace longwave {

namespace {

body_end body_end_of(http_end end) noexcept {
  if (end == http_end::complete) return body_end::clean;
  return end == http_end::too_large ? body_end::limit : body_end::cut;
}

/// Ends that say all by themselves, whatever arrived before.
std::optional<outcome_class> outcome_of_end(http_end end) noexcept {
  switch (end) {
    case http_end::complete:
    case http_end::cut:
    case http_end::too_large: return std::nullopt;
    case http_end::refused:
    case http_end::unreachable:
    case http_end::tls:
    case http_end::reset:
    case http_end::bad_reply: return outcome_class::transport;
    case http_end::wrong_scheme:
    case http_end::untrusted: return outcome_class::config;
    case http_end::connect_timeout:
    case http_end::first_byte_timeout:
    case http_end::idle_timeout:
    case http_end::no_progress:
    case http_end::slept:
    case http_end::deadline: return outcome_class::stall;
    case http_end::cancelled: return outcome_class::interrupted;
  }
  return outcome_class::transport;
}

/// The state of one call: lives until its draft was given and its handle is gone.
class server_call : public call_handle, public std::enable_shared_from_this<server_call> {
public:
  server_call(std::weak_ptr<http_client> client, server_question question, answer_function answer)
    : client_(std::move(client)), question_(std::move(question)), answer_(std::move(answer)) {}

  void cancel() override {
    std::shared_ptr<http_call> connection;
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
      connection = connection_;
    }
    if (connection) connection->cancel();
  }

  /// @param budget_ms what is left of the call's hard deadline
  void send(http_request request, std::int64_t budget_ms) {
    const auto client = client_.lock();
    if (!client) return give(closed());
    http_limits limits = question_.limits;
    limits.call_timeout_ms = budget_ms;
    reader_ = question_.make_reader();
    const auto self = shared_from_this();
    // A request that is sent again is sent while the first `send` may not have returned yet.
    const auto mine = ++sent_;
    auto connection = client->start(
      question_.url, std::move(request), limits, [self](std::string_view bytes, std::int64_t at_ms) { return self->take(bytes, at_ms); },
      [self](http_result exchange) { self->finish(std::move(exchange)); });
    bool cancel_now = false;
    {
      const std::lock_guard lock(mutex_);
      if (!ended_ && sent_ == mine) connection_ = std::move(connection); // it may have ended already
      cancel_now = cancelled_;
    }
    if (cancel_now) cancel();
  }

private:
  body_wish take(std::string_view bytes, std::int64_t at_ms) {
    const auto before = reader_->progress();
    const bool more = reader_->feed(bytes);
    const bool progress = reader_->progress() != before;
    if (progress && !first_token_ms_) first_token_ms_ = took_ms_ + at_ms;
    if (more) return progress ? body_wish::more : body_wish::wait;
    return reader_->at_end() ? body_wish::end : body_wish::stop;
  }

  void finish(http_result exchange) {
    took_ms_ += exchange.took_ms;
    const std::int64_t left = question_.limits.call_timeout_ms - took_ms_;
    if (exchange.end == http_end::complete && question_.ask_again && left > 0 && !is_cancelled()) {
      if (const auto again = question_.ask_again(exchange)) return send(*again, left);
    }
    draft answer = judge_exchange(exchange, reader_.get());
    answer.took_ms = took_ms_;
    answer.first_token_ms = first_token_ms_;
    hide_secret(answer.detail, question_.secret);
    give(std::move(answer));
  }

  bool is_cancelled() {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }

  draft closed() const {
    draft answer;
    answer.outcome = outcome_class::interrupted;
    answer.detail = "the backend was closed";
    answer.took_ms = took_ms_;
    return answer;
  }

  void give(draft answer) {
    answer.endpoint = question_.endpoint;
    answer.model = question_.model;
    const auto function = std::move(answer_);
    answer_ = nullptr;
    {
      const std::lock_guard lock(mutex_);
      connection_.reset();
      ended_ = true;
    }
    function(std::move(answer));
  }

  std::weak_ptr<http_client> client_;
  server_question question_;
  answer_function answer_;
  std::unique_ptr<answer_reader> reader_;
  std::int64_t took_ms_ = 0;
  std::optional<std::int64_t> first_token_ms_;
  std::atomic<int> sent_ = 0; ///< requests of this call so far
  std::mutex mutex_;
  std::shared_ptr<http_call> connection_;
  bool cancelled_ = false;
  bool ended_ = false;
};

failure endpoint_failure(const std::string& why, const std::string& remedy) {
  return failure{error_code::bad_config, "cannot use the backend", why, remedy};
}

} // namespace

void hide_secret(std::string& detail, const std::string& secret) {
  constexpr std::string_view mask = "***";
  if (secret.empty()) return;
  for (auto at = detail.find(secret); at != std::string::npos; at = detail.find(secret, at)) {
    detail.replace(at, secret.size(), mask);
    at += mask.size();
  }
  detail = one_line(detail);
}

generation_call unasked_thinking::with_room(generation_call call, int most_room) const {
  if (seen_ && !call.think && call.purpose != call_purpose::probe) call.max_tokens += std::min(room, most_room);
  return call;
}

http_limits limits_of(const endpoint_options& options) {
  http_limits limits;
  limits.connect_timeout_ms = options.connect_timeout_ms;
  limits.first_byte_timeout_ms = options.first_byte_timeout_ms;
  limits.idle_timeout_ms = options.idle_timeout_ms;
  limits.call_timeout_ms = options.call_timeout_ms;
  limits.body_limit = options.body_limit;
  return limits;
}

const std::string& model_of(const generation_call& call, const endpoint_options& options) {
  return call.model.empty() ? options.model : call.model;
}

server_question question_of(const generation_call& call, const endpoint_options& options, const http_url& url) {
  server_question question;
  question.url = url;
  question.limits = limits_of(options);
  if (call.timeout_ms > 0) {
    question.limits.call_timeout_ms = call.timeout_ms;
    question.limits.first_byte_timeout_ms = std::min(question.limits.first_byte_timeout_ms, call.timeout_ms);
    question.limits.idle_timeout_ms = std::min(question.limits.idle_timeout_ms, call.timeout_ms);
  }
  // Silence within an answer (idle) tells of a dead server however long the answer is.
  question.limits.call_timeout_ms = question.limits.call_timeout_ms * call.patience_percent / 100;
  question.limits.first_byte_timeout_ms = question.limits.first_byte_timeout_ms * call.patience_percent / 100;
  question.secret = options.api_key;
  question.endpoint = url.str();
  question.model = model_of(call, options);
  return question;
}

void add_headers(http_request& request, const std::string& api_key) {
  request.headers.emplace_back("content-type", "application/json");
  if (!api_key.empty()) request.headers.emplace_back("authorization", "Bearer " + api_key);
}

result<http_url> check_endpoint(const endpoint_options& options) {
  if (options.model.empty()) return endpoint_failure("no model is named", "name one with --model");
  const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(options.api_key.begin(), options.api_key.end(), printable)) {
    return endpoint_failure("the API key holds blanks, line ends or characters beyond ASCII",
                            "put the key alone on the first line of its file");
  }
  return parse_http_url(options.url);
}

draft judge_exchange(const http_result& exchange, answer_reader* reader) {
  if (exchange.end == http_end::complete && exchange.head.status != 200) {
    error_response response;
    response.status = exchange.head.status;
    response.body = exchange.error_body;
    response.retry_after = exchange.head.retry_after;
    response.retry_after_ms = exchange.head.retry_after_ms;
    response.date = exchange.head.date;
    response.location = exchange.head.location;
    return outcome_of_status(response, exchange.ended_at_unix_s);
  }
  draft answer;
  if (reader) answer = reader->finish(body_end_of(exchange.end));
  if (const auto outcome = outcome_of_end(exchange.end)) {
    answer.outcome = *outcome;
    answer.detail = exchange.detail;
  } else if (exchange.end == http_end::cut && (!reader || !reader->has_text())) {
    // Nothing of the answer itself came through: the server or the way to it broke.
    answer.outcome = outcome_class::transport;
    answer.detail = exchange.detail;
  }
  if (exchange.end == http_end::refused) answer.detail = "refused: " + answer.detail;
  answer.detail = one_line(answer.detail);
  return answer;
}

std::shared_ptr<call_handle> ask_server(const std::shared_ptr<http_client>& client, server_question question,
                                        answer_function answer) {
  http_request request = question.request;
  const std::int64_t budget = question.limits.call_timeout_ms;
  auto call = std::make_shared<server_call>(client, std::move(question), std::move(answer));
  call->send(std::move(request), budget);
  return call;
}

} // namespace longwave
