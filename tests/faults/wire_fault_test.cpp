// Everything a model server can do wrong (reliability E1), for each kind of backend, plain and over TLS: one outcome
// class, one request, an end within the call's clocks, no memory kept, and the next call unharmed.
#include "actors/generator/backends/backend.hpp"
#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>

using namespace longwave;
using namespace longwave::test;
using longwave::tests::scratch_folder;

namespace {

using o = outcome_class;

struct fault_row {
  const char* kind;
  o openai, ollama, anthropic;
  /// Part of the detail, whatever the backend.
  const char* detail;
};

/// A stall ends by one of these clocks, milliseconds.
constexpr std::int64_t first_byte_ms = 1'500, idle_ms = 1'200, call_ms = 10'000;

constexpr fault_row rows[] = {
  {"whole", o::ok, o::ok, o::ok, ""},
  {"pings:60", o::ok, o::ok, o::ok, ""},
  {"slow:100", o::ok, o::ok, o::ok, ""},
  {"nousage", o::ok, o::ok, o::ok, ""},
  {"badusage", o::ok, o::ok, o::ok, "usage malformed"},
  {"hugeusage", o::ok, o::ok, o::ok, "usage malformed"},
  {"hugelength", o::ok, o::ok, o::ok, ""},
  {"longlength", o::ok, o::ok, o::ok, ""},
  {"duplicate", o::ok, o::ok, o::ok, ""},
  {"charset", o::ok, o::ok, o::ok, ""},
  {"hang", o::stall, o::stall, o::stall, "first-byte"},
  {"hanghead", o::stall, o::stall, o::stall, ""},
  {"slow:5000", o::stall, o::stall, o::stall, "first-byte"},
  {"stall", o::stall, o::stall, o::stall, "idle"},
  {"pings:600", o::stall, o::stall, o::stall, "no token"},
  {"drip:40", o::stall, o::stall, o::stall, "no token"},
  {"close", o::incomplete, o::incomplete, o::incomplete, "middle"},
  {"resetbody", o::incomplete, o::incomplete, o::incomplete, "middle"},
  {"shortlength", o::empty, o::empty, o::empty, "form"},
  {"closehead", o::transport, o::transport, o::transport, "before an answer"},
  {"resethead", o::transport, o::transport, o::transport, "before an answer"},
  {"reset", o::transport, o::transport, o::transport, "before an answer"},
  {"badhttp", o::transport, o::transport, o::transport, "no valid HTTP"},
  {"bighead", o::transport, o::transport, o::transport, "no valid HTTP"},
  {"negativelength", o::transport, o::transport, o::transport, "no valid HTTP"},
  {"http408", o::transport, o::transport, o::transport, "HTTP 408"},
  {"http499", o::transport, o::transport, o::transport, "HTTP 499"},
  {"http500", o::transport, o::transport, o::transport, "HTTP 500"},
  {"http502", o::transport, o::transport, o::transport, "HTTP 502"},
  {"http504", o::transport, o::transport, o::transport, "HTTP 504"},
  {"redirect", o::transport, o::transport, o::transport, "not followed"},
  {"http503", o::busy, o::busy, o::busy, "server busy"},
  {"window500", o::busy, o::busy, o::busy, "exceeded"},
  {"http429", o::busy, o::busy, o::busy, "HTTP 429"},
  {"http529", o::busy, o::busy, o::busy, "HTTP 529"},
  {"http409", o::busy, o::busy, o::busy, "HTTP 409"},
  {"quota429", o::quota, o::quota, o::quota, ""},
  {"http402", o::quota, o::quota, o::quota, "HTTP 402"},
  {"http401", o::config, o::config, o::config, "key"},
  {"http403", o::config, o::config, o::config, "HTTP 403"},
  {"http404", o::config, o::config, o::config, "HTTP 404"},
  {"http413", o::config, o::config, o::config, "HTTP 413"},
  {"context400", o::config, o::config, o::config, "context size"},
  {"html200", o::empty, o::empty, o::empty, "HTML"},
  {"empty", o::empty, o::empty, o::empty, "empty"},
  {"garbage", o::empty, o::empty, o::empty, ""},
  {"badjson", o::empty, o::empty, o::empty, "form"},
  {"deep", o::empty, o::empty, o::empty, "form"},
  {"nan", o::empty, o::empty, o::empty, "form"},
  {"hugenumber", o::empty, o::empty, o::empty, "form"},
  {"surrogate", o::empty, o::empty, o::empty, "form"},
  {"badutf8", o::empty, o::empty, o::empty, ""},
  {"nulltext", o::empty, o::empty, o::empty, ""},
  {"numbertext", o::empty, o::empty, o::empty, "form"},
  {"listtext", o::empty, o::empty, o::empty, "form"},
  {"notext", o::empty, o::empty, o::empty, ""},
  {"markup", o::empty, o::empty, o::empty, "no words"},
  {"error200", o::empty, o::empty, o::empty, "something broke"},
  {"blank", o::empty, o::empty, o::empty, "blank"},
  {"nul", o::empty, o::empty, o::empty, "control"},
  {"nocontent", o::empty, o::empty, o::empty, "blank"},
  {"think", o::empty, o::empty, o::empty, "thinking"},
  {"thinktags", o::ok, o::ok, o::ok, ""},
  {"openthink", o::empty, o::empty, o::empty, "within its thinking"},
  {"turns", o::empty, o::empty, o::empty, "control token"},
  {"noend", o::incomplete, o::incomplete, o::incomplete, "no end mark"},
  {"nofinish", o::incomplete, o::incomplete, o::incomplete, ""},
  {"errorline", o::incomplete, o::incomplete, o::incomplete, "runner has stopped"},
  {"flaterror", o::incomplete, o::incomplete, o::incomplete, "mid-stream: Context size has been exceeded"},
  {"length", o::incomplete, o::incomplete, o::incomplete, "token limit"},
  {"filter", o::refused, o::ok, o::refused, ""},
  {"load", o::incomplete, o::config, o::incomplete, ""},
  {"loop", o::loop, o::loop, o::loop, "repeats"},
  {"endless:1", o::incomplete, o::incomplete, o::incomplete, "limit"},
  {"bigbody", o::incomplete, o::incomplete, o::incomplete, "limit"},
  {"bigline", o::incomplete, o::incomplete, o::incomplete, "limit"},
};

struct heard {
  draft answer, next;
  std::size_t requests = 0;
};

/// One kind of backend, plain or over TLS, through the whole table.
struct trial {
  std::string kind;
  bool tls = false;
  std::vector<heard> results;
  std::string trouble;

  o expected(const fault_row& row) const {
    return kind == "openai" ? row.openai : kind == "ollama" ? row.ollama : row.anthropic;
  }

  void run(fault_server& server) {
    auto options = trial_options(tls ? "https://127.0.0.1:" + std::to_string(server.port()) : server.url());
    options.kind = kind;
    options.connect_timeout_ms = 5'000;
    options.first_byte_timeout_ms = first_byte_ms;
    options.idle_timeout_ms = idle_ms;
    options.call_timeout_ms = call_ms;
    auto made = make_server_backend(options);
    if (!made) {
      trouble = to_string(made.error());
      return;
    }
    std::size_t before = 0;
    for (std::size_t i = 0; i < std::size(rows); ++i) {
      heard one;
      one.answer = ask(*made.value(), trial_call(2 * i + 1)).answer;
      one.requests = server.logged("request").size() - before;
      one.next = ask(*made.value(), trial_call(2 * i + 2)).answer;
      before = server.logged("request").size();
      results.push_back(std::move(one));
    }
  }
};

std::size_t memory_kb(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.rfind(field, 0) == 0) return std::stoul(line.substr(line.find_first_of("0123456789")));
  return 0;
}

/// The odd requests get the faults in order, the even ones are served well.
std::vector<std::string> script_of_rows() {
  std::vector<std::string> options{"--retry-after", "2"};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    options.push_back("--on");
    options.push_back(std::to_string(2 * i + 1) + "=" + rows[i].kind);
  }
  return options;
}

void check(const trial& t) {
  INFO(t.kind << (t.tls ? " over TLS " : " ") << t.trouble);
  REQUIRE(t.results.size() == std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const auto& row = rows[i];
    const auto& [answer, next, requests] = t.results[i];
    INFO(row.kind << ": " << answer.detail);
    CHECK(to_string(answer.outcome) == to_string(t.expected(row)));
    if (t.expected(row) == row.openai) CHECK(answer.detail.find(row.detail) != std::string::npos);
    CHECK(requests == 1);
    CHECK(answer.took_ms <= call_ms + 1'000);
    if (answer.outcome == o::stall) CHECK(answer.took_ms >= idle_ms);
    CHECK(answer.retry_after_ms == (answer.outcome == o::busy || answer.outcome == o::quota ? 2'000 : 0));
    CHECK((answer.outcome == o::ok) == (answer.outcome == o::ok && answer.text.size() > 100));
    CHECK(answer.detail.find_first_of("\r\n\x1b") == std::string::npos);
    INFO("the next call: " << next.detail);
    CHECK(next.outcome == o::ok);
    CHECK(next.usage.has_value());
  }
}

} // namespace

TEST_CASE("wire: every fault of every kind of server has its class, in time, with one request, plain and over TLS") {
  scratch_folder folder;
  std::vector<trial> trials;
  std::vector<std::unique_ptr<fault_server>> servers;
  // One certificate file for the process: each TLS server's is added to it.
  std::string trusted;
  for (const bool tls : {false, true})
    for (const char* kind : {"openai", "ollama", "anthropic"}) {
      auto options = script_of_rows();
      const auto pem = (folder / (std::string(kind) + ".pem")).string();
      if (tls) options.insert(options.end(), {"--tls", pem});
      servers.push_back(std::make_unique<fault_server>(options));
      if (tls) trusted += longwave::tests::read_file(pem);
      trials.push_back({kind, tls, {}, {}});
    }
  longwave::tests::write_file(folder / "trusted.pem", trusted);
  ::setenv("SSL_CERT_FILE", (folder / "trusted.pem").c_str(), 1);
  const auto before_kb = memory_kb("VmRSS");
  {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < trials.size(); ++i)
      threads.emplace_back([&, i] {
        try {
          trials[i].run(*servers[i]);
        } catch (const std::exception& e) {
          trials[i].trouble = e.what();
        }
      });
    for (auto& thread : threads) thread.join();
  }
  const auto grown_kb = memory_kb("VmHWM") - before_kb;
  for (const auto& t : trials) check(t);
  std::cout << trials.size() * std::size(rows) << " faults, peak of memory " << grown_kb / 1'024 << " MiB above the start, for "
            << trials.size() << " backends at once\n";
  CHECK(grown_kb < 16 * 1'024 * trials.size());
}

TEST_CASE("wire: a prompt that does not fit is told from other refusals") {
  fault_server server({"--default", "context400"});
  for (const char* kind : {"openai", "ollama", "anthropic"}) {
    auto options = trial_options(server.url());
    options.kind = kind;
    CHECK(ask(*make_server_backend(options).value()).answer.prompt_too_long);
  }
}

TEST_CASE("wire: a wrong scheme, an unknown or an expired certificate and a name that is not known say what is wrong") {
  scratch_folder folder;
  fault_server plain(std::vector<std::string>{}), sealed({"--tls", (folder / "a.pem").string()}),
    expired({"--tls", (folder / "b.pem").string(), "--tls-expired"});
  longwave::tests::write_file(folder / "trusted.pem", longwave::tests::read_file(folder / "b.pem"));
  ::setenv("SSL_CERT_FILE", (folder / "trusted.pem").c_str(), 1);
  const auto said = [](const std::string& url) {
    auto options = trial_options(url);
    options.connect_timeout_ms = options.first_byte_timeout_ms = 1'500;
    return ask(*make_openai_backend(options).value()).answer;
  };
  const auto over = [](const std::string& scheme, const fault_server& server) {
    return scheme + "://127.0.0.1:" + std::to_string(server.port());
  };
  const auto no_tls = said(over("https", plain));
  CHECK((no_tls.outcome == o::config || no_tls.outcome == o::stall)); // it answers, or waits for more
  CHECK(no_tls.detail.find("http://") != std::string::npos);
  const auto no_plain = said(over("http", sealed));
  // Some servers close without a word, others send an alert.
  CHECK((no_plain.outcome == o::transport || no_plain.detail.find("https://") != std::string::npos));
  const auto stranger = said(over("https", sealed));
  CHECK(stranger.outcome == o::config);
  CHECK(stranger.detail.find("certificate") != std::string::npos);
  const auto old = said(over("https", expired));
  CHECK(old.outcome == o::config);
  CHECK(old.detail.find("expired") != std::string::npos);
  const auto nameless = said("http://no-such-host.invalid:1");
  CHECK(nameless.outcome == o::transport);
}
