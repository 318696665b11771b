// The real binary at work on a long run, and raw bytes to its control socket: what hostile clients do.
#pragma once

#include "tests/support/process.hpp"

#include <chrono>
#include <cstring>
#include <memory>

#include <sys/socket.h>
#include <sys/un.h>

namespace longwave::tests {

/// One connection to a control socket.
class raw_client {
public:
  explicit raw_client(const fs::path& socket_path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  ~raw_client() {
    if (fd_ >= 0) ::close(fd_);
  }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool connected() const { return fd_ >= 0; }
  /// False when the other side is gone or takes nothing for five seconds.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, 5'000) <= 0) return false;
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// As much as is taken at once; 0 when the other side takes nothing now.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// What arrives until the other side closes, `enough` bytes are there, or nothing comes for `patience_ms`.
  std::string receive(std::size_t enough, int patience_ms) {
    std::string got;
    char buffer[64 * 1024];
    while (got.size() < enough) {
      pollfd ready{fd_, POLLIN, 0};
      if (::poll(&ready, 1, patience_ms) <= 0) break;
      const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        closed = true;
        break;
      }
      got.append(buffer, static_cast<std::size_t>(n));
    }
    return got;
  }
  /// One whole answer: header and as much body as its length says.
  std::string answer(int patience_ms = 20'000) {
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      const auto more = receive(1, patience_ms);
      if (more.empty()) return got;
      got += more;
    }
    const auto head = got.find("\r\n\r\n") + 4;
    const auto length = got.find("Content-Length: ");
    const std::size_t wanted = length < head ? head + std::strtoull(got.c_str() + length + 16, nullptr, 10) : head;
    while (got.size() < wanted) {
      const auto more = receive(wanted - got.size(), patience_ms);
      if (more.empty()) break;
      got += more;
    }
    return got;
  }
  bool closed = false;

private:
  int fd_;
};

/// The number of an HTTP answer, 0 without one.
inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.") && answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

inline std::string get_request(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

inline std::string post_request(const std::string& target, const std::string& body, const std::string& more = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

/// A broadcast that goes on until it is stopped, in a folder of its own.
class running_engine {
public:
  explicit running_engine(const std::string& plan = "{\"fault\":\"slow\",\"ms\":5}\n",
                          std::vector<std::string> more = {}) {
    write_file(folder / "plan.jsonl", plan);
    std::vector<std::string> args{binary(), "broadcast", "--dj", "julie", "--duration", "200000", "--seed", "5",
                                  "--enable-validation", "--progress", "none", "--disk-floor", "0", "--segment-files", "off",
                                  "--output", output().string(), "--run-id", "attacked", "--resume",
                                  "--fault-plan", (folder / "plan.jsonl").string()};
    args.insert(args.end(), more.begin(), more.end());
    engine = std::make_unique<process>(args, folder / "log");
    for (int i = 0; i < 400 && status_of(ask(get_request("/v1/runs/attacked"))) != 200; ++i)
      if (engine->wait_for(50)) throw std::runtime_error("the engine ended: " + read_file(folder / "log"));
  }

  fs::path output() const { return folder / "out"; }
  fs::path socket() const { return output() / ".longwave" / "control.sock"; }

  /// One request on a connection of its own.
  std::string ask(const std::string& request) const {
    raw_client client(socket());
    if (!client.connected() || !client.send(request)) return {};
    return client.answer();
  }
  nlohmann::json status() const {
    const auto answer = ask(get_request("/v1/runs/attacked"));
    const auto body = answer.find("\r\n\r\n");
    return body == std::string::npos ? nlohmann::json() : nlohmann::json::parse(answer.substr(body + 4), nullptr, false);
  }
  std::uint64_t done() const {
    const auto s = status();
    return s.is_object() ? s["progress"]["segments_done"].get<std::uint64_t>() : 0;
  }
  /// Waits until the run has committed `n` more segments; false when it does not within a minute.
  bool goes_on(std::uint64_t n = 3) {
    const auto from = done();
    for (int i = 0; i < 1'200; ++i) {
      if (done() >= from + n) return true;
      if (engine->wait_for(50)) return false;
    }
    return false;
  }
  /// A line of /proc/<pid>/status, in its own unit.
  long of_process(const std::string& name) const {
    std::istringstream in(read_file("/proc/" + std::to_string(engine->pid()) + "/status"));
    for (std::string line; std::getline(in, line);)
      if (line.starts_with(name + ":")) return std::atol(line.c_str() + name.size() + 1);
    return -1;
  }
  long open_files() const {
    long n = 0;
    std::error_code ec;
    for (fs::directory_iterator it("/proc/" + std::to_string(engine->pid()) + "/fd", ec), end; !ec && it != end; it.increment(ec)) ++n;
    return n;
  }
  /// Ends the run in order and recounts everything.
  process_end stop_and_verify() {
    engine->send(SIGTERM);
    const auto end = engine->wait_for(60'000);
    if (!end || *end != process_end{0, 0}) return end.value_or(process_end{});
    return run({"verify", output().string()}, folder / "verify.log");
  }

  scratch_folder folder;
  std::unique_ptr<process> engine;
};

} // namespace longwave::tests
