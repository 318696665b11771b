// The HTTP client: addresses, cancelling from any side, many calls at once, TLS, names.
#include "actors/generator/backends/http.hpp"

#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/tls_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

http_url url_of(const std::string& text) {
  auto url = parse_http_url(text);
  if (!url) FAIL(to_string(url.error()));
  return url.value();
}

http_request trial_request() {
  http_request request;
  request.target = "/v1/chat/completions";
  request.body = R"({"model":"trial","stream":true})";
  return request;
}

struct fetched {
  http_result result;
  std::string body;
};

fetched fetch(http_client& client, const std::string& url, const http_limits& limits = {}) {
  auto body = std::make_shared<std::string>();
  auto promise = std::make_shared<std::promise<http_result>>();
  auto future = promise->get_future();
  client.start(url_of(url), trial_request(), limits,
               [body](std::string_view piece, std::int64_t) { body->append(piece); return body_wish::more; },
               [promise](http_result result) { promise->set_value(std::move(result)); });
  if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) throw std::runtime_error("no end");
  return {future.get(), *body};
}

/// Sets an environment variable for the life of the object.
class environment {
public:
  environment(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~environment() { ::unsetenv(name_); }

private:
  const char* name_;
};

} // namespace

TEST_CASE("http: an answer beyond the limit is refused, and no more than the limit handed on") {
  const std::string large(45'000, 'x');
  loopback_server server([&](const seen_request&) { return scripted_answer{200, large}; });
  http_client client;
  http_limits limits;
  limits.body_limit = 10'000;
  const auto refused = fetch(client, server.url(), limits);
  CHECK(refused.result.end == http_end::too_large);
  CHECK(refused.body.size() <= limits.body_limit);
  limits.body_limit = large.size();
  const auto taken = fetch(client, server.url(), limits);
  CHECK(taken.result.end == http_end::complete);
  CHECK(taken.body == large);
}

// Beast takes a Content-Length for too large when the head comes alone and no limit was set: error bodies of servers that send
// head and body apart were lost, and with them the reason.
TEST_CASE("http: a response is the same wherever it is cut on its way") {
  const std::string text = R"({"error":{"message":"the quota is used up","type":"insufficient_quota"}})";
  const auto chunk = [](std::string_view piece) {
    char size[8];
    std::snprintf(size, sizeof size, "%zx", piece.size());
    return std::string(size) + "\r\n" + std::string(piece) + "\r\n";
  };
  const std::string length = "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  const std::vector<std::string> responses{
    "HTTP/1.1 429 X\r\nRetry-After: 7\r\n" + length,
    "HTTP/1.1 200 OK\r\n" + length,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + length,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(text.substr(0, 9)) + chunk(text.substr(9)) + "0\r\n\r\n",
    "HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(text) + "0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\n" + text,
  };
  std::atomic<std::size_t> which = 0, cut = 0;
  loopback_server server([&](const seen_request&) { return scripted_answer{200, "", responses[which], cut}; });
  http_client client;
  for (which = 0; which < responses.size(); ++which)
    for (cut = 0; cut < responses[which].size(); ++cut) {
      INFO(responses[which].substr(0, cut) << "|" << responses[which].substr(cut));
      const auto got = fetch(client, server.url());
      REQUIRE(got.result.end == http_end::complete);
      REQUIRE(got.result.detail.empty());
      REQUIRE((got.result.head.status == 200 ? got.body : got.result.error_body) == text);
      REQUIRE(got.result.head.retry_after == (got.result.head.status == 429 ? "7" : ""));
    }
}

TEST_CASE("http: addresses") {
  struct row { const char* text; const char* normal; };
  const row good[] = {
    {"http://localhost", "http://localhost"},
    {"http://localhost:80/", "http://localhost"},
    {"HTTP://localhost:11434", "http://localhost:11434"},
    {"https://api.example.org/v1/", "https://api.example.org/v1"},
    {"https://api.example.org:443", "https://api.example.org"},
    {"https://api.example.org:80", "https://api.example.org:80"},
    {"http://[::1]:8080/v1", "http://[::1]:8080/v1"},
    {"http://[2001:db8::7]", "http://[2001:db8::7]"},
    {"http://127.0.0.1:1/a/b//", "http://127.0.0.1:1/a/b"},
    {"http://my_box-2:65535", "http://my_box-2:65535"},
  };
  for (const auto& r : good) {
    INFO(r.text);
    auto url = parse_http_url(r.text);
    REQUIRE(url);
    CHECK(url.value().str() == r.normal);
  }
  for (const char* bad : {"", "localhost:11434", "ftp://x", "http://", "http:///v1", "http://:80", "http://x:", "http://x:0",
                          "http://x:65536", "http://x:12a", "http://x:-1", "http://::1:80", "http://[::1", "http://[zz]",
                          "http://[::1]x", "http://[::1]:", "http://user:key@host", "http://host?x=1", "http://host#f",
                          "http://ho st", "http://host/\r\nx", "http://h\xc3\xb6st", "http://h|st"}) {
    INFO(bad);
    auto url = parse_http_url(bad);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == error_code::bad_config);
  }
}

TEST_CASE("http: a name that does not exist and a host that is not reachable") {
  http_client client;
  http_limits limits;
  limits.connect_timeout_ms = 1'500;
  const auto lost = fetch(client, "http://no-such-host.invalid:1", limits);
  CHECK((lost.result.end == http_end::unreachable || lost.result.end == http_end::connect_timeout));
  CHECK(lost.result.took_ms < 3'000);
}

TEST_CASE("http: names and IPv6 addresses") {
  http_client client;
  fault_server four({});
  const auto named = fetch(client, four.url("localhost"));
  CHECK(named.result.end == http_end::complete);
  CHECK(named.body.find("[DONE]") != std::string::npos);
  std::unique_ptr<fault_server> six;
  try {
    six = std::make_unique<fault_server>(std::vector<std::string>{"--host", "::1"});
  } catch (const std::runtime_error&) {
    WARN("no IPv6 loopback here");
    return;
  }
  CHECK(fetch(client, six->url("[::1]")).result.end == http_end::complete);
}

TEST_CASE("http: the head is bounded, redirects and error bodies are handed on") {
  http_client client;
  {
    fault_server server({"--default", "bighead"});
    CHECK(fetch(client, server.url()).result.end == http_end::bad_reply);
  }
  {
    fault_server server({"--default", "redirect"});
    const auto moved = fetch(client, server.url());
    CHECK(moved.result.end == http_end::complete);
    CHECK(moved.result.head.status == 302);
    CHECK(moved.result.head.location == "http://127.0.0.1:1/other");
    CHECK(moved.result.error_body == "moved");
    CHECK(moved.body.empty());
    CHECK(server.logged("request").size() == 1);
  }
  {
    fault_server server({"--default", "http429", "--retry-after", "7"});
    CHECK(fetch(client, server.url()).result.head.retry_after == "7");
  }
}

TEST_CASE("http: a cancel from another thread closes the connection and ends the call once") {
  for (const char* kind : {"hang", "hanghead", "stall", "drip:50"}) {
    INFO(kind);
    fault_server server({"--default", kind});
    http_client client;
    std::atomic<int> ends{0};
    std::promise<http_result> promise;
    auto future = promise.get_future();
    const auto call = client.start(url_of(server.url()), trial_request(), {},
                                   [](std::string_view, std::int64_t) { return body_wish::more; },
                                   [&](http_result result) { ++ends; promise.set_value(std::move(result)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    CHECK(ends == 0);
    const auto before = std::chrono::steady_clock::now();
    std::thread([call] { call->cancel(); }).join();
    call->cancel();
    REQUIRE(future.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
    CHECK(ms_since(before) < 300);
    CHECK(future.get().end == http_end::cancelled);
    call->cancel();
    for (int i = 0; i < 100 && server.logged("end").empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    REQUIRE(server.logged("end").size() == 1);
    CHECK(server.logged("end")[0]["peer_left"] == true);
    CHECK(ends == 1);
    client.shutdown();
    call->cancel();
    CHECK(ends == 1);
  }
}

TEST_CASE("http: shutting down ends all calls and later ones at once") {
  fault_server server({"--default", "hang"});
  std::atomic<int> cancelled{0};
  const auto count = [&](http_result result) { cancelled += result.end == http_end::cancelled; };
  const auto more = [](std::string_view, std::int64_t) { return body_wish::more; };
  std::shared_ptr<http_call> last;
  {
    http_client client;
    for (int i = 0; i < 50; ++i) last = client.start(url_of(server.url()), trial_request(), {}, more, count);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    // A look-up that nobody can stop must not hold the end up.
    client.start(url_of("http://no-such-host.invalid:1"), trial_request(), {}, more, count);
    const auto before = std::chrono::steady_clock::now();
    client.shutdown();
    CHECK(ms_since(before) < 1'000);
    CHECK(cancelled >= 50);
    const int so_far = cancelled;
    CHECK(client.start(url_of(server.url()), trial_request(), {}, more, count) == nullptr);
    CHECK(cancelled == so_far + 1);
  }
  last->cancel();
}

TEST_CASE("http: a hundred calls at once, some of them cancelled, each end exactly once") {
  fault_server server({"--token-delay", "5"});
  constexpr int calls = 100;
  std::vector<std::atomic<int>> ends(calls);
  std::atomic<int> complete{0}, cancelled{0};
  std::vector<std::shared_ptr<http_call>> handles;
  http_client client;
  for (int i = 0; i < calls; ++i) {
    handles.push_back(client.start(url_of(server.url()), trial_request(), {},
                                   [](std::string_view, std::int64_t) { return body_wish::more; },
                                   [&, i](http_result result) {
                                     ++ends[static_cast<std::size_t>(i)];
                                     complete += result.end == http_end::complete;
                                     cancelled += result.end == http_end::cancelled;
                                   }));
    if (i % 3 == 0) handles.back()->cancel();
  }
  for (int i = 0; i < 1000 && complete + cancelled < calls; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(complete + cancelled == calls);
  CHECK(complete == 66);
  for (const auto& n : ends) CHECK(n == 1);
}

TEST_CASE("http: a backend may be destroyed in mid-call, also by its own answer") {
  fault_server hanging({"--default", "hang"});
  {
    trial_answer one, two;
    auto made = make_openai_backend(trial_options(hanging.url()));
    const auto a = made.value()->start(trial_call(), one.function());
    const auto b = made.value()->start(trial_call(), two.function());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    made.value().reset();
    CHECK(one.wait().answer.outcome == outcome_class::interrupted);
    CHECK(two.wait().answer.outcome == outcome_class::interrupted);
    a->cancel();
  }
  fault_server sound({});
  auto owner = std::make_shared<std::unique_ptr<backend>>(std::move(make_ollama_backend(trial_options(sound.url())).value()));
  std::promise<outcome_class> promise;
  auto future = promise.get_future();
  (*owner)->start(trial_call(), [owner, &promise](draft answer) {
    owner->reset();
    promise.set_value(answer.outcome);
  });
  REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(future.get() == outcome_class::ok);
}

TEST_CASE("http: a cancelled backend call is interrupted") {
  fault_server server({"--token-delay", "50"});
  auto made = make_openai_backend(trial_options(server.url()));
  trial_answer answer;
  const auto handle = made.value()->start(trial_call(), answer.function());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  handle->cancel();
  handle->cancel();
  const auto result = answer.wait();
  CHECK(result.answer.outcome == outcome_class::interrupted);
  CHECK(result.ms < 600);
  CHECK(server.logged("request").size() == 1);
}

TEST_CASE("http: TLS is checked against the trusted certificates and the host name") {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  tls_server server("IP:127.0.0.1,DNS:localhost", good);
  tls_server other("DNS:elsewhere.example", good);
  const std::string port = std::to_string(server.port());
  http_client untrusting;
  const auto refused = fetch(untrusting, "https://127.0.0.1:" + port);
  CHECK(refused.result.end == http_end::untrusted);
  char path[] = "/tmp/longwave-cert-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  ::close(fd);
  server.write_certificate(path);
  {
    const environment trust("SSL_CERT_FILE", path);
    http_client client;
    const auto by_address = fetch(client, "https://127.0.0.1:" + port);
    INFO(by_address.result.detail);
    CHECK(by_address.result.end == http_end::complete);
    CHECK(by_address.body == "hello");
    CHECK(fetch(client, "https://localhost:" + port).body == "hello");
    CHECK(fetch(client, "https://127.0.0.1:" + std::to_string(other.port())).result.end == http_end::untrusted);
  }
  other.write_certificate(path);
  {
    const environment trust("SSL_CERT_FILE", path);
    http_client client;
    const auto wrong_host = fetch(client, "https://127.0.0.1:" + std::to_string(other.port()));
    INFO(wrong_host.result.detail);
    CHECK(wrong_host.result.end == http_end::untrusted);
  }
  ::unlink(path);
}

TEST_CASE("http: TLS spoken to a plain server fails soundly and in time") {
  fault_server server({});
  http_client client;
  http_limits limits;
  limits.connect_timeout_ms = 500;
  const auto result = fetch(client, "https://127.0.0.1:" + std::to_string(server.port()), limits).result;
  CHECK((result.end == http_end::tls || result.end == http_end::connect_timeout));
  CHECK(result.took_ms < 2'000);
}
