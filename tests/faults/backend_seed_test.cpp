// A model server that dies, hangs, drips, lies and comes back while a run goes on (A37, C9), for both kinds of backend.
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <set>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;

const words kinds{"ollama", "openai"};

words broadcast(const fs::path& output, const std::string& kind, const std::string& url, const words& more) {
  words args{"broadcast", "--dj", "julie",   "--seed", "37",         "--progress", "none",     "--disk-floor", "0",
             "--backend", kind,   "--model", "trial",  "--endpoint", url,          "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::unique_ptr<process> start(const fs::path& log, words args) {
  args.insert(args.begin(), binary());
  return std::make_unique<process>(args, log);
}

json status_of(const fs::path& output) {
  std::ifstream in(output / "LIVE_STATUS.json");
  if (!in) return nullptr;
  std::ostringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

std::string state_of(const fs::path& output) {
  const auto status = status_of(output);
  return status.is_null() ? "" : status["state"].get<std::string>();
}

std::set<std::string> reasons_in(const fs::path& output) {
  return status_of(output)["pause_reasons"].get<std::set<std::string>>();
}

std::size_t lines_in(const fs::path& output) {
  const auto text = read_file(output / "segments.jsonl");
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Looks every 10 ms until `holds`, at most 30 s; false when it never did, or the process ended before.
bool until(process& p, const std::function<bool()>& holds) {
  for (int turn = 0; turn < 3'000; ++turn) {
    if (holds()) return true;
    if (p.wait_for(10)) return holds();
  }
  return false;
}

std::vector<std::string> texts_in(const fs::path& output) {
  std::vector<std::string> texts;
  for (const auto& line : read_lines(output / "segments.jsonl")) texts.push_back(line["text"]);
  return texts;
}

/// Nothing lost, nothing twice, nothing that is not a script.
void check_whole(const fs::path& output, std::size_t segments, std::size_t skips) {
  const auto lines = read_lines(output / "segments.jsonl");
  REQUIRE(lines.size() == segments);
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(lines[i].dump());
    CHECK(lines[i]["seq"] == i + 1);
    CHECK(lines[i]["attempts"].get<int>() <= 3);
    skipped += lines[i]["status"] == "skipped";
    const auto text = lines[i]["text"].get<std::string>();
    CHECK(text.empty() == (lines[i]["status"] == "skipped"));
    for (const char* part : {"error", "<html", "{\"", "Welcome"}) CHECK(text.find(part) == std::string::npos);
  }
  CHECK(skipped <= skips);
  scratch_folder logs;
  CHECK(run({"verify", output}, logs / "log") == process_end{0, 0});
}

words server_options(const words& more) {
  words options{"--model", "trial"};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

} // namespace

TEST_CASE("backend: test_ollama_crash_recovery") {
  struct trial {
    std::string kind;
    fs::path output, twin;
    std::unique_ptr<fault_server> server;
    int port = 0;
    std::unique_ptr<process> p;
  };
  scratch_folder folder;
  std::vector<trial> trials;
  for (const auto& kind : kinds) {
    trial t;
    t.kind = kind;
    t.output = folder / kind;
    t.twin = folder / (kind + "-twin");
    {
      fault_server undisturbed(server_options({}));
      run(broadcast(t.twin, kind, undisturbed.url(), {"--duration", "12"}), folder / "log", 60'000);
    }
    t.server = std::make_unique<fault_server>(server_options({"--token-delay", "10"}));
    t.port = t.server->port();
    trials.push_back(std::move(t));
  }
  for (auto& t : trials)
    t.p = start(folder / (t.kind + ".log"), broadcast(t.output, t.kind, t.server->url(), {"--duration", "12"}));
  for (auto& t : trials) {
    INFO(t.kind << "\n" << read_file(folder / (t.kind + ".log")));
    REQUIRE(until(*t.p, [&] { return lines_in(t.output) >= 4; }));
    t.server.reset(); // killed, in the middle of an answer more often than not
  }
  // Down long enough for several probes; the run neither ends nor skips its way forward.
  for (auto& t : trials) REQUIRE_FALSE(t.p->wait_for(1'000));
  for (auto& t : trials) {
    CHECK(lines_in(t.output) < 12);
    t.server = std::make_unique<fault_server>(server_options({"--port", std::to_string(t.port)}));
  }
  for (auto& t : trials) {
    INFO(t.kind << "\n" << read_file(folder / (t.kind + ".log")));
    end_of_run(*t.p, t.output, 40);
    CHECK(state_of(t.output) == "completed");
    check_whole(t.output, 12, 0);
    // An answer cut off in its middle is asked for in other words; what was published before is the twin's.
    const auto texts = texts_in(t.output), twins = texts_in(t.twin);
    REQUIRE(twins.size() == 12);
    CHECK(std::equal(texts.begin(), texts.begin() + 4, twins.begin()));
    CHECK(status_of(t.output)["failures"]["total"] == 0);
    // The server that came back was asked for the rest only.
    CHECK(t.server->logged("request").size() <= 12);
  }
}

TEST_CASE("backend: every way to go wrong in the middle of a run costs an attempt, not a segment") {
  scratch_folder folder;
  struct trial {
    std::string kind;
    fs::path output;
    std::unique_ptr<fault_server> server;
    std::unique_ptr<process> p;
  };
  write_file(folder / "script",
             "{\"request\":12,\"behaviour\":\"text\",\"text\":\"[Generation error: 404 model not found]\"}\n");
  std::vector<trial> trials;
  // Request 1 is the probe before the start.
  const words faults{"--on", "3=hang",    "--on", "5=drip:40",  "--on",     "7=close",
                     "--on", "9=http500", "--on", "10=html200", "--script", (folder / "script").string()};
  for (const auto& kind : kinds) {
    trial t{kind, folder / kind, std::make_unique<fault_server>(server_options(faults)), nullptr};
    t.p = start(folder / (kind + ".log"),
                broadcast(t.output, kind, t.server->url(), {"--duration", "10", "--call-timeout", "3"}));
    trials.push_back(std::move(t));
  }
  for (auto& t : trials) {
    INFO(t.kind << "\n" << read_file(folder / (t.kind + ".log")));
    end_of_run(*t.p, t.output, 60);
    CHECK(state_of(t.output) == "completed");
    check_whole(t.output, 10, 0);
    const auto status = status_of(t.output);
    CHECK(status["retries"]["attempts"] == 16);
    CHECK(status["failures"]["total"] == 0);
    CHECK(t.server->logged("request").size() == 17); // and the probe
    std::multiset<std::string> outcomes;
    for (const auto& line : read_lines(t.output / "segments.jsonl"))
      for (const auto& outcome : line.value("attempt_outcomes", json::array()))
        outcomes.insert(outcome.get<std::string>());
    CHECK(outcomes.size() == 6);
    CHECK(outcomes.count("stall") == 2);
  }
}

TEST_CASE("backend: what a model writes besides its script is not broadcast, and one that declines is asked once more") {
  scratch_folder folder;
  const std::string said = "Well hey there, friends, this is Julie, and I hope that evening number ";
  const std::string rest = " finds you safe and together in the hills of Appalachia, because I mean it from the heart, you know.";
  std::string script;
  const auto answer = [&](int request, const std::string& before, const std::string& after) {
    const auto text = before + said + std::to_string(request) + rest + after;
    script += json{{"request", request}, {"behaviour", "text"}, {"text", text}}.dump() + "\n";
  };
  answer(2, "<think>\nThey want a segment, so be warm.\n</think>\n\n", "<|im_end|>");
  answer(3, "Sure! Here's the segment you asked for:\n\n**Julie:** ", "");
  answer(4, "[soft static] (clears throat) ", " [music fades]");
  script += json{{"request", 5}, {"behaviour", "text"}, {"text", "I'm sorry, but I can't help with that request."}}.dump() + "\n";
  answer(6, "", "</s>");
  answer(7, "<think>\nNo end, and ", ""); // an attempt
  answer(8, "", "<|im_end|>\n<|im_start|>user\nMore!"); // another
  answer(9, "# Good evening\n\n", "");
  write_file(folder / "script", script);
  fault_server server(server_options({"--script", (folder / "script").string()}));
  const auto output = folder / "out";
  auto p = start(folder / "log", broadcast(output, "openai", server.url(), {"--duration", "5", "--enable-validation"}));
  end_of_run(*p, output, 60);
  check_whole(output, 5, 0);
  const int asked[] = {2, 3, 4, 6, 9};
  const auto lines = read_lines(output / "segments.jsonl");
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i]["text"] == said + std::to_string(asked[i]) + rest);
  CHECK(lines[3]["attempt_outcomes"] == json{"refused"});
  CHECK(lines[4]["attempt_outcomes"] == json{"empty", "empty"});
  std::multiset<std::string> removed;
  for (const auto& line : lines)
    for (const auto& found : line["violations"])
      if (found["rule"] == "not_spoken") removed.insert(found["evidence"].get<std::string>());
  CHECK(removed == std::multiset<std::string>{"Sure! Here's the segment you asked for:", "**Julie:**", "[soft static]", "(clears throat)", "[music fades]",
                                              "# Good evening"});
}

TEST_CASE("backend: a server that dies at a request is waited for, at each place of a short run") {
  scratch_folder folder;
  for (const int at : {2, 4}) { // the first segment, and one between
    const auto output = folder / ("out" + std::to_string(at));
    auto server = std::make_unique<fault_server>(server_options({"--on", std::to_string(at) + "=die"}));
    const auto port = server->port();
    const auto url = server->url();
    auto p = start(folder / "log", broadcast(output, at == 2 ? "ollama" : "openai", url, {"--duration", "4"}));
    REQUIRE(until(*p, [&] { return server->logged("request").size() == static_cast<std::size_t>(at); }));
    REQUIRE_FALSE(p->wait_for(300));
    server.reset();
    fault_server again(server_options({"--port", std::to_string(port)}));
    end_of_run(*p, output, 40);
    check_whole(output, 4, 0);
  }
}

TEST_CASE("backend: dead, or without the model, or with the wrong key: 69 before anything is created") {
  scratch_folder folder;
  const auto refused = [&](const words& args, const std::string& says) {
    scratch_folder logs;
    const auto end = run(args, logs / "log", 30'000);
    const auto said = read_file(logs / "log");
    INFO(said);
    CHECK(end == process_end{69, 0});
    CHECK(std::count(said.begin(), said.end(), '\n') == 1);
    CHECK(said.rfind("longwave: ", 0) == 0);
    CHECK(said.find(says) != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
  };
  std::string dead_url;
  {
    fault_server gone(words{});
    dead_url = gone.url();
  }
  fault_server other_model({"--model", "another"}), locked({"--model", "trial", "--require-key", "open-sesame"});
  write_file(folder / "wrong.key", "guess\n");
  write_file(folder / "right.key", "open-sesame\n");
  for (const auto* key : {"wrong.key", "right.key"})
    fs::permissions(folder / key, fs::perms::owner_read | fs::perms::owner_write);
  for (const auto& kind : kinds) {
    refused(broadcast(folder / "out", kind, dead_url, {"--duration", "2"}), "refused");
    refused(broadcast(folder / "out", kind, other_model.url(), {"--duration", "2"}), "trial");
  }
  refused(broadcast(folder / "out", "openai", locked.url(), {"--duration", "2"}), "401");
  refused(
    broadcast(folder / "out", "openai", locked.url(), {"--duration", "2", "--api-key-file", folder / "wrong.key"}),
    "401");
  run(broadcast(folder / "out", "openai", locked.url(), {"--duration", "2", "--api-key-file", folder / "right.key"}),
      folder / "log", 30'000);
  CHECK(lines_in(folder / "out") == 2);
  // The key is in none of the files that the run leaves behind.
  for (const auto& entry : fs::recursive_directory_iterator(folder / "out"))
    if (entry.is_regular_file()) CHECK(read_file(entry.path()).find("open-sesame") == std::string::npos);
}

TEST_CASE("backend: down for good in the middle pauses and waits for a person") {
  scratch_folder folder;
  const auto output = folder / "out";
  auto server = std::make_unique<fault_server>(server_options({}));
  const auto port = server->port();
  const auto url = server->url();
  const words more{"--duration", "12", "--outage-wait", "0", "--max-attempts", "1"};
  server->stop();
  auto p = start(folder / "log", broadcast(output, "openai", url, [&] {
                   auto all = more;
                   all.push_back("--skip-preflight");
                   return all;
                 }()));
  REQUIRE(until(*p, [&] { return state_of(output) == "paused"; }));
  const auto reasons = reasons_in(output);
  CHECK(reasons.count("consecutive_failures") == 1);
  CHECK(reasons.count("backend_down") == 1);
  CHECK(status_of(output)["failures"]["consecutive"] == 5);
  CHECK_FALSE(p->wait_for(200));
  CHECK(lines_in(output) == 5);
  fault_server again(server_options({"--port", std::to_string(port)}));
  REQUIRE(run({"resume", output}, folder / "told") == process_end{0, 0});
  REQUIRE(p->wait_for(30'000));
  check_whole(output, 12, 5);
}

TEST_CASE("backend: a key that is refused or a quota that is used up pauses at once and leaves the segment open") {
  const std::map<std::string, std::string> reasons{{"http401", "backend_config"}, {"quota429", "quota"}};
  for (const auto& [fault, reason] : reasons) {
    scratch_folder folder;
    const auto output = folder / "out";
    fault_server server(server_options({"--on", "4=" + fault}));
    auto p = start(folder / "log", broadcast(output, "openai", server.url(), {"--duration", "5"}));
    INFO(fault);
    REQUIRE(until(*p, [&] { return state_of(output) == "paused"; }));
    CHECK(reasons_in(output) == std::set<std::string>{reason});
    CHECK(lines_in(output) == 2);
    CHECK(status_of(output)["failures"]["consecutive"] == 0);
    REQUIRE(run({"resume", output}, folder / "told") == process_end{0, 0});
    REQUIRE(p->wait_for(30'000));
    check_whole(output, 5, 0);
    for (const auto& line : read_lines(output / "segments.jsonl")) CHECK(line["attempts"] == 1);
  }
}

TEST_CASE("backend: busy answers are waited out as asked and cost nothing") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server server(server_options({"--on", "3-4=http429", "--on", "6=http503", "--retry-after", "1"}));
  auto p = start(folder / "log", broadcast(output, "openai", server.url(), {"--duration", "5"}));
  REQUIRE(p->wait_for(30'000));
  check_whole(output, 5, 0);
  for (const auto& line : read_lines(output / "segments.jsonl")) CHECK(line["attempts"] == 1);
  CHECK(server.logged("request").size() == 1 + 5 + 3);
  CHECK(status_of(output)["timing"]["elapsed_s"].get<double>() >= 2.9);
}
