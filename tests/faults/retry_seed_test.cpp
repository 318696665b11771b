// Retries seen from outside: what the model is told, how often it is asked, what becomes of a segment (A14-A17b).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

constexpr const char* feedback_mark = "could not be used";
constexpr const char* late_year = "Folks say the dam gave way back in 2281.";

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// A model that listens: an OpenAI-compatible server in this process whose answer depends on the prompt. It keeps every
/// prompt, so that the calls can be counted on the model's side, where nothing the product believes can be wrong.
class listening_model {
public:
  using speaker = std::function<std::string(const std::string& prompt)>;

  explicit listening_model(speaker speak) : speak_(std::move(speak)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the listening model cannot listen");
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] {
      for (int peer; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        serve(peer);
        ::close(peer);
      }
    });
  }
  ~listening_model() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  const std::string& url() const { return url_; }
  /// All prompts but those of probes, in the order of their arrival.
  std::vector<std::string> prompts() const {
    std::lock_guard guard(mutex_);
    return prompts_;
  }

private:
  void serve(int peer) {
    std::string bytes;
    char piece[16384];
    for (std::size_t head = std::string::npos, wanted = 0;;) {
      const auto got = ::recv(peer, piece, sizeof piece, 0);
      if (got <= 0) return;
      bytes.append(piece, static_cast<std::size_t>(got));
      if (head == std::string::npos && (head = bytes.find("\r\n\r\n")) == std::string::npos) continue;
      if (wanted == 0) {
        auto lower = bytes.substr(0, head);
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        const auto length = lower.find("content-length:");
        wanted = head + 4 + (length == std::string::npos ? 0 : std::stoul(lower.substr(length + 15)));
      }
      if (bytes.size() >= wanted) {
        answer(peer, bytes.substr(head + 4));
        return;
      }
    }
  }
  void answer(int peer, const std::string& body) {
    const auto request = json::parse(body, nullptr, false);
    std::string prompt;
    if (request.is_object())
      for (const auto& message : request["messages"]) prompt += message.value("content", "") + "\n";
    // The start asks the first question for a few tokens only.
    const bool probe = prompt.find("Write one radio segment") == std::string::npos || request.value("max_tokens", 300) < 100;
    if (!probe) {
      std::lock_guard guard(mutex_);
      prompts_.push_back(prompt);
    }
    const json reply{{"object", "chat.completion"},
                     {"choices",
                      {{{"index", 0},
                        {"message", {{"role", "assistant"}, {"content", probe ? "ready" : speak_(prompt)}}},
                        {"finish_reason", "stop"}}}},
                     {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 50}, {"total_tokens", 150}}}};
    const auto text = reply.dump();
    const auto all = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
                     std::to_string(text.size()) + "\r\n\r\n" + text;
    for (std::size_t sent = 0; sent < all.size();) {
      const auto n = ::send(peer, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  speaker speak_;
  int listener_ = -1;
  std::string url_;
  mutable std::mutex mutex_;
  std::vector<std::string> prompts_;
  std::thread thread_;
};

/// Harmless talk about the planned hour, different for each prompt.
std::string harmless(const std::string& prompt) {
  const auto at = prompt.find("Write one radio segment");
  auto name = std::to_string(std::hash<std::string>{}(prompt.substr(at)));
  for (char& c : name) c = static_cast<char>('a' + (c - '0')); // a number could be read as a year
  return "Well, um, neighbors, lantern " + name +
         " is lit on the hill and I am glad that you are listening. The marker " + name +
         " on the ridge road is clear, so walk easy, keep your boots dry, and wave if you pass the station door.";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

words broadcast(const fs::path& output, int hours, const words& more) {
  words args{"broadcast",    "--dj", "julie",   "--seed",  "14",         "--progress",          "none",
             "--disk-floor", "0",    "--clock", "virtual", "--duration", std::to_string(hours), "--output",
             output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

words asking(const listening_model& model, const words& more) {
  words args{"--backend", "openai", "--model", "trial", "--endpoint", model.url()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

json status_of(const fs::path& output) { return json::parse(read_file(output / "LIVE_STATUS.json")); }

struct trial {
  process_end end;
  std::vector<json> lines;
  json status;
};

trial play(const scratch_folder& folder, const std::string& name, int hours, const words& more) {
  trial t;
  t.end = run(broadcast(folder / name, hours, more), folder / "log", 60'000);
  INFO(read_file(folder / "log"));
  REQUIRE(fs::exists(folder / (name + "/segments.jsonl")));
  t.lines = read_lines(folder / (name + "/segments.jsonl"));
  t.status = status_of(folder / name);
  return t;
}

} // namespace

TEST_CASE("retry: test_retry_prompt_includes_errors") {
  scratch_folder folder;
  listening_model model([](const std::string& prompt) {
    return harmless(prompt) +
           (holds(prompt, "spoken at 7:00") && !holds(prompt, feedback_mark) ? std::string(" ") + late_year : "");
  });
  const auto t = play(folder, "out", 3, asking(model, {"--enable-validation", "--log-prompts", folder / "prompts"}));
  REQUIRE(t.lines.size() == 3);
  CHECK(t.lines[1]["status"] == "accepted");
  CHECK(t.lines[1]["attempts"] == 2);
  const auto prompts = model.prompts();
  REQUIRE(prompts.size() == 4);
  for (const std::size_t first : {0, 1, 3}) CHECK_FALSE(holds(prompts[first], feedback_mark));
  const auto& retried = prompts[2];
  CHECK(holds(retried, "spoken at 7:00"));
  CHECK(holds(retried, "Attempt 1 could not be used"));
  CHECK(holds(retried, "The year 2281 lies after 2102"));
  CHECK(count_of(retried, "Time: ") == 1);
  CHECK(count_of(retried, feedback_mark) == 1);
  // The prompt log says the same, one file a call.
  std::size_t logged = 0, with_errors = 0;
  for (const auto& entry : fs::directory_iterator(folder / "prompts")) {
    ++logged;
    with_errors += holds(read_file(entry.path()), "The year 2281 lies after 2102");
  }
  CHECK(logged == 4);
  CHECK(with_errors == 1);
}

TEST_CASE("retry: a prompt is told of the last failure only, and of none with --no-feedback") {
  const auto always_late = [](const std::string& prompt) { return harmless(prompt) + " " + late_year; };
  scratch_folder folder;
  {
    listening_model model(always_late);
    play(folder, "told", 1, asking(model, {"--enable-validation"}));
    const auto prompts = model.prompts();
    REQUIRE(prompts.size() == 3);
    CHECK(holds(prompts[1], "Attempt 1 could not be used"));
    CHECK(holds(prompts[2], "Attempt 2 could not be used"));
    CHECK_FALSE(holds(prompts[2], "Attempt 1 could not be used"));
    CHECK(count_of(prompts[2], "2281") == 1);
  }
  listening_model model(always_late);
  play(folder, "untold", 1, asking(model, {"--enable-validation", "--no-feedback"}));
  const auto prompts = model.prompts();
  REQUIRE(prompts.size() == 3);
  for (const auto& prompt : prompts) CHECK_FALSE(holds(prompt, feedback_mark));
  CHECK(prompts[0] == prompts[2]);
}

TEST_CASE("retry: test_max_retries_enforced") {
  scratch_folder folder;
  for (const int allowed : {1, 3, 5}) {
    listening_model model([](const std::string& prompt) {
      return harmless(prompt) + (holds(prompt, "spoken at 7:00") ? std::string(" ") + late_year : "");
    });
    const auto calls = folder / ("calls" + std::to_string(allowed));
    const auto t =
      play(folder, "out" + std::to_string(allowed), 3,
           asking(model, {"--enable-validation", "--max-attempts", std::to_string(allowed), "--call-log", calls}));
    INFO("allowed " << allowed);
    REQUIRE(t.lines.size() == 3);
    const auto& skipped = t.lines[1];
    CHECK(skipped["status"] == "skipped");
    CHECK(skipped["skip_reason"] == "max_retries_exceeded");
    CHECK(skipped["attempts"] == allowed);
    CHECK(skipped["attempt_outcomes"] == json(std::vector<std::string>(static_cast<std::size_t>(allowed), "rejected")));
    CHECK(skipped["text"] == "");
    REQUIRE_FALSE(skipped["violations"].empty());
    CHECK(skipped["violations"][0]["severity"] == "critical");
    CHECK(skipped["violations"][0]["evidence"] == "2281");
    const auto prompts = model.prompts();
    CHECK(std::count_if(prompts.begin(), prompts.end(), [](const auto& p) { return holds(p, "spoken at 7:00"); }) ==
          allowed);
    CHECK(prompts.size() == static_cast<std::size_t>(allowed) + 2);
    const auto noted = read_lines(calls); // the product's own note of its calls agrees with the model's
    CHECK(noted.size() == prompts.size());
    std::set<std::uint64_t> numbers;
    for (const auto& line : noted) numbers.insert(line["call"].get<std::uint64_t>());
    CHECK(numbers.size() == noted.size());
    CHECK(t.status["retries"]["attempts"] == allowed + 2);
  }
}

TEST_CASE("retry: test_skip_and_continue") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":3,\"fault\":\"bad\",\"text\":\"In 2281 the NCR came over the ridge.\"}\n");
  const auto t =
    play(folder, "out", 40, {"--enable-validation", "--fault-plan", folder / "plan", "--call-log", folder / "calls"});
  CHECK(t.end == process_end{0, 0});
  REQUIRE(t.lines.size() == 40);
  for (std::size_t i = 0; i < t.lines.size(); ++i) {
    INFO("line " << i + 1);
    CHECK(t.lines[i]["seq"] == i + 1);
    CHECK(t.lines[i]["status"] == (i == 2 ? "skipped" : "accepted"));
    CHECK(t.lines[i]["text"].get<std::string>().empty() == (i == 2));
  }
  CHECK(t.lines[2]["skip_reason"] == "max_retries_exceeded");
  CHECK(t.lines[2]["attempts"] == 3);
  CHECK(t.status["state"] == "completed");
  CHECK(t.status["progress"]["segments_accepted"] == 39);
  CHECK(t.status["progress"]["segments_skipped"] == 1);
  CHECK(t.status["failures"]["total"] == 1);
  CHECK(t.status["failures"]["consecutive"] == 0);
  // Faults stand in for the call: each of the other segments asked the backend once.
  const auto noted = read_lines(folder / "calls");
  CHECK(noted.size() == 39);
  CHECK(std::none_of(noted.begin(), noted.end(), [](const json& line) { return line["segment"] == 3; }));
  CHECK(run({"verify", folder / "out"}, folder / "log") == process_end{0, 0});
  // A skipped segment leaves no readable file behind.
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "out/segments")) files += entry.is_regular_file();
  CHECK(files == 39);
}

TEST_CASE("retry: test_retry_improves_validation") {
  // One hour of the day tempts this model into a late year; it obeys when it is told.
  const auto obedient = [](const std::string& prompt) {
    return harmless(prompt) +
           (holds(prompt, "spoken at 12:00") && !holds(prompt, feedback_mark) ? std::string(" ") + late_year : "");
  };
  scratch_folder folder;
  const auto hundred = [&](const std::string& name, const words& more) {
    listening_model model(obedient);
    auto args = asking(model, {"--enable-validation"});
    args.insert(args.end(), more.begin(), more.end());
    auto t = play(folder, name, 100, args);
    REQUIRE(t.status["state"] == "completed");
    REQUIRE(t.lines.size() == 100);
    return std::pair(t, model.prompts().size());
  };
  const auto [told, told_calls] = hundred("told", {});
  const auto [untold, untold_calls] = hundred("untold", {"--no-feedback"});
  CHECK(told.status["validation"]["pass_rate"].get<double>() > untold.status["validation"]["pass_rate"].get<double>());
  CHECK(told.status["validation"]["pass_rate"] == 1.0);
  CHECK(untold.status["validation"]["pass_rate"] == 0.94);
  CHECK(told.status["validation"]["first_attempt_pass_rate"] == 0.94);
  CHECK(told.status["progress"]["segments_skipped"] == 0);
  CHECK(untold.status["progress"]["segments_skipped"] == 6);
  CHECK(told_calls == 106);
  CHECK(untold_calls == 94 + 6 * 3);
  std::cout << "retry_seed_test: pass rate " << told.status["validation"]["pass_rate"] << " with feedback, "
            << untold.status["validation"]["pass_rate"] << " without\n";
}

TEST_CASE("retry: what was retried is in the record and in the counters") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":2,\"attempt\":1,\"fault\":\"bad\",\"text\":\"In 2281 the NCR came.\"}\n"
                              "{\"segment\":3,\"attempt\":1,\"fault\":\"timeout\"}\n"
                              "{\"segment\":3,\"attempt\":2,\"fault\":\"http500\"}\n"
                              "{\"segment\":4,\"attempt\":1,\"fault\":\"empty\"}\n"
                              "{\"segment\":4,\"attempt\":2,\"fault\":\"garbage\"}\n"
                              "{\"segment\":5,\"attempt\":1,\"fault\":\"truncated\"}\n"
                              "{\"segment\":5,\"attempt\":2,\"fault\":\"reset\"}\n");
  const auto t = play(folder, "out", 8, {"--enable-validation", "--fault-plan", folder / "plan"});
  REQUIRE(t.lines.size() == 8);
  const std::map<std::size_t, json> outcomes{
    {2, {"rejected"}}, {3, {"stall", "transport"}}, {4, {"empty", "empty"}}, {5, {"incomplete", "transport"}}};
  for (std::size_t seq = 1; seq <= 8; ++seq) {
    const auto& line = t.lines[seq - 1];
    INFO(line.dump());
    CHECK(line["status"] == "accepted");
    const auto failed = outcomes.find(seq);
    CHECK(line["attempts"] == (failed == outcomes.end() ? 1 : failed->second.size() + 1));
    CHECK(line.value("attempt_outcomes", json::array()) == (failed == outcomes.end() ? json::array() : failed->second));
  }
  CHECK(t.status["progress"]["segments_done"] == 8);
  CHECK(t.status["progress"]["segments_planned"] == 8);
  CHECK(t.status["retries"]["attempts"] == 8 + 1 + 2 + 2 + 2);
  CHECK(t.status["retries"]["segments_retried"] == 4);
  CHECK(t.status["failures"]["total"] == 0);
  CHECK(run({"why", folder / "out", "2", "--json"}, folder / "why") == process_end{0, 0});
  const auto why = json::parse(read_file(folder / "why"));
  REQUIRE(why["attempts"]["history"].size() == 1);
  CHECK(why["attempts"]["history"][0]["outcome"] == "rejected");
  CHECK(why["attempts"]["history"][0]["violations"][0]["evidence"] == "2281");
}

TEST_CASE("retry: without validation each segment is asked for once") {
  scratch_folder folder;
  listening_model model([](const std::string& prompt) { return harmless(prompt) + " " + late_year; });
  const auto t = play(folder, "out", 10, asking(model, {"--no-validation"}));
  CHECK(t.lines.size() == 10);
  for (const auto& line : t.lines) {
    CHECK(line["status"] == "accepted");
    CHECK(line["attempts"] == 1);
  }
  CHECK(model.prompts().size() == 10);
  CHECK(t.status["validation"]["evaluated"] == 0);
  CHECK(t.status["validation"]["pass_rate"].is_null());
}

TEST_CASE("retry: busy answers spend no attempt, refusals wait for the endpoint before they do") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":2,\"call\":\"2-9\",\"fault\":\"http429\",\"retry_after\":10}\n"
                              "{\"segment\":3,\"call\":\"11-14\",\"fault\":\"http503\"}\n"
                              "{\"segment\":4,\"call\":\"16-18\",\"fault\":\"refuse\"}\n");
  const auto t =
    play(folder, "out", 5, {"--enable-validation", "--fault-plan", folder / "plan", "--call-log", folder / "calls"});
  REQUIRE(t.lines.size() == 5);
  for (const auto& line : t.lines) {
    INFO(line.dump());
    CHECK(line["status"] == "accepted");
    CHECK(line["attempts"] == 1);
  }
  std::map<std::uint64_t, std::uint64_t> call_of;
  for (const auto& line : read_lines(folder / "calls")) call_of[line["segment"]] = line["call"];
  CHECK(call_of == std::map<std::uint64_t, std::uint64_t>{{1, 1}, {2, 10}, {3, 15}, {4, 19}, {5, 20}});
  // The run's clock shows what was waited: 8 x 10 s as asked, then 1 + 2 + 4 + 8 s, then 1 + 2 + 4 s.
  CHECK(t.status["timing"]["elapsed_s"].get<double>() == Approx(80 + 15 + 7).margin(1));
}
