// An asynchronous HTTP/1.1 client for model servers: four clocks a call, bounded sizes, cancellable at any moment.
//
// The only file of the actors that knows sockets, TLS and real time. Everything of one client happens on one thread of
// its own; callbacks run there and must neither block nor throw.
#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwave {

/// A server's address, taken apart.
struct http_url {
  bool tls = false;
  /// Without brackets for IPv6.
  std::string host;
  std::uint16_t port = 80;
  /// Empty, or "/..." without a slash at the end.
  std::string path;

  /// "http://host:port/path"; the port is left out when it is the scheme's own.
  std::string str() const;
  /// The value of the `Host` header.
  std::string authority() const;
};

/// Reads "http://host[:port][/path]" or "https://...", with IPv6 addresses in brackets.
/// @return `bad_config` for everything else, also for user names, queries and fragments
result<http_url> parse_http_url(std::string_view text);

/// One request. `target` is the path and query as sent.
struct http_request {
  std::string method = "POST";
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Bounds of one call; times are real milliseconds.
struct http_limits {
  /// Look-up, connection and TLS handshake together.
  std::int64_t connect_timeout_ms = 5'000;
  /// From the request to the first byte of the body.
  std::int64_t first_byte_timeout_ms = 60'000;
  /// Between two pieces of the body, whatever they hold.
  std::int64_t idle_timeout_ms = 30'000;
  /// Between two pieces that the receiver called progress, however lively the connection is: a server that only pings
  /// is stalled all the same. 0 = as the first-byte timeout.
  std::int64_t progress_timeout_ms = 0;
  /// The whole call.
  std::int64_t call_timeout_ms = 60'000;
  std::size_t header_limit = 16u << 10;
  std::size_t body_limit = 8u << 20;
};

/// The parts of a response's head that matter here.
struct http_head {
  int status = 0;
  std::string retry_after;
  std::string retry_after_ms;
  std::string date;
  std::string location;
};

/// How a call ended.
enum class http_end {
  complete,    ///< the whole response arrived, or the receiver had enough
  refused,     ///< connection refused, no route to the host or network
  unreachable, ///< name not found, or another failure to connect
  tls,         ///< the handshake failed
  wrong_scheme, ///< TLS where plain HTTP is spoken, or the other way round
  untrusted,   ///< the server's certificate is not valid for it
  reset,       ///< the connection ended before a body byte arrived
  cut,         ///< the connection ended within the body
  bad_reply,   ///< what arrived is no HTTP/1.x response, or its head is too large
  too_large,   ///< the body is larger than the limit
  connect_timeout,
  first_byte_timeout,
  idle_timeout,
  no_progress, ///< bytes came, but none that the receiver called progress
  slept,       ///< the machine was suspended during the call: the connection is not what it was
  deadline,
  cancelled,
};

/// The end of a call.
struct http_result {
  http_end end = http_end::complete;
  /// Status 0 when no head arrived.
  http_head head;
  /// The body of a response whose status is not 200, at most its first 64 KiB.
  std::string error_body;
  /// One line; empty for `complete`.
  std::string detail;
  /// Real duration of the call, milliseconds (steady clock).
  std::int64_t took_ms = 0;
  /// Real time of the end, seconds since 1970; only good for dates in headers.
  std::int64_t ended_at_unix_s = 0;
};

/// What the receiver of a body wants next.
enum class body_wish {
  more,
  wait, ///< as `more`, but these bytes were no progress (a ping)
  end,  ///< the answer is complete; the connection may end in peace (some servers dislike an abort), but not for long
  stop, ///< the rest is of no use: close at once
};

/// Takes a piece of the body of a 200 response, and the real milliseconds since the call was started.
using body_function = std::function<body_wish(std::string_view bytes, std::int64_t at_ms)>;
/// Takes the end of a call; called exactly once.
using http_end_function = std::function<void(http_result)>;

/// Ends a call early, from any thread. The end function is still called once, with `cancelled`, after the connection
/// was closed. Does nothing after the end or after the client's.
class http_call {
public:
  virtual ~http_call() = default;
  virtual void cancel() = 0;
};

/// Makes calls, any number at once. Every call has a connection of its own: nothing can answer an earlier request.
/// Redirects are not followed. Certificates are checked against the system's store and the host name.
class http_client {
public:
  http_client();
  /// @param suspended_ms how long the machine has been suspended since it was started, milliseconds; the default reads
  /// the difference of the boot clock and the monotonic one
  explicit http_client(std::function<std::int64_t()> suspended_ms);
  /// As `shutdown`.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Starts a call; from any thread. After `shutdown` the call ends at once with `cancelled`, on the caller's thread,
  /// and null is returned.
  std::shared_ptr<http_call> start(const http_url& url, http_request request, const http_limits& limits,
                                   body_function on_body, http_end_function on_end);

  /// Cancels all calls and waits until their end functions have returned. Called on the client's own thread (from an
  /// end function) it does not wait.
  void shutdown();

private:
  class core;
  class session;
  std::shared_ptr<core> core_;
};

} // namespace longwave
