// A small HTTP server in the test's own process: answers each request by a function of the test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwave::test {

/// One request as it came.
struct seen_request {
  std::string method;
  std::string target;
  std::string head;
  std::string body;
};

/// What is answered. Status 0: the connection is closed without a word. Status -1: nothing is sent, and the connection stays
/// open until the client closes it.
struct scripted_answer {
  int status = 200;
  std::string body;
  /// Sent instead of all this when it is not empty: head and body as they are.
  std::string bytes = {};
  /// Bytes of the whole that are sent before a short pause; 0 = no pause.
  std::size_t pause_after = 0;
};

/// Loopback only, a free port, one connection at a time. Stops when it is destroyed.
class loopback_server {
public:
  explicit loopback_server(std::function<scripted_answer(const seen_request&)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("cannot listen on the loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~loopback_server() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::vector<seen_request> requests() const {
    std::lock_guard guard(mutex_);
    return requests_;
  }

private:
  static constexpr int look_ms = 20; // how soon the end is noticed
  static constexpr int pause_ms = 2; // of a slow network; a peer that has not read by then gets both pieces as one, and nothing fails

  void serve() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, look_ms) != 1) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      talk(connection);
      ::close(connection);
    }
  }

  /// Reads until `enough` says so; false when the peer closed or the server ends.
  bool read_until(int connection, std::string& bytes, const std::function<bool()>& enough) {
    while (!enough()) {
      pollfd waiting{connection, POLLIN, 0};
      if (::poll(&waiting, 1, look_ms) != 1) {
        if (stopping_) return false;
        continue;
      }
      char piece[4096];
      const auto got = ::read(connection, piece, sizeof piece);
      if (got <= 0) return false;
      bytes.append(piece, static_cast<std::size_t>(got));
    }
    return true;
  }

  void talk(int connection) {
    std::string bytes;
    if (!read_until(connection, bytes, [&] { return bytes.find("\r\n\r\n") != std::string::npos; })) return;
    seen_request request;
    const auto end = bytes.find("\r\n\r\n") + 4;
    request.head = bytes.substr(0, end);
    request.method = bytes.substr(0, bytes.find(' '));
    const auto target = request.method.size() + 1;
    request.target = bytes.substr(target, bytes.find(' ', target) - target);
    std::size_t length = 0;
    for (const auto* name : {"Content-Length: ", "content-length: "})
      if (const auto at = request.head.find(name); at != std::string::npos)
        length = std::strtoul(request.head.c_str() + at + 16, nullptr, 10);
    if (!read_until(connection, bytes, [&] { return bytes.size() >= end + length; })) return;
    request.body = bytes.substr(end, length);
    const auto answer = answer_(request);
    {
      std::lock_guard guard(mutex_);
      requests_.push_back(request);
    }
    if (answer.status == 0) return;
    if (answer.status < 0) {
      std::string more;
      read_until(connection, more, [] { return false; });
      return;
    }
    const auto reply = !answer.bytes.empty() ? answer.bytes
                                             : "HTTP/1.1 " + std::to_string(answer.status) +
                                                 " X\r\nContent-Type: application/json\r\nContent-Length: " +
                                                 std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n" + answer.body;
    const int at_once = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    const auto first = std::min(answer.pause_after, reply.size());
    if (!send_all(connection, std::string_view(reply).substr(0, first))) return;
    if (first > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    send_all(connection, std::string_view(reply).substr(first));
  }

  static bool send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  std::function<scripted_answer(const seen_request&)> answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<seen_request> requests_;
};

} // namespace longwave::test
