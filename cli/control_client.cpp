// A blocking HTTP client over a Unix socket: poll for the waiting, Beast for the parsing.
#include "cli/control_client.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace longwave::cli {

namespace http = boost::beast::http;
using code_t = longwave::error_code;

namespace {

/// An answer with segments may be long.
constexpr std::size_t most_answer_bytes = 64 * 1024 * 1024;

/// Time that is left of a whole exchange.
class deadline {
public:
  explicit deadline(int timeout_ms) : end_(clock::now() + std::chrono::milliseconds(timeout_ms)) {}
  int left_ms() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }

private:
  using clock = std::chrono::steady_clock;
  clock::time_point end_;
};

/// A connected socket; closed at the end.
class connection {
public:
  connection(std::filesystem::path path, int timeout_ms) : path_(std::move(path)), until_(timeout_ms) {}
  ~connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  result<void> open();
  result<void> write(std::string_view bytes);
  /// 0 at the end.
  result<std::size_t> read(char* to, std::size_t most);
  /// From now on, for what follows.
  void renew(int timeout_ms) { until_ = deadline(timeout_ms); }

private:
  failure broken(const std::string& why) const {
    return {code_t::io_failed, "cannot ask the engine at " + path_.string(), why, "see whether it still runs"};
  }
  result<void> wait(short what) const;

  std::filesystem::path path_;
  deadline until_;
  int fd_ = -1;
};

result<void> connection::wait(short what) const {
  for (;;) {
    pollfd ready{fd_, what, 0};
    const int got = ::poll(&ready, 1, until_.left_ms());
    if (got > 0) return ok();
    if (got == 0) return broken("it does not answer in time");
    if (errno != EINTR) return broken(std::strerror(errno));
  }
}

result<void> connection::open() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& text = path_.native();
  if (text.size() >= sizeof address.sun_path) return broken("the path is too long for a socket");
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return broken(std::strerror(errno));
  while (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN && until_.left_ms() > 0) { // its queue of new connections is full at the moment
      ::poll(nullptr, 0, 5);
      continue;
    }
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
      return failure{code_t::not_found, "no engine answers at " + text, std::strerror(errno),
                     "start the run, or serve"};
    return broken(std::strerror(errno));
  }
  // The short names in /tmp are open to everyone: whoever listens there must be our own engine, or root's.
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool told = ::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  if (!told || (peer.uid != ::geteuid() && peer.uid != 0 && ::geteuid() != 0))
    return failure{code_t::bad_usage, "will not ask the engine at " + text, "it belongs to another user",
                   "ask as that user"};
  return ok();
}

result<void> connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait(POLLOUT); !ready) return ready;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return ok(); // it may have answered before it closed
    } else if (errno != EINTR) {
      return broken(std::strerror(errno));
    }
  }
  return ok();
}

result<std::size_t> connection::read(char* to, std::size_t most) {
  for (;;) {
    if (auto ready = wait(POLLIN); !ready) return ready.error();
    const auto got = ::recv(fd_, to, most, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return broken(std::strerror(errno));
  }
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
  std::string text(method);
  text += ' ';
  text += target;
  text += " HTTP/1.1\r\nHost: longwave\r\nConnection: close\r\n";
  if (!body.empty() || method == "POST")
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  return text;
}

result<http_reply> read_answer(connection& engine, const std::filesystem::path& socket) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(most_answer_bytes);
  parser.eager(true);
  auto bad = [&](const std::string& why) {
    return failure{code_t::io_failed, "cannot read the answer of " + socket.string(), why, "see whether it still runs"};
  };
  std::string pending;
  while (!parser.is_done()) {
    char piece[16'384];
    auto got = engine.read(piece, sizeof piece);
    if (!got) return got.error();
    boost::system::error_code ec;
    if (got.value() == 0) {
      parser.put_eof(ec);
      if (ec || !parser.is_done()) return bad("it ended too early");
      break;
    }
    pending.append(piece, got.value());
    while (!pending.empty() && !parser.is_done()) {
      const auto used = parser.put(boost::asio::buffer(pending), ec);
      pending.erase(0, used);
      if (ec == http::error::need_more || used == 0) break;
      if (ec) return bad(ec.message());
    }
    if (ec && ec != http::error::need_more) return bad(ec.message());
  }
  auto message = parser.release();
  http_reply reply;
  reply.status = static_cast<int>(message.result_int());
  reply.content_type = std::string(message[http::field::content_type]);
  reply.body = std::move(message.body());
  return reply;
}

} // namespace

result<http_reply> ask_socket(const std::filesystem::path& socket, std::string_view method, std::string_view target,
                              std::string_view body_json, int timeout_ms) {
  connection engine(socket, timeout_ms);
  if (auto open = engine.open(); !open) return open.error();
  if (auto sent = engine.write(request_text(method, target, body_json)); !sent) return sent.error();
  return read_answer(engine, socket);
}

namespace {

/// A living stream says something at least every 15 s.
constexpr int silence_ms = 60'000;
/// An event is one short line.
constexpr std::size_t most_event_bytes = 1024 * 1024;

/// The answer's head, up to and with its blank line; what came behind it stays in `pending`.
result<std::string> read_head(connection& engine, std::string& pending) {
  for (;;) {
    if (const auto end = pending.find("\r\n\r\n"); end != std::string::npos) {
      auto head = pending.substr(0, end + 4);
      pending.erase(0, end + 4);
      return head;
    }
    char piece[16'384];
    auto got = engine.read(piece, sizeof piece);
    if (!got) return got.error();
    pending.append(piece, got.value());
    if (got.value() == 0 || pending.size() > most_event_bytes)
      return failure{code_t::io_failed, "cannot follow the engine's events", "its answer cannot be read", ""};
  }
}

} // namespace

result<void> follow_events(const place& where, std::string_view target,
                           const std::function<bool(const std::string& data)>& each) {
  connection engine(where.socket(), silence_ms);
  if (auto open = engine.open(); !open) return open;
  if (auto sent = engine.write(request_text("GET", target, {})); !sent) return sent;
  std::string pending;
  auto head = read_head(engine, pending);
  if (!head) return head.error();
  if (head.value().find("\r\nContent-Type: text/event-stream\r\n") == std::string::npos)
    return failure{code_t::not_found, "no events at " + where.socket().string(), "the engine has none of this run", ""};
  std::string data;
  for (;;) {
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      const auto line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (line.rfind("data: ", 0) == 0) data += line.substr(6);
      if (!line.empty() || data.empty()) continue;
      if (!each(data)) return ok();
      data.clear();
    }
    if (pending.size() + data.size() > most_event_bytes)
      return failure{code_t::io_failed, "cannot follow the engine's events", "an event is too long", ""};
    engine.renew(silence_ms);
    char piece[16'384];
    auto got = engine.read(piece, sizeof piece);
    if (!got) return got.error();
    if (got.value() == 0) return ok();
    pending.append(piece, got.value());
  }
}

result<http_reply> ask_engine(const place& where, std::string_view method, std::string_view target,
                              std::string_view body_json, int timeout_ms) {
  return ask_socket(where.socket(), method, target, body_json, timeout_ms);
}

} // namespace longwave::cli
