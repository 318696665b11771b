// The real binary against a server that does everything wrong in turn: each fault at the first, a middle and the last
// place of a run, for each kind of backend, with the exact number of requests.
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

using namespace longwave::tests;
using longwave::test::fault_server;

namespace {

using nlohmann::json;
using words = std::vector<std::string>;

/// Each of these spends an attempt; the next request is served well.
const words spending{"hang",       "stall",     "drip:30",    "pings:900", "close",      "closehead", "resethead", "reset",
                     "resetbody",  "badhttp",   "bighead",    "http500",   "http502",    "http504",   "redirect",  "html200",
                     "empty",      "garbage",   "badjson",    "deep",      "nan",        "surrogate", "badutf8",   "nulltext",
                     "numbertext", "listtext",  "notext",     "markup",    "error200",   "blank",     "nul",       "nocontent",
                     "think",      "openthink", "turns",     "noend",     "nofinish",   "errorline", "length",     "loop",      "endless:1", "bigbody",
                     "bigline",    "shortlength", "negativelength"};
/// These spend none.
const words busy{"http429", "http503", "http529"};

std::size_t memory_kb(pid_t pid, const std::string& field) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.rfind(field, 0) == 0) return std::stoul(line.substr(line.find_first_of("0123456789")));
  return 0;
}

struct trial {
  std::string kind;
  std::size_t turn = 0;
  fs::path output, log;
  std::unique_ptr<fault_server> server;
  std::unique_ptr<process> p;
  std::size_t first_kb = 0, most_kb = 0;

  /// The faults in the order in which this run meets them.
  words order() const {
    words all = spending;
    all.insert(all.end(), busy.begin(), busy.end());
    const auto shift = all.size() * turn / 3;
    std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shift), all.end());
    return all;
  }

  void start(const fs::path& folder) {
    const auto name = kind + std::to_string(turn);
    output = folder / name;
    log = folder / (name + ".log");
    words options;
    const auto faults = order();
    for (std::size_t i = 0; i < faults.size(); ++i)
      options.insert(options.end(), {"--on", std::to_string(2 * i + 1) + "=" + faults[i]});
    server = std::make_unique<fault_server>(options);
    // A virtual clock: back-off and Retry-After pass at once, the call's own clocks are real.
    p = std::make_unique<process>(
      words{binary(), "broadcast", "--dj", "julie", "--seed", "37", "--progress", "none", "--disk-floor", "0", "--backend", kind,
            "--model", "trial", "--endpoint", server->url(), "--output", output.string(), "--duration", std::to_string(faults.size()),
            "--skip-preflight", "--clock", "virtual", "--call-timeout", "4", "--idle-timeout", "2"},
      log);
  }

  /// Looks at the memory until the run ends. False when it does not.
  bool wait() {
    for (int turns = 0; turns < 12'000; ++turns) {
      const auto now = memory_kb(p->pid(), "VmHWM");
      if (first_kb == 0 && fs::exists(output / "segments.jsonl")) first_kb = now;
      most_kb = std::max(most_kb, now);
      if (p->wait_for(10)) return true;
    }
    return false;
  }

  void check() const {
    INFO(kind << " turn " << turn << "\n" << read_file(log));
    const auto lines = read_lines(output / "segments.jsonl");
    const auto faults = order();
    REQUIRE(lines.size() == faults.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      INFO(faults[i] << " met " << lines[i].dump());
      const bool spent = std::find(busy.begin(), busy.end(), faults[i]) == busy.end();
      CHECK(lines[i]["status"] == "accepted");
      CHECK(lines[i]["attempts"] == (spent ? 2 : 1));
      const auto text = lines[i]["text"].get<std::string>();
      CHECK(text.size() > 100);
      for (const char* part : {"error", "<html", "{\"", "Welcome"}) CHECK(text.find(part) == std::string::npos);
    }
    CHECK(server->logged("request").size() == 2 * faults.size());
    CHECK(most_kb - first_kb < 16 * 1'024);
  }
};

} // namespace

TEST_CASE("backend: each fault at each place of a run costs one request and no segment, for each kind of backend") {
  scratch_folder folder;
  std::vector<trial> trials;
  for (const char* kind : {"ollama", "openai", "anthropic"})
    for (std::size_t turn = 0; turn < 3; ++turn) {
      trial t;
      t.kind = kind;
      t.turn = turn;
      trials.push_back(std::move(t));
    }
  for (auto& t : trials) t.start(folder.path());
  std::size_t most = 0;
  for (auto& t : trials) {
    REQUIRE(t.wait());
    t.check();
    most = std::max(most, t.most_kb - t.first_kb);
  }
  std::cout << trials.size() << " runs, " << trials.size() * trials.front().order().size() << " faults, memory grew at most "
            << most / 1'024 << " MiB\n";
}

TEST_CASE("backend: a storm of a thousand busy answers spends no attempt, and a wait of ten years is shortened") {
  scratch_folder folder;
  const auto output = folder / "out";
  fault_server server({"--on", "2-1001=http429", "--on", "1003=http429", "--retry-after", "1"});
  const words args{"broadcast", "--dj", "julie", "--seed", "37", "--progress", "none", "--disk-floor", "0", "--backend", "openai",
                   "--model", "trial", "--endpoint", server.url(), "--output", output.string(), "--duration", "4", "--clock",
                   "virtual", "--stall-after", "100000"};
  CHECK(run(args, folder / "log", 60'000).signal == 0);
  INFO(read_file(folder / "log"));
  const auto lines = read_lines(output / "segments.jsonl");
  REQUIRE(lines.size() == 4);
  for (const auto& line : lines) CHECK(line["attempts"] == 1);
  CHECK(server.logged("request").size() == 1 + 1'000 + 1 + 1 + 3);

  fault_server patient({"--default", "http429", "--retry-after", "315360000"});
  auto more = args;
  more[14] = patient.url();
  more[16] = (folder / "patient").string();
  more.back() = "7200"; // two waits of an hour, then a person is asked
  more.insert(more.end(), {"--on-failure-limit", "exit"});
  CHECK(run(more, folder / "log", 60'000) == process_end{75, 0});
  CHECK(patient.logged("request").size() == 1 + 3);
  const auto status = json::parse(read_file(folder / "patient" / "LIVE_STATUS.json"));
  CHECK(status["pause_reasons"] == json{"backend_busy"});
  CHECK(status["failures"]["total"] == 0);
}
