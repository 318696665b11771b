// One HTTP exchange as plain values: what control routes see of a request and give as an answer.
#pragma once

#include "messages/error.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwave::cli {

/// A complete request.
struct http_question {
  /// As sent: "GET", "POST" ...
  std::string method;
  /// As sent, not decoded: "/v1/runs/pilot/segments?after=3".
  std::string target;
  std::string body;
  /// True when it came over TCP, where the sender need not be this user.
  bool over_network = false;
  /// Header Last-Event-ID; empty for none.
  std::string last_event_id;
};

/// An answer that goes on, piece by piece.
class reply_stream {
public:
  virtual ~reply_stream() = default;
  /// What there is to send now; empty for nothing yet. Called on the server's thread.
  virtual std::string take() = 0;
  /// True: the answer ends once `take` gives nothing.
  virtual bool over() const noexcept = 0;
  /// `wake` is called, from any thread, when `take` may give more. It must not block.
  virtual void on_more(std::function<void()> wake) = 0;
};

/// An answer. The server adds length, connection and caching headers.
struct http_reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Further headers: {"Allow", "GET"}.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Set: `body` is not sent, the stream's pieces are; the connection closes at its end.
  std::shared_ptr<reply_stream> stream = nullptr;
};

using reply_to_question = std::function<void(http_reply)>;

/// Answers a question, now or later, from any thread, once. Must not block and must not throw.
using route_function = std::function<void(http_question, reply_to_question)>;

/// The standard phrase of a status: "Not Found"; "Unknown" for one we never send.
std::string_view status_phrase(int status) noexcept;

/// A problem document (RFC 9457): `{"type","title","status","detail"}` as application/problem+json.
http_reply problem_reply(int status, std::string_view detail);

/// The same for a failure of ours: its code decides the status, its text is the detail.
http_reply failure_reply(const failure& f);

} // namespace longwave::cli
