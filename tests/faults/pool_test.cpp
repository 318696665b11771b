// Several servers behind one run, seen from outside: fail-over, cool-downs, mixed kinds, the fallback model, the status.
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using nlohmann::json;
using words = std::vector<std::string>;

words broadcast(const fs::path& output, const words& more) {
  words args{"broadcast",  "--dj", "julie",     "--seed", "37",      "--progress", "none",
             "--disk-floor", "0",  "--backend", "openai", "--model", "trial",      "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

json status_of(const fs::path& output) {
  const auto text = read_file(output / "LIVE_STATUS.json");
  return text.empty() ? json() : json::parse(text);
}

bool until(process& p, const std::function<bool()>& holds) {
  for (int turn = 0; turn < 3'000; ++turn) {
    if (holds()) return true;
    if (p.wait_for(10)) return holds();
  }
  return false;
}

void check_whole(const fs::path& output, std::size_t segments) {
  const auto lines = read_lines(output / "segments.jsonl");
  REQUIRE(lines.size() == segments);
  for (const auto& line : lines) {
    CHECK(line["status"] == "accepted");
    CHECK(line["attempts"] == 1);
  }
}

json why_of(const fs::path& output, int segment) {
  scratch_folder logs;
  REQUIRE(run({"why", output.string(), std::to_string(segment), "--json"}, logs / "why") == process_end{0, 0});
  return json::parse(read_file(logs / "why"));
}

} // namespace

TEST_CASE("pool: work is shared, a dead server is passed over, and why tells who wrote what") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server a(words{}), c(words{});
  auto b = std::make_unique<fault_server>(words{});
  const auto b_url = b->url();
  b.reset(); // nobody listens there
  const auto log = folder / "log";
  REQUIRE(run(broadcast(output, {"--duration", "8", "--endpoint", a.url(), "--endpoint", b_url, "--endpoint", c.url()}), log, 60'000)
            .signal == 0);
  INFO(read_file(log));
  check_whole(output, 8);
  const auto at_a = a.logged("request").size(), at_c = c.logged("request").size();
  CHECK(at_a + at_c == 8 + 1); // and the probe before the start, which the first one answered
  CHECK(at_a >= 3);
  CHECK(at_c >= 3);
  std::set<std::string> writers;
  for (int i = 1; i <= 8; ++i) writers.insert(why_of(output, i)["answered_by"]["endpoint"].get<std::string>());
  CHECK(writers == std::set<std::string>{a.url() + "/v1", c.url() + "/v1"});
  const auto shown = status_of(output)["backend"]["endpoints"];
  REQUIRE(shown.size() == 3);
  CHECK(shown[0]["state"] == "ok");
  CHECK(shown[1]["state"] == "down");
  CHECK(shown[1]["failures"].get<int>() >= 1);
  CHECK(shown[2]["in_flight"] == 0);
}

TEST_CASE("pool: servers of different kinds stand in a configuration file, each with its own settings") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server ollama({"--model", "small"}), openai({"--model", "trial"}), anthropic({"--model", "claude", "--require-key", "sesame"});
  write_file(folder / "key", "sesame\n");
  fs::permissions(folder / "key", fs::perms::owner_read | fs::perms::owner_write);
  write_file(folder / "config.toml", "backend = \"openai\"\nmodel = \"trial\"\n"
                                     "[[endpoint]]\nurl = \"" + ollama.url() + "\"\nkind = \"ollama\"\nmodel = \"small\"\nin-flight = 1\n"
                                     "[[endpoint]]\nurl = \"" + openai.url() + "\"\nmax-tokens-field = \"max_completion_tokens\"\n"
                                     "[[endpoint]]\nurl = \"" + anthropic.url() + "\"\nkind = \"anthropic\"\nmodel = \"claude\"\n"
                                     "api-key-file = \"" + (folder / "key").string() + "\"\n");
  words args{"broadcast", "--dj", "julie", "--seed", "37", "--progress", "none", "--disk-floor", "0", "--output", output.string(),
             "--duration", "9", "--config", (folder / "config.toml").string()};
  const auto end = run(args, folder / "log", 60'000);
  INFO(read_file(folder / "log"));
  CHECK(end.signal == 0);
  check_whole(output, 9);
  const auto asked = [](const fault_server& s, const std::string& target) {
    std::size_t n = 0;
    for (const auto& line : s.logged("request")) n += line["target"] == target;
    return n;
  };
  CHECK(asked(ollama, "/api/chat") >= 3);
  CHECK(asked(openai, "/v1/chat/completions") >= 3);
  CHECK(asked(anthropic, "/v1/messages") >= 3);
  CHECK(openai.logged("request").back()["body"].contains("max_completion_tokens"));
  for (const auto& entry : fs::recursive_directory_iterator(output))
    if (entry.is_regular_file()) CHECK(read_file(entry.path()).find("sesame") == std::string::npos);
}

TEST_CASE("pool: a bad endpoint in a configuration file is refused with its line before anything is created") {
  scratch_folder folder;
  for (const auto& [table, says] : std::vector<std::pair<std::string, std::string>>{
         {"[[endpoint]]\nkind = \"ollama\"\n", "url"},
         {"[[endpoint]]\nurl = \"http://h\"\ncolour = \"red\"\n", "colour"},
         {"[[endpoint]]\nurl = \"http://h\"\nkind = \"gemini\"\n", "kind"},
         {"[[endpoint]]\nurl = \"h:80\"\n", "http://"},
         {"[[server]]\nurl = \"http://h\"\n", "server"}}) {
    write_file(folder / "config.toml", "backend = \"openai\"\nmodel = \"m\"\n" + table);
    const auto end = run({"broadcast", "--dj", "julie", "--duration", "2", "--output", (folder / "out").string(), "--config",
                          (folder / "config.toml").string()},
                         folder / "log");
    const auto said = read_file(folder / "log");
    INFO(said);
    CHECK(end == process_end{78, 0});
    CHECK(said.find(says) != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
    fs::remove(folder / "log");
  }
}

TEST_CASE("pool: while all servers want to be left alone the status counts down and no attempt is spent") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server a({"--on", "3=http429", "--retry-after", "3"}), b({"--on", "2=http503", "--retry-after", "4"});
  words args = broadcast(output, {"--duration", "6", "--endpoint", a.url(), "--endpoint", b.url()});
  args.insert(args.begin(), binary());
  process p(args, folder / "log");
  REQUIRE(until(p, [&] {
    const auto status = status_of(output);
    return status.is_object() && status["backend"]["state"] == "waiting_on_backend";
  }));
  const auto waiting = status_of(output);
  CHECK(waiting["state"] == "running");
  CHECK(waiting["state_reason"] == "waiting_on_backend");
  CHECK(waiting["backend"]["waiting_seconds"].get<double>() > 0);
  CHECK(waiting["backend"]["waiting_seconds"].get<double>() <= 4);
  CHECK(waiting["backend"]["waiting_until"].is_string());
  CHECK(waiting["backend"]["detail"].get<std::string>().find("HTTP") != std::string::npos);
  for (const auto& one : waiting["backend"]["endpoints"]) {
    CHECK(one["state"] == "waiting");
    CHECK(one["reopens_in_seconds"].get<double>() > 0);
  }
  REQUIRE(p.wait_for(30'000));
  check_whole(output, 6);
  CHECK(a.logged("request").size() + b.logged("request").size() == 6 + 2 + 1);
  CHECK(status_of(output)["backend"]["state"] == "ok");
  CHECK(status_of(output)["backend"]["waiting_seconds"].is_null());
}

TEST_CASE("pool: runs side by side in one engine share a server's places and its cool-down") {
  scratch_folder folder;
  const auto engine = folder / "engine";
  fault_server ollama({"--model", "trial", "--token-delay", "3"});
  process serve({binary(), "serve", engine.string()}, folder / "serve.log");
  REQUIRE(until(serve, [&] { return fs::exists(engine / ".longwave" / "control.sock"); }));
  std::vector<std::unique_ptr<process>> runs;
  for (const char* name : {"one", "two", "three"})
    runs.push_back(std::make_unique<process>(
      words{binary(), "broadcast", "--dj", "julie", "--seed", "37", "--duration", "4", "--run-id", name, "--backend", "ollama", "--model",
            "trial", "--endpoint", ollama.url(), "--server", engine.string(), "--progress", "none", "--disk-floor", "0"},
      folder / (std::string(name) + ".log")));
  for (auto& r : runs) REQUIRE(r->wait_for(60'000));
  for (const char* name : {"one", "two", "three"}) {
    INFO(read_file(folder / (std::string(name) + ".log")));
    check_whole(engine / name, 4);
  }
  // One call at a time. The server notes the end of an answer after its last byte: by then the next call may have come.
  std::set<std::uint64_t> open;
  std::size_t most = 0;
  std::ifstream in(ollama.log_file());
  for (std::string line; std::getline(in, line);) {
    const auto event = json::parse(line);
    const auto n = event["n"].get<std::uint64_t>();
    if (event["event"] == "end") open.erase(n);
    if (event["event"] == "request" && event["body"]["options"]["num_predict"] != 4) open.insert(n); // no probe
    most = std::max(most, open.size());
  }
  CHECK(most <= 2);
  serve.send(SIGTERM);
  CHECK(serve.wait_for(20'000));
}

TEST_CASE("pool: a refusal and a prompt that is too long go to the fallback model") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server server({"--on", "3=filter", "--on", "6=context400"});
  const auto end = run(broadcast(output, {"--duration", "5", "--endpoint", server.url(), "--fallback-model", "wide"}), folder / "log", 60'000);
  INFO(read_file(folder / "log"));
  CHECK(end.signal == 0);
  const auto lines = read_lines(output / "segments.jsonl");
  REQUIRE(lines.size() == 5);
  for (const auto& line : lines) CHECK(line["status"] == "accepted");
  std::vector<std::string> models;
  for (const auto& request : server.logged("request")) models.push_back(request["body"]["model"]);
  CHECK(models == std::vector<std::string>{"trial", "trial", "trial", "wide", "trial", "trial", "wide", "trial"});
  CHECK(lines[1]["attempts"] == 2); // the refusal was spent
  CHECK(lines[3]["attempts"] == 1); // the prompt that did not fit never reached a model
  CHECK(why_of(output, 4)["answered_by"]["model"] == "wide");
  CHECK(why_of(output, 2)["attempts"]["history"][0]["model"] == "trial");
}

TEST_CASE("pool: a filter that meets the first prompt keeps no run from its start when another model is there to ask") {
  scratch_folder folder;
  fault_server server({"--on", "1-2=filter"});
  const auto asked = [&](const std::string& name) { return broadcast(folder / name, {"--duration", "2", "--endpoint", server.url()}); };
  auto with_fallback = asked("with");
  with_fallback.insert(with_fallback.end(), {"--fallback-model", "wide"});
  CHECK((run(asked("without"), folder / "log", 60'000) == process_end{69, 0}));
  CHECK(!std::filesystem::exists(folder / "without"));
  CHECK((run(with_fallback, folder / "log", 60'000) == process_end{0, 0}));
  CHECK(read_lines(folder / "with" / "segments.jsonl").size() == 2);
}
