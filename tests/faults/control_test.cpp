// Hostile clients on the real binary's control socket (P11): whatever they send, the run goes on and nothing outside it is
// read. Speed and latency are printed, not judged: the machine may be busy.
#include "tests/support/running_engine.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>

using namespace longwave::tests;

namespace {

// What a sanitizer holds back of freed memory is not what the engine takes.
#ifdef LONGWAVE_SANITIZED
constexpr long most_growth_kb = 256 << 10;
#else
constexpr long most_growth_kb = 16 << 10;
#endif

using steady = std::chrono::steady_clock;

double seconds_since(steady::time_point from) { return std::chrono::duration<double>(steady::now() - from).count(); }

/// Asks for the status again and again for a while: segments a second and the latency of the answers.
struct pulse {
  double segments_a_second = 0;
  double p50_ms = 0, p99_ms = 0;
};

pulse take_pulse(running_engine& e, double seconds) {
  std::vector<double> waits;
  const auto from = steady::now();
  const auto first = e.done();
  auto last = first;
  while (seconds_since(from) < seconds) {
    const auto asked = steady::now();
    last = e.done();
    waits.push_back(seconds_since(asked) * 1'000);
  }
  std::sort(waits.begin(), waits.end());
  return {static_cast<double>(last - first) / seconds_since(from), waits[waits.size() / 2], waits[waits.size() * 99 / 100]};
}

void print(const std::string& what, const pulse& p) {
  std::cout << "control_test: " << what << ": " << static_cast<int>(p.segments_a_second) << " segments/s, status p50 "
            << p.p50_ms << " ms, p99 " << p.p99_ms << " ms\n";
}

/// Every byte is printable ASCII, UTF-8 or a newline: what may be shown on a terminal.
bool shows_no_control(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r') || byte == 0x7f;
  });
}

} // namespace

TEST_CASE("control: idle connections and slow loris in line, headers and body neither stop nor slow the run") {
  running_engine e;
  REQUIRE(e.goes_on());
  print("alone", take_pulse(e, 1));
  std::vector<std::unique_ptr<raw_client>> crowd;
  for (int i = 0; i < 500; ++i) crowd.push_back(std::make_unique<raw_client>(e.socket()));
  print("500 idle connections", take_pulse(e, 1));
  const std::vector<std::string> slow{"GET /v1/sta", "GET /v1/status HTTP/1.1\r\nHost: x\r\nX-A: b",
                                      "POST /v1/runs/attacked/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"rea"};
  std::vector<std::unique_ptr<raw_client>> loris;
  for (int i = 0; i < 60; ++i) {
    loris.push_back(std::make_unique<raw_client>(e.socket()));
    loris.back()->send(slow[static_cast<std::size_t>(i) % slow.size()]);
  }
  print("60 slow loris besides", take_pulse(e, 1));
  CHECK(e.goes_on());
  // A byte now and then does not keep a request open: ten seconds from its first byte to its last.
  const auto from = steady::now();
  for (auto& l : loris)
    while (!l->closed && seconds_since(from) < 30) {
      l->send(" ");
      l->receive(1 << 20, 500);
    }
  const auto gone = std::count_if(loris.begin(), loris.end(), [](const auto& l) { return l->closed; });
  CHECK(gone == 60);
  CHECK(seconds_since(from) < 25);
  crowd.clear();
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: more connections than there is room for cost the longest idle ones, and no file") {
  running_engine e;
  const auto files = e.open_files();
  std::vector<std::unique_ptr<raw_client>> crowd;
  for (int i = 0; i < 1'300; ++i) crowd.push_back(std::make_unique<raw_client>(e.socket()));
  CHECK(e.goes_on());
  CHECK(e.open_files() <= files + 1'024 + 8);
  crowd.clear();
  CHECK(e.goes_on());
  for (int i = 0; i < 200 && e.open_files() > files + 2; ++i) e.engine->wait_for(25);
  CHECK(e.open_files() <= files + 2);
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: huge, wrong and chunked bodies are refused within their limits") {
  running_engine e;
  const auto rss = e.of_process("VmRSS");
  const std::string target = "POST /v1/runs HTTP/1.1\r\nHost: x\r\n";
  for (const std::string length : {"1073741824", "1048577", "9223372036854775808", "99999999999999999999999", "-1", "abc", "1, 2", "+5", "0x10", ""}) {
    CAPTURE(length);
    raw_client c(e.socket());
    c.send(target + "Content-Length: " + length + "\r\n\r\n");
    const auto status = status_of(c.answer());
    CHECK((status == 413 || status == 400));
    if (length == "1073741824") CHECK(status == 413);
  }
  { // 413 from the header alone, also to one who asks first
    raw_client c(e.socket());
    c.send(target + "Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n");
    CHECK(status_of(c.answer()) == 413);
  }
  { // a gigabyte that is sent all the same is not read
    raw_client c(e.socket());
    c.send(target + "Content-Length: 1073741824\r\n\r\n");
    const std::string block(1 << 20, 'x');
    int sent = 0;
    while (sent < 64 && c.send(block)) ++sent;
    CHECK(sent < 64);
  }
  { // chunks without end
    raw_client c(e.socket());
    c.send(target + "Transfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'y') + "\r\n";
    int sent = 0;
    while (sent < 1'000 && c.send(chunk)) ++sent;
    CHECK(sent < 1'000);
  }
  { // a chunk that claims more than there is memory
    raw_client c(e.socket());
    c.send(target + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
    const auto status = status_of(c.answer());
    CHECK((status == 413 || status == 400));
  }
  { // chunks of one byte for ever: a request has ten seconds
    raw_client c(e.socket());
    c.send(target + "Transfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "1;extension=\"" + std::string(200, 'e') + "\"\r\nz\r\n";
    const auto from = steady::now();
    while (!c.closed && seconds_since(from) < 30 && c.send(chunk)) c.receive(1 << 20, 100);
    CHECK(seconds_since(from) < 25);
  }
  { // a body that ends early
    raw_client c(e.socket());
    c.send(target + "Content-Length: 50\r\n\r\n{\"kind\":");
  }
  CHECK(e.goes_on());
  const auto grown = e.of_process("VmRSS") - rss;
  std::cout << "control_test: bodies grew the process by " << grown << " kB\n";
  CHECK(grown < most_growth_kb);
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: pipelined requests, a hundred thousand, are answered in order or cut off") {
  running_engine e;
  const auto rss = e.of_process("VmRSS");
  raw_client c(e.socket());
  std::string block;
  for (int i = 0; i < 1'000; ++i) block += get_request("/nothing/here");
  std::uint64_t sent = 0, answers = 0;
  std::string tail;
  const auto from = steady::now();
  const auto read_some = [&] {
    const auto got = tail + c.receive(1, 50);
    for (std::size_t at = 0; (at = got.find("HTTP/1.1 404", at)) != std::string::npos; at += 12) ++answers;
    tail = got.substr(got.size() > 11 ? got.size() - 11 : 0);
  };
  // A server that is owed nothing takes no more than it answers: writing and reading alternate.
  std::string_view rest;
  while (sent < 100 && !c.closed && seconds_since(from) < 4) {
    if (rest.empty()) {
      rest = block;
      ++sent;
    }
    rest.remove_prefix(c.send_some(rest));
    read_some();
  }
  print("one client pipelines " + std::to_string(sent) + ",000 requests", take_pulse(e, 1));
  std::cout << "control_test: " << answers << " of them answered so far\n";
  CHECK(answers > 0);
  CHECK(e.goes_on());
  CHECK(e.of_process("VmRSS") - rss < most_growth_kb);
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: what is no request, and pairs that two servers would read differently, get 4xx and the end of the connection") {
  running_engine e;
  const std::string status = "GET /v1/status HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::string> bad{
    "\r\n\r\n\r\n", "GET\r\n\r\n", "GET /v1/status\r\n\r\n", "GET /v1/status HTTP/9.9\r\nHost: x\r\n\r\n",
    "GET /v1/status HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
    std::string("GET /v1/\0status HTTP/1.1\r\nHost: x\r\n\r\n", 37), "G\xc3\x89T /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
    status + "X-Long: " + std::string(20'000, 'h') + "\r\n\r\n", "GET /" + std::string(20'000, 'u') + " HTTP/1.1\r\nHost: x\r\n\r\n",
    status + "No colon here\r\n\r\n", status + "Bad name : x\r\n\r\n",
    // Smuggling: two lengths, both ways to give one, an unknown coding.
    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/status HTTP/1.1\r\n\r\n",
    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"};
  for (const auto& bytes : bad) {
    CAPTURE(bytes.substr(0, 80));
    raw_client c(e.socket());
    c.send(bytes);
    const auto answer = c.answer(12'000);
    const auto code = status_of(answer);
    CHECK(((code >= 400 && code <= 505) || (answer.empty() && c.closed)));
    if (code) CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(shows_no_control(answer));
    // Nothing of what followed was taken for a second request.
    const auto more = c.closed ? std::string() : c.receive(1 << 20, 200);
    CHECK(more.find("HTTP/1.1 200") == std::string::npos);
  }
  CHECK(e.goes_on());
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: methods, ids and bodies that cannot be are 404, 405 or 400 as a problem document") {
  running_engine e;
  const auto code = [&](const std::string& request) {
    const auto answer = e.ask(request);
    CAPTURE(request.substr(0, 100), answer.substr(0, 300));
    CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(answer.find("root:") == std::string::npos);
    CHECK(shows_no_control(answer));
    return status_of(answer);
  };
  for (const std::string id :
       {"../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%2e%2e", "a%00b", "%00",
        "attacked%00", "attacked/", "attacked%2f", "%c0%ae%c0%ae", "%ef%bc%8e%ef%bc%8e", "\xd0\xb0ttacked", "ATTACKED", "%", "%g1",
        "a%20b", "%0d%0aX:y", "%1b%5b31m", "attacked?x", "nobody"}) {
    if (id == "attacked?x") continue; // a query is no part of the id
    const auto answered = code(get_request("/v1/runs/" + id));
    CHECK((answered == 404 || (id[0] == '%' && id.size() < 4 && answered == 400))); // no percent-encoding at all
  }
  CHECK(code(get_request("/v1/runs/" + std::string(4'096, 'a'))) == 404);
  for (const std::string n : {"-1", "abc", "1e3", "99999999999999999999999", "0", "1%00", "%2e%2e"})
    CHECK(code(get_request("/v1/runs/attacked/segments/" + n)) == 404);
  for (const std::string query : {"after=-1", "after=x", "limit=0x10", "limit=-5", "after=99999999999999999999999"})
    CHECK(code(get_request("/v1/runs/attacked/segments?" + query)) == 400);
  CHECK(code("DELETE /v1/runs/attacked HTTP/1.1\r\nHost: x\r\n\r\n") == 405);
  CHECK(code("BREW /v1/status HTTP/1.1\r\nHost: x\r\n\r\n") == 405);
  CHECK(code(post_request("/v1/status", "{}")) == 405);
  CHECK(code(get_request("/v1/runs/attacked/pause")) == 405);
  std::string deep(100'000, '[');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("null"), std::string("\"x\""), std::string("{\"reason\":5}"), std::string("{\"reason\":\"\xff\xfe\"}"),
        std::string("{\"reason\":\"\\ud800\"}"), std::string("\xef\xbb\xbf{"), deep, std::string("{\"reason\":\"x\"}{}")}) {
    CAPTURE(body.substr(0, 40));
    CHECK(code(post_request("/v1/runs/attacked/pause", body)) == 400);
  }
  CHECK(code(post_request("/v1/runs", "{\"kind\":\"broadcast\"}")) == 409); // this engine runs one run
  process served({binary(), "serve", (e.folder / "many").string()}, e.folder / "serve.log");
  const auto many = e.folder / "many" / ".longwave" / "control.sock";
  for (int i = 0; i < 400 && !raw_client(many).connected(); ++i) served.wait_for(25);
  const auto ask_many = [&](const std::string& request) {
    raw_client c(many);
    c.send(request);
    const auto answer = c.answer();
    CHECK(answer.find("application/problem+json") != std::string::npos);
    return status_of(answer);
  };
  for (const std::string body : {"", "x", "[]", "{}", "{\"kind\":\"opera\"}", "{\"kind\":5}", "{\"kind\":\"broadcast\",\"duration\":\"x\"}",
                                 "{\"kind\":\"broadcast\",\"unknown_key\":1}", "{\"kind\":\"broadcast\",\"dj\":\"julie\",\"duration\":-1}"})
    CHECK(ask_many(post_request("/v1/runs", body)) == 400);
  served.send(SIGTERM);
  CHECK(served.wait_for(30'000) == process_end{0, 0});
  CHECK(e.goes_on());
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: a reason with every control byte is taken as text and shown as none") {
  running_engine e;
  std::string reason;
  for (int c = 1; c < 0x20; ++c) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
    reason += escaped;
  }
  reason += "\\u007f\\u0085\\u009b\\u202e\\u2066\\ufeff\\u2028 end";
  CHECK(status_of(e.ask(post_request("/v1/runs/attacked/pause", "{\"reason\":\"" + reason + "\"}"))) == 200);
  for (int i = 0; i < 400 && e.status()["state"] != "paused"; ++i) e.engine->wait_for(50);
  CHECK(e.status()["state"] == "paused");
  CHECK(shows_no_control(e.ask(get_request("/v1/runs/attacked"))));
  CHECK(shows_no_control(read_file(e.output() / "LIVE_STATUS.json")));
  run({"status", e.output().string()}, e.folder / "status.log");
  run({"status", e.output().string(), "--json"}, e.folder / "status.log");
  CHECK(shows_no_control(read_file(e.folder / "status.log")));
  CHECK(read_file(e.folder / "status.log").find("\xc2\x9b") == std::string::npos);
  CHECK(shows_no_control(read_file(e.output() / "logs" / "longwave.log")));
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: foreign Host and Origin on TCP are refused, whoever runs the browser") {
  running_engine e("{\"fault\":\"slow\",\"ms\":5}\n", {"--listen", "127.0.0.1:0"});
  // On the Unix socket no browser can ask: any Host is fine there.
  CHECK(status_of(e.ask("GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == 200);
  CHECK(status_of(e.ask("GET /v1/status HTTP/1.1\r\n\r\n")) != 500);
  CHECK(e.goes_on());
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: pause and resume ten thousand times, and the output is that of a run left alone") {
  running_engine e("{\"fault\":\"slow\",\"ms\":1}\n");
  raw_client c(e.socket());
  int answered = 0;
  const auto from = steady::now();
  for (int i = 0; i < 10'000 && seconds_since(from) < 20; ++i) {
    REQUIRE(c.send(post_request(i % 2 ? "/v1/runs/attacked/resume" : "/v1/runs/attacked/pause", "{}")));
    answered += status_of(c.answer()) == 200;
  }
  std::cout << "control_test: " << answered << " pauses and resumes answered\n";
  CHECK(answered >= 100);
  CHECK(status_of(e.ask(post_request("/v1/runs/attacked/resume", "{}"))) == 200);
  CHECK(e.goes_on());
  CHECK(e.stop_and_verify() == process_end{0, 0});
  CHECK(run({"broadcast", "--dj", "julie", "--duration", "32", "--seed", "5", "--enable-validation", "--progress", "none",
             "--disk-floor", "0", "--output", (e.folder / "twin").string(), "--skip-preflight"},
            e.folder / "log") == process_end{0, 0});
  const auto twin = identity_of(e.folder / "twin");
  const auto here = identity_of(e.output());
  const auto both = std::min(twin.size(), here.size());
  CHECK(both > 0);
  CHECK(here.substr(0, both).substr(0, here.substr(0, both).rfind('\n')) == twin.substr(0, here.substr(0, both).rfind('\n')));
}

TEST_CASE("control: a second engine on the same folder is refused with the first one's pid, and nothing changes") {
  running_engine e;
  const auto end = run({"broadcast", "--dj", "julie", "--duration", "32", "--resume", "--progress", "none", "--output", e.output().string()},
                       e.folder / "second.log");
  CHECK(end == process_end{73, 0});
  CHECK(read_file(e.folder / "second.log").find(std::to_string(e.engine->pid())) != std::string::npos);
  CHECK(e.goes_on());
  CHECK(e.stop_and_verify() == process_end{0, 0});
}

TEST_CASE("control: a stop while the engine recovers ends it in order, and the next start goes on") {
  running_engine e("{\"fault\":\"slow\",\"ms\":1}\n");
  for (int round = 0; round < 8; ++round) {
    e.engine->send(SIGKILL);
    e.engine->wait_for(-1);
    std::vector<std::string> args{binary(), "broadcast", "--resume", "--progress", "none", "--disk-floor", "0", "--output", e.output().string()};
    e.engine = std::make_unique<process>(args, e.folder / "log");
    // As early as the socket is there, or by signal when it is not yet.
    bool sent = false;
    for (int i = 0; i < 500 && !sent; ++i) {
      if (e.engine->wait_for(1 + round)) break;
      raw_client c(e.socket());
      sent = c.connected() && c.send(post_request("/v1/runs/attacked/stop", "{\"mode\":\"immediate\"}")) && status_of(c.answer()) == 200;
    }
    if (!sent) e.engine->send(SIGTERM);
    const auto end = e.engine->wait_for(60'000);
    INFO(read_file(e.folder / "log"));
    REQUIRE(end.has_value());
    CHECK(*end == process_end{0, 0});
  }
  CHECK(run({"verify", e.output().string()}, e.folder / "verify.log") == process_end{0, 0});
}
