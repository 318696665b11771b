// A real control server on a temporary socket, and clients that behave badly (reliability E2).
#include "cli/control_server.hpp"

#include "cli/control_client.hpp"
#include "cli/place.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

using namespace longwave;
using namespace longwave::cli;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

/// Long enough for a loaded machine; nothing waits this long when all is well.
constexpr int patience_ms = 20'000;

/// Answers with method, target and length of the body; "/hold" is kept unanswered, "/throw" throws.
class echo {
public:
  void operator()(http_question q, reply_to_question reply) {
    ++count;
    if (q.target == "/throw") throw std::runtime_error("no");
    if (q.target == "/hold") {
      const std::lock_guard guard(mutex);
      held.push_back(std::move(reply));
      return;
    }
    http_reply r;
    r.content_type = "text/plain";
    r.body = q.method + " " + q.target + " " + std::to_string(q.body.size());
    reply(r);
    reply(r); // a second answer is nobody's
  }
  std::vector<reply_to_question> take_held() {
    const std::lock_guard guard(mutex);
    return std::exchange(held, {});
  }

  std::atomic<int> count{0};
  std::mutex mutex;
  std::vector<reply_to_question> held;
};

struct trial {
  explicit trial(const std::function<void(server_options&)>& change = {}) {
    char name[] = "/tmp/longwave-server-XXXXXX";
    options.data_dir = ::mkdtemp(name);
    options.limits.requests_per_pace = 1'000'000;
    if (change) change(options);
    start();
  }
  ~trial() {
    server.reset();
    fs::remove_all(options.data_dir);
  }
  void start() {
    auto started = control_server::start(
      options, [this](http_question q, reply_to_question r) { answers(std::move(q), std::move(r)); });
    REQUIRE(started);
    server = std::move(started.value());
  }

  server_options options;
  echo answers;
  std::unique_ptr<control_server> server;
};

/// A raw connection.
class client {
public:
  explicit client(const fs::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  explicit client(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~client() { ::close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// False when the other side has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Waits for more; false at the end of the stream.
  bool receive(int timeout_ms = patience_ms) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, timeout_ms) <= 0) FAIL("nothing came in time");
    char piece[65'536];
    const auto got = ::recv(fd_, piece, sizeof piece, 0);
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  }
  bool silent_for(int ms) const {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, ms) == 0;
  }
  void until_closed() {
    while (receive()) {}
  }
  void until(std::string_view what) {
    while (text.find(what) == std::string::npos)
      if (!receive()) FAIL("closed before: " << what << ", came: " << text);
  }
  int status() const { return text.size() > 12 ? std::atoi(text.c_str() + 9) : 0; }

  std::string text;

private:
  int fd_ = -1;
};

/// What one request on a connection of its own is answered with; the server closes by itself or is asked to.
int status_of(client& c, std::string_view request) {
  c.send(request);
  c.until_closed();
  return c.status();
}
int status_of(const trial& t, std::string_view request) {
  client c(t.server->socket());
  return status_of(c, request);
}

bool becomes(const std::function<bool()>& true_now) {
  const auto end = std::chrono::steady_clock::now() + milliseconds(patience_ms);
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

std::size_t times(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string last_get = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

} // namespace

TEST_CASE("control server: the socket is the owner's alone, and goes with the server") {
  trial t;
  struct stat found {};
  REQUIRE(::lstat(t.server->socket().c_str(), &found) == 0);
  CHECK(S_ISSOCK(found.st_mode));
  CHECK((found.st_mode & 0777) == 0600);
  const auto path = t.server->socket();
  CHECK(path == t.options.data_dir / "control.sock");
  t.server.reset();
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("control server: a dead engine's socket is replaced, another file is not") {
  trial t;
  const auto path = t.server->socket();
  t.server.reset();
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(left);
  t.start();
  CHECK(status_of(t, last_get) == 200);
  t.server.reset();
  std::ofstream(path) << "not a socket";
  CHECK_FALSE(control_server::start(t.options, [](http_question, reply_to_question) {}));
  CHECK(fs::file_size(path) == 12);
}

TEST_CASE("control server: a long folder gets a short socket that control.path names") {
  trial t([](server_options& o) {
    o.data_dir /= std::string(60, 'a');
    o.data_dir /= std::string(60, 'b');
    fs::create_directories(o.data_dir);
  });
  place p;
  p.data_dir = t.options.data_dir;
  CHECK(t.server->socket().native().size() < 100);
  CHECK(p.socket() == t.server->socket());
  const auto answer = ask_engine(p, "POST", "/x", "{}");
  REQUIRE(answer);
  CHECK(answer.value().body == "POST /x 2");
  t.server.reset();
  CHECK_FALSE(fs::exists(p.data_dir / "control.path"));
  fs::remove_all(t.options.data_dir.parent_path().parent_path());
}

TEST_CASE("control server: the client gets answers and clear failures") {
  trial t;
  auto answer = ask_socket(t.server->socket(), "GET", "/v1/status");
  REQUIRE(answer);
  CHECK(answer.value().status == 200);
  CHECK(answer.value().content_type == "text/plain");
  CHECK(answer.value().body == "GET /v1/status 0");
  answer = ask_socket(t.server->socket(), "GET", "/hold", {}, 100);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == longwave::error_code::io_failed);
  answer = ask_socket(t.options.data_dir / "nothing.sock", "GET", "/");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == longwave::error_code::not_found);
}

TEST_CASE("control server: requests on one connection are answered in order") {
  trial t;
  client c(t.server->socket());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread sender([&] { c.send(requests + last_get); });
  c.until_closed();
  sender.join();
  CHECK(times(c.text, "HTTP/1.1 200 OK") == 501);
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    const auto here = c.text.find("GET /" + std::to_string(i) + " 0", at);
    REQUIRE(here != std::string::npos);
    at = here;
  }
}

TEST_CASE("control server: a flood is slowed down, a newcomer is not") {
  trial t([](server_options& o) {
    o.limits.requests_per_pace = 10;
    o.limits.pace = milliseconds(200);
  });
  client flood(t.server->socket());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get;
  flood.send(requests);
  flood.until("200 OK");
  CHECK(status_of(t, last_get) == 200);
  CHECK(t.answers.count.load() < 60);
  while (times(flood.text, "200 OK") < 100) REQUIRE(flood.receive());
}

TEST_CASE("control server: what is no request is refused") {
  trial t;
  const std::string host = "Host: x\r\n", post = "POST /a HTTP/1.1\r\n" + host;
  const std::pair<std::string, int> cases[] = {
    {std::string("\x00\x01\xff\xfe garbage \r\n\r\n", 17), 400},
    {"GET  /a HTTP/1.1\r\n" + host + "\r\n", 400},
    {"GET /a HTTP/1.1\r\n\r\n", 400},
    {"GET /a HTTP/1.1\r\n" + host + host + "\r\n", 400},
    {"GET /a HTTP/2.0\r\n" + host + "\r\n", 505},
    {"GET /a HTTP/1.1\r\n" + host + "Bad Name: x\r\n\r\n", 400},
    {post + "Content-Length: -1\r\n\r\n", 400},
    {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
    {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
    {post + "Transfer-Encoding: identity\r\n\r\n", 501},
    {post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400},
    {post + "Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}", 417},
    {"GET /a HTTP/1.1\r\n" + host + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
    {"GET /" + std::string(200'000, 'x') + " HTTP/1.1\r\n" + host + "\r\n", 431},
    {post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x'), 431},
  };
  for (const auto& [request, status] : cases) {
    INFO(request.substr(0, 100));
    CHECK(status_of(t, request) == status);
  }
  CHECK(t.answers.count.load() == 0);
  CHECK(status_of(t, last_get) == 200);
}

TEST_CASE("control server: too large a body is refused from the header alone") {
  trial t([](server_options& o) { o.limits.body_bytes = 1'000; });
  const std::string post = "POST /a HTTP/1.1\r\nHost: x\r\n";
  CHECK(status_of(t, post + "Content-Length: 1001\r\n\r\n") == 413);
  CHECK(status_of(t, post + "Content-Length: 1000000000000\r\nExpect: 100-continue\r\n\r\n") == 413);
  client asked(t.server->socket());
  asked.send(post + "Content-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  asked.until("HTTP/1.1 100 Continue\r\n\r\n");
  asked.send("abcd");
  asked.until_closed();
  CHECK(asked.text.find("POST /a 4") != std::string::npos);
  std::string chunks = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; ++i) chunks += "a\r\n0123456789\r\n";
  CHECK(status_of(t, chunks + "0\r\n\r\n") == 413);
  CHECK(status_of(t, post + "Connection: close\r\nContent-Length: 1000\r\n\r\n" + std::string(1'000, 'x')) == 200);
}

TEST_CASE("control server: bodies on their way in share a budget") {
  trial t([](server_options& o) {
    o.limits.body_bytes = 1'000;
    o.limits.inbound_bytes = 2'500;
  });
  const std::string post = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
  client first(t.server->socket()), second(t.server->socket());
  first.send(post);
  first.until("100 Continue");
  second.send(post);
  second.until("100 Continue");
  CHECK(status_of(t, post) == 503);
  first.send(std::string(1'000, 'x'));
  first.until("POST /a 1000");
  client third(t.server->socket());
  third.send(post);
  third.until("100 Continue");
}

TEST_CASE("control server: slow requests and idle connections end") {
  trial t([](server_options& o) {
    o.limits.request = milliseconds(300);
    o.limits.idle = milliseconds(300);
  });
  for (const char* part : {"", "G", "GET /a HTTP/1.1\r\nHos",
                           "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
                           "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    client slow(t.server->socket());
    slow.send(part);
    slow.until_closed();
    CHECK(slow.status() != 200);
  }
  // A byte now and then does not extend the time.
  client drip(t.server->socket());
  bool open = true;
  for (int i = 0; i < 1'000 && open; ++i) {
    open = drip.send("G");
    if (open && !drip.silent_for(20)) open = drip.receive();
  }
  CHECK_FALSE(open);
  CHECK(becomes([&] { return t.server->connections() == 0; }));
}

TEST_CASE("control server: when it is full the longest idle connection makes room") {
  trial t([](server_options& o) { o.limits.connections = 20; });
  client busy(t.server->socket());
  busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(becomes([&] { return t.answers.count.load() == 1; }));
  std::vector<std::unique_ptr<client>> idle;
  for (int i = 0; i < 19; ++i) {
    idle.push_back(std::make_unique<client>(t.server->socket()));
    REQUIRE(becomes([&] { return t.server->connections() == static_cast<std::size_t>(i + 2); }));
  }
  idle[0]->send(get); // no longer the longest idle one
  idle[0]->until("GET /a 0");
  client newcomer(t.server->socket());
  newcomer.send(get);
  newcomer.until("GET /a 0");
  idle[1]->until_closed();
  CHECK(t.server->connections() == 20);
  CHECK(idle[0]->silent_for(50));
  CHECK(idle[2]->silent_for(50));
  for (auto& reply : t.answers.take_held()) reply({});
  busy.until("200 OK");
}

TEST_CASE("control server: a hundred idle connections cost nobody an answer") {
  trial t;
  std::vector<std::unique_ptr<client>> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<client>(t.server->socket()));
  for (int i = 0; i < 50; ++i) REQUIRE(status_of(t, last_get) == 200);
  for (auto& c : idle) c->send(get);
  for (auto& c : idle) c->until("GET /a 0");
}

TEST_CASE("control server: an engine that does not answer is reported, a late answer goes nowhere") {
  trial t([](server_options& o) { o.limits.answer = milliseconds(100); });
  client c(t.server->socket());
  c.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  c.until("503 Service Unavailable");
  for (auto& reply : t.answers.take_held()) reply({200, "text/plain", "late", {}});
  c.send(last_get);
  c.until_closed();
  CHECK(c.text.find("GET /last 0") != std::string::npos);
  CHECK(c.text.find("late") == std::string::npos);
  CHECK(status_of(t, "GET /throw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == 500);
}

TEST_CASE("control server: answers may come from other threads and after the end") {
  std::vector<reply_to_question> late;
  {
    trial t([](server_options& o) { o.limits.farewell = milliseconds(100); });
    client c(t.server->socket()), forgotten(t.server->socket());
    c.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(becomes([&] { return t.answers.count.load() == 1; }));
    auto replies = t.answers.take_held();
    std::thread([&] { replies.at(0)({200, "text/plain", "from afar", {}}); }).join();
    c.until("from afar");
    forgotten.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(becomes([&] { return t.answers.count.load() == 2; }));
    late = t.answers.take_held();
    t.server.reset();
    forgotten.until_closed();
  }
  late.at(0)({});
}

namespace {

/// Answers from a thread of its own, again and again, until it is destroyed; counts how many of its kind live.
class answering_thread {
public:
  explicit answering_thread(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~answering_thread() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
    --alive_;
  }
  void operator()(const http_question&, const reply_to_question& reply) {
    if (thread_.joinable()) return;
    thread_ = std::thread([this, reply] {
      while (!ending_) reply({200, "text/plain", "again", {}, {}});
    });
  }

private:
  std::atomic<int>& alive_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

} // namespace

TEST_CASE("control server: a route that is in the middle of an answer ends with the server, on the thread that ends it") {
  std::atomic<int> alive{0};
  for (int i = 0; i < 100; ++i) {
    trial t;
    t.server.reset();
    auto route = std::make_shared<answering_thread>(alive);
    auto started = control_server::start(t.options, [route](http_question q, reply_to_question r) { (*route)(q, r); });
    REQUIRE(started);
    route.reset();
    client c(started.value()->socket());
    c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    c.until("again");
    started.value().reset();
    REQUIRE(alive == 0);
  }
}

TEST_CASE("control server: HEAD has no body, HTTP/1.0 ends the connection") {
  trial t;
  client head(t.server->socket());
  head.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + last_get);
  head.until_closed();
  CHECK(head.text.find("HEAD /a") == std::string::npos);
  CHECK(head.text.find("Content-Length: 9") != std::string::npos);
  CHECK(head.text.find("GET /last 0") != std::string::npos);
  CHECK(status_of(t, "GET /a HTTP/1.0\r\n\r\n") == 200);
}

TEST_CASE("control server: on TCP browsers and foreign names are kept out") {
  trial t([](server_options& o) { o.listen = "127.0.0.1:0"; });
  const auto port = t.server->tcp_port();
  REQUIRE(port != 0);
  auto ask = [&](const std::string& headers) {
    client c(port);
    return status_of(c, "GET /a HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n");
  };
  const auto here = "127.0.0.1:" + std::to_string(port);
  CHECK(ask("Host: " + here + "\r\n") == 200);
  CHECK(ask("Host: localhost\r\n") == 200);
  CHECK(ask("Host: [::1]:80\r\n") == 200);
  CHECK(ask("") == 400);
  CHECK(ask("Host: evil.example\r\n") == 403);
  CHECK(ask("Host: 127.0.0.1.evil.example\r\n") == 403);
  CHECK(ask("Host: \r\n") == 403);
  CHECK(ask("Host: " + here + "\r\nOrigin: http://" + here + "\r\n") == 200);
  CHECK(ask("Host: " + here + "\r\nOrigin: http://evil.example\r\n") == 403);
  CHECK(ask("Host: " + here + "\r\nOrigin: null\r\n") == 403);
}

TEST_CASE("control server: a token is asked for on TCP alone, and must fit") {
  trial t([](server_options& o) {
    o.listen = "127.0.0.1:0";
    o.token = "sesame-1234";
  });
  auto ask = [&](const std::string& headers) {
    client c(t.server->tcp_port());
    return status_of(c, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
  };
  CHECK(ask("Authorization: Bearer sesame-1234\r\n") == 200);
  CHECK(ask("Authorization: bearer sesame-1234\r\n") == 200);
  for (const char* wrong : {"", "Authorization: Bearer \r\n", "Authorization: Bearer sesame-123\r\n",
                            "Authorization: Bearer sesame-1234x\r\n", "Authorization: Bearer Sesame-1234\r\n",
                            "Authorization: Basic sesame-1234\r\n", "Authorization: sesame-1234\r\n"})
    CHECK(ask(wrong) == 401);
  CHECK(status_of(t, last_get) == 200);
}

TEST_CASE("control server: without the token only the page that asks for it is answered, and 401 says how") {
  trial t([](server_options& o) {
    o.listen = "127.0.0.1:0";
    o.token = "sesame-1234";
    o.open_path = "/";
  });
  auto ask = [&](const std::string& request) {
    client c(t.server->tcp_port());
    c.send(request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    c.until_closed();
    return c.text;
  };
  CHECK(ask("GET /").rfind("HTTP/1.1 200", 0) == 0);
  CHECK(ask("HEAD /").rfind("HTTP/1.1 200", 0) == 0);
  for (const char* other : {"POST /", "GET //", "GET /?a=1", "GET /v1/status", "GET /metrics", "DELETE /"}) {
    const auto refused = ask(other);
    CHECK(refused.rfind("HTTP/1.1 401", 0) == 0);
    CHECK(refused.find("WWW-Authenticate: Bearer realm=\"longwave\"") != std::string::npos);
    CHECK(refused.find("application/problem+json") != std::string::npos);
  }
}

TEST_CASE("control server: no answer allows another site to read it") {
  trial t([](server_options& o) { o.listen = "127.0.0.1:0"; });
  client c(t.server->tcp_port());
  const auto here = "127.0.0.1:" + std::to_string(t.server->tcp_port());
  c.send("OPTIONS /a HTTP/1.1\r\nHost: " + here + "\r\nOrigin: http://" + here +
         "\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n");
  c.until_closed();
  CHECK(c.text.find("Access-Control") == std::string::npos);
}

TEST_CASE("control server: addresses that cannot be listened on") {
  trial t;
  auto code = [&](const std::string& listen) {
    server_options o = t.options;
    o.listen = listen;
    const auto started = control_server::start(o, [](http_question, reply_to_question) {});
    return started ? longwave::error_code::internal : started.error().code;
  };
  for (const char* listen : {"8080", "example.com:80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":", "0.0.0.0:0",
                             "[::]:0"})
    CHECK(code(listen) == longwave::error_code::bad_usage);
  CHECK(status_of(t, last_get) == 200);
}

TEST_CASE("control server: a token file is one private line") {
  char name[] = "/tmp/longwave-token-XXXXXX";
  const fs::path folder = ::mkdtemp(name);
  auto read = [&](const std::string& text, unsigned mode) {
    std::ofstream(folder / "token") << text;
    ::chmod((folder / "token").c_str(), mode);
    return check_listen("127.0.0.1:0", folder / "token");
  };
  CHECK(read("sesame\n", 0600).value() == "sesame");
  CHECK(read("sesame", 0400).value() == "sesame");
  ::chmod((folder / "token").c_str(), 0600);
  for (const auto& [text, mode] : {std::pair<std::string, unsigned>{"sesame\n", 0640}, {"sesame\n", 0604}, {"", 0600},
                                   {"\n", 0600}, {"a\nb\n", 0600}}) {
    const auto got = read(text, mode);
    ::chmod((folder / "token").c_str(), 0600);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == longwave::error_code::bad_config);
  }
  CHECK(check_listen("127.0.0.1:0", folder / "nothing").error().code == longwave::error_code::bad_config);
  // A pipe would hold the start up for ever.
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(check_listen("127.0.0.1:0", folder / "pipe").error().code == longwave::error_code::bad_config);
  CHECK(check_listen("", folder / "token").error().code == longwave::error_code::bad_usage);
  CHECK(check_listen("0.0.0.0:0", "").error().code == longwave::error_code::bad_usage);
  CHECK(check_listen("", "").value().empty());
  std::ofstream(folder / "token") << "sesame\n";
  CHECK(check_listen("0.0.0.0:0", folder / "token").value() == "sesame");
  fs::remove_all(folder);
}
