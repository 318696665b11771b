// One call to a model server: request out, answer read while it streams, exactly one draft back.
#pragma once

#include "actors/generator/backends/answer_text.hpp"
#include "actors/generator/backends/backend.hpp"
#include "actors/generator/backends/http.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace longwave {

/// Everything about one call but its connection.
struct server_question {
  http_url url;
  http_request request;
  http_limits limits;
  /// Makes the reader of the answer; called once for each request that is sent.
  std::function<std::unique_ptr<answer_reader>()> make_reader;
  /// Looks at an error response and may give another request to send instead, as part of the same call. It must end:
  /// each time it answers, one field fewer is sent.
  std::function<std::unique_ptr<http_request>(const http_result&)> ask_again;
  /// Never shown in a detail, even when the server repeats it; empty for none.
  std::string secret;
  /// Written into the draft: who was asked for what.
  std::string endpoint;
  std::string model;
};

/// Whether the model behind an endpoint thinks although no call asks it to. Thinking counts in the token limit, so its calls
/// then get more tokens: without them every answer would be cut before its text begins. Threads: any.
class unasked_thinking {
public:
  /// Tokens that a call gets for thinking, at most.
  static constexpr int room = 2'048;

  /// The call as it is to be sent. Probes stay as they are.
  /// @param most_room of this endpoint
  generation_call with_room(generation_call call, int most_room = room) const;
  /// Takes an answer in.
  void heard(bool asked, const draft& answer) noexcept {
    if (!asked && answer.thinking_bytes > 0) seen_ = true;
  }

private:
  std::atomic<bool> seen_ = false;
};

/// The limits that an endpoint's options ask for.
http_limits limits_of(const endpoint_options& options);

/// The model that a call is made with: its own wish, or the endpoint's.
const std::string& model_of(const generation_call& call, const endpoint_options& options);

/// The parts of a question that are the same for every kind of server.
server_question question_of(const generation_call& call, const endpoint_options& options, const http_url& url);

/// Adds the headers that every request carries: content type and, when there is one, the key.
void add_headers(http_request& request, const std::string& api_key);

/// Replaces every occurrence of the key by "***" and keeps the text one line. An empty secret hides nothing.
void hide_secret(std::string& detail, const std::string& secret);

/// Checks what all kinds of servers need: a model, and a key that can stand in a header.
/// @return `bad_config` naming what is wrong
result<http_url> check_endpoint(const endpoint_options& options);

/// The judgement of a finished exchange. Pure.
/// @param reader what read the body of a 200; null when nothing arrived
draft judge_exchange(const http_result& exchange, answer_reader* reader);

/// Starts the call. `answer` is called exactly once, on the client's thread (or on the caller's, when the client was
/// shut down).
std::shared_ptr<call_handle> ask_server(const std::shared_ptr<http_client>& client, server_question question,
                                        answer_function answer);

} // namespace longwave
