// The API on TCP by the real binary: token, foreign pages, metrics that only rise, the dashboard, warnings as events.
#include "tests/support/running_engine.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>

using namespace longwave::tests;

namespace {

/// One request over TCP; the whole answer.
std::string over_tcp(std::uint16_t port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string got;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[64 * 1024];
    for (;;) {
      pollfd ready{fd, POLLIN, 0};
      if (::poll(&ready, 1, 20'000) <= 0) break;
      const auto n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      got.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  return got;
}

std::uint16_t port_of(const running_engine& e) {
  const auto log = read_file(e.folder / "log");
  const auto at = log.find("listening on http://");
  REQUIRE(at != std::string::npos);
  return static_cast<std::uint16_t>(std::atoi(log.c_str() + log.find(':', at + 20) + 1));
}

std::string get(const std::string& target, const std::string& host, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more + "\r\n";
}

std::map<std::string, double> samples_of(const std::string& answer) {
  std::map<std::string, double> samples;
  std::istringstream in(answer.substr(answer.find("\r\n\r\n") + 4));
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#') samples[line.substr(0, line.rfind(' '))] = std::stod(line.substr(line.rfind(' ') + 1));
  return samples;
}

} // namespace

TEST_CASE("api: with a token file TCP asks for it on every route but the page; the socket does not") {
  scratch_folder folder;
  write_file(folder / "token", "sesame-1234\n");
  ::chmod((folder / "token").c_str(), 0600);
  running_engine e("{\"fault\":\"slow\",\"ms\":5}\n", {"--listen", "127.0.0.1:0", "--token-file", (folder / "token").string()});
  const auto port = port_of(e);
  for (const char* target : {"/v1/status", "/v1/runs", "/metrics", "/v1/events?follow=false", "/v1/openapi.json", "/nothing"}) {
    INFO(target);
    const auto refused = over_tcp(port, get(target, "x"));
    CHECK(status_of(refused) == 401);
    CHECK(refused.find("WWW-Authenticate: Bearer") != std::string::npos);
    CHECK(refused.find("application/problem+json") != std::string::npos);
    CHECK(refused.find("sesame") == std::string::npos);
    CHECK(status_of(over_tcp(port, get(target, "x", "Authorization: Bearer sesame-1234\r\n"))) == (target == std::string("/nothing") ? 404 : 200));
  }
  CHECK(status_of(over_tcp(port, get("/", "x"))) == 200);
  CHECK(status_of(e.ask(get_request("/v1/status"))) == 200);
  CHECK(read_file(e.folder / "log").find("sesame") == std::string::npos);
  CHECK(read_file(e.output() / "logs/longwave.log").find("sesame") == std::string::npos);
}

TEST_CASE("api: without a token only loopback is listened on, and pages of other sites are kept out") {
  running_engine e("{\"fault\":\"slow\",\"ms\":5}\n", {"--listen", "127.0.0.1:0"});
  const auto port = port_of(e);
  const auto here = "127.0.0.1:" + std::to_string(port);
  CHECK(status_of(over_tcp(port, get("/v1/status", here))) == 200);
  CHECK(status_of(over_tcp(port, get("/v1/status", "rebound.example"))) == 403);
  CHECK(status_of(over_tcp(port, get("/", "rebound.example"))) == 403);
  CHECK(status_of(over_tcp(port, get("/v1/status", here, "Origin: http://other.example\r\n"))) == 403);
  const auto page = over_tcp(port, get("/", here));
  CHECK(page.find("Content-Security-Policy: default-src 'none'") != std::string::npos);
  CHECK(page.find("Access-Control") == std::string::npos);
}

TEST_CASE("api: addresses and token files that cannot be used end before anything is made") {
  scratch_folder folder;
  write_file(folder / "open", "sesame\n");
  ::chmod((folder / "open").c_str(), 0644);
  const auto output = folder / "out";
  const auto start = [&](std::vector<std::string> more) {
    std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "2", "--progress", "none", "--output", output.string()};
    args.insert(args.end(), more.begin(), more.end());
    return run(args, folder / "log");
  };
  CHECK(start({"--listen", "0.0.0.0:0"}) == process_end{64, 0});
  CHECK(start({"--listen", "nowhere"}) == process_end{64, 0});
  CHECK(start({"--token-file", (folder / "open").string()}) == process_end{64, 0});
  CHECK(start({"--listen", "127.0.0.1:0", "--token-file", (folder / "open").string()}) == process_end{78, 0});
  CHECK(start({"--listen", "127.0.0.1:0", "--token-file", (folder / "missing").string()}) == process_end{78, 0});
  CHECK(run({"serve", output.string(), "--listen", "0.0.0.0:0"}, folder / "log") == process_end{64, 0});
  CHECK(run({"serve", output.string(), "--listen", "0.0.0.0:0", "--token-file", (folder / "open").string()}, folder / "log") ==
        process_end{78, 0});
  CHECK_FALSE(fs::exists(output));
}

TEST_CASE("api: a port that somebody else listens on ends the start before anything is made") {
  running_engine e("{\"fault\":\"slow\",\"ms\":5}\n", {"--listen", "127.0.0.1:0"});
  const auto address = "127.0.0.1:" + std::to_string(port_of(e));
  scratch_folder folder;
  const std::vector<std::string> broadcast{"broadcast", "--dj", "julie", "--duration", "2", "--progress", "none", "--disk-floor", "0",
                                           "--output", (folder / "out").string(), "--listen", address};
  CHECK(run(broadcast, folder / "log") == process_end{74, 0});
  CHECK(read_file(folder / "log").find("cannot listen on " + address) != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out"));
  CHECK(run({"serve", (folder / "out").string(), "--listen", address}, folder / "serve.log") == process_end{74, 0});
  CHECK_FALSE(fs::exists(folder / "out"));
  // A store that is there is not touched either: it opens, and the run begins where it would have.
  auto elsewhere = broadcast;
  elsewhere.back() = "127.0.0.1:0";
  CHECK(run(elsewhere, folder / "log").signal == 0);
  const auto before = read_file(folder / "out/LIVE_STATUS.json");
  auto again = broadcast;
  again.insert(again.end(), {"--resume", "--duration", "4"});
  again.erase(again.begin() + 3, again.begin() + 5); // the shorter duration
  CHECK(run(again, folder / "log") == process_end{74, 0});
  CHECK(read_file(folder / "out/LIVE_STATUS.json") == before);
  CHECK(run({"verify", (folder / "out").string()}, folder / "verify.log") == process_end{0, 0});
}

TEST_CASE("api: counters agree with the status and only rise, over retries, a skip and a dead actor") {
  running_engine e("{\"segment\":2,\"attempt\":1,\"fault\":\"http500\"}\n"
                   "{\"segment\":3,\"fault\":\"empty\"}\n"
                   "{\"segment\":4,\"attempt\":1,\"fault\":\"crash:validator\"}\n"
                   "{\"fault\":\"slow\",\"ms\":5}\n");
  std::map<std::string, double> before;
  // Segments 2 and 3 wait one and three seconds of back-off.
  for (int i = 0; i < 20 && e.done() < 10; ++i) REQUIRE(e.goes_on(1));
  for (int round = 0; round < 5; ++round) {
    const auto low = e.status();
    const auto now = samples_of(e.ask(get_request("/metrics", "Connection: close\r\n")));
    const auto high = e.status();
    const auto accepted = now.at("longwave_segments_total{outcome=\"accepted\"}");
    CHECK(accepted >= low["progress"]["segments_accepted"].get<double>() - 64); // the status may be 50 ms ahead
    CHECK(accepted <= high["progress"]["segments_accepted"].get<double>() + 64);
    for (const auto& [name, value] : before) {
      INFO(name);
      if (name.find("_total") != std::string::npos || name.find("_seconds_") != std::string::npos) CHECK(now.at(name) >= value);
    }
    before = now;
    REQUIRE(e.goes_on(2));
  }
  // Lost: 3 to the backend, 4 because its validator died three times.
  CHECK(before.at("longwave_segments_total{outcome=\"skipped\"}") == 2);
  CHECK(before.at("longwave_attempts_total{backend=\"offline\",class=\"transport\"}") == 1);
  CHECK(before.at("longwave_attempts_total{backend=\"offline\",class=\"empty\"}") == 3);
  CHECK(before.at("longwave_actor_restarts_total{actor=\"validator\"}") == 3);
  CHECK(before.at("longwave_run_state{state=\"running\"}") == 1);
  CHECK(before.at("longwave_attempt_duration_seconds_bucket{le=\"+Inf\"}") == before.at("longwave_attempt_duration_seconds_count"));
  CHECK(before.at("longwave_tokens_total{direction=\"output\"}") > 0);
}

TEST_CASE("api: a warning that comes and goes is two events, and so is every change of state") {
  // Two of the first 22 segments are lost to the rules: below 95 % from there on, until 38 of 40 have passed.
  const std::string lost = ",\"fault\":\"bad\",\"text\":\"The year is 2290 and the NCR sends its love to everybody here.\"}\n";
  running_engine e("{\"segment\":5" + lost + "{\"segment\":22" + lost + "{\"fault\":\"slow\",\"ms\":5}\n");
  for (int i = 0; i < 40 && e.done() < 45; ++i) REQUIRE(e.goes_on(1));
  e.ask(post_request("/v1/runs/attacked/pause", "{}", "Connection: close\r\n"));
  for (int i = 0; i < 2'000 && e.status()["state"] != "paused"; ++i) {
  }
  CHECK(e.status()["state"] == "paused");
  e.ask(post_request("/v1/runs/attacked/resume", "{}", "Connection: close\r\n"));
  REQUIRE(e.goes_on(3));
  raw_client client(e.socket());
  REQUIRE(client.send(get_request("/v1/events?follow=false")));
  const auto events = client.receive(1 << 24, 20'000); // a stream ends with its connection
  const auto raised = events.find("\"warning_raised\",\"detail\":\"pass_rate: "), cleared = events.find("\"warning_cleared\",\"detail\":\"pass_rate\"");
  CHECK(raised != std::string::npos);
  CHECK(cleared != std::string::npos);
  CHECK(raised < cleared);
  for (const char* change : {"\"state_changed\",\"detail\":\"running", "\"state_changed\",\"detail\":\"paused (control)\""})
    CHECK(events.find(change) != std::string::npos);
}
