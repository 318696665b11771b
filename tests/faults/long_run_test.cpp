// A thousand segments over loopback HTTP: the run is killed in its middle and resumed, the server is killed and started
// again; nothing is lost, nothing comes twice, and each kill wastes at most one call.
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using nlohmann::json;
using words = std::vector<std::string>;

constexpr std::size_t segments = 1'000;

std::size_t lines_in(const fs::path& output) {
  const auto text = read_file(output / "segments.jsonl");
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool until(process& p, const std::function<bool()>& holds) {
  for (int turn = 0; turn < 6'000; ++turn) {
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

} // namespace

TEST_CASE("backend: a thousand segments over HTTP survive kills of the run and of the server, with one wasted call a kill") {
  scratch_folder folder;
  const auto output = folder / "out", log = folder / "log";
  auto server = std::make_unique<fault_server>(words{"--default", "slow:1"});
  const auto port = server->port();
  const words args{binary(), "broadcast", "--dj", "julie", "--seed", "41", "--progress", "none", "--disk-floor", "0",
                   "--backend", "openai", "--model", "trial", "--endpoint", server->url(), "--output", output.string(),
                   "--duration", std::to_string(segments), "--segment-files", "off", "--skip-preflight", "--resume"};
  std::size_t requests = 0, kills = 0;
  for (const std::size_t at : {150, 400, 650}) {
    process p(args, log);
    INFO(read_file(log));
    REQUIRE(until(p, [&] { return lines_in(output) >= at; }));
    p.send(SIGKILL);
    ++kills;
    REQUIRE(p.wait_for(10'000));
  }
  process last(args, log);
  for (const std::size_t at : {750, 850}) {
    REQUIRE(until(last, [&] { return lines_in(output) >= at; }));
    // Counted once it is dead: what it is asked between a count and its end would be missing.
    server->stop();
    requests += server->logged("request").size();
    server.reset();
    ++kills;
    server = std::make_unique<fault_server>(words{"--default", "slow:1", "--port", std::to_string(port)});
  }
  REQUIRE(last.wait_for(120'000));
  requests += server->logged("request").size();
  INFO(read_file(log));
  const auto lines = read_lines(output / "segments.jsonl");
  REQUIRE(lines.size() == segments);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i]["seq"] != i + 1 || lines[i]["status"] != "accepted") FAIL(lines[i].dump());
  }
  CHECK(requests >= segments);
  CHECK(requests <= segments + kills);
  CHECK(run({"verify", output.string()}, log) == process_end{0, 0});
  std::cout << segments << " segments, " << kills << " kills, " << requests << " requests\n";

  // What was written before the first kill is what an undisturbed run writes.
  fault_server undisturbed(words{});
  auto twin = args;
  twin.erase(twin.begin());
  twin[14] = undisturbed.url();
  twin[16] = (folder / "twin").string();
  twin[18] = "60";
  CHECK(run(twin, log).signal == 0);
  const auto texts = texts_in(output), twins = texts_in(folder / "twin");
  REQUIRE(twins.size() == 60);
  CHECK(std::equal(twins.begin(), twins.end(), texts.begin()));
}
