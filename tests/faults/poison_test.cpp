// A segment that kills the real process: three deaths of its own skip it, kill -9 never does, ten starts for nothing pause
// (contract 8.4).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace longwave::tests;

namespace {

std::vector<std::string> broadcast(const fs::path& output, const fs::path& plan) {
  return {"broadcast", "--dj", "julie", "--duration", "16", "--enable-validation", "--seed", "6", "--progress", "none",
          "--disk-floor", "0", "--resume", "--output", output.string(), "--fault-plan", plan.string()};
}

} // namespace

TEST_CASE("poison: a segment that aborts the process three times is skipped, and the run goes on") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":3,\"fault\":\"abort\"}\n{\"segment\":9,\"attempt\":1,\"call\":\"1-12\",\"fault\":\"abort\"}\n");
  const auto args = broadcast(folder / "out", folder / "plan");
  int deaths = 0;
  for (process_end end{}; end != process_end{0, 0} && end.exit_code < 10; ++deaths) {
    REQUIRE(deaths < 8);
    end = run(args, folder / "log");
    if (end.signal == 0 && end.exit_code >= 0) break;
    CHECK(end.signal == SIGABRT);
  }
  CHECK(deaths >= 3);
  const auto lines = read_lines(folder / "out" / "segments.jsonl");
  REQUIRE(lines.size() == 16);
  CHECK(lines[2]["status"] == "skipped");
  CHECK(lines[2]["skip_reason"] == "poison");
  CHECK(lines[3]["status"] == "accepted");
  CHECK(lines[8]["status"] == "accepted"); // died once or twice over it
  CHECK(run({"verify", (folder / "out").string()}, folder / "log") == process_end{0, 0});
}

TEST_CASE("poison: kill -9 over one segment skips nothing; after ten starts for nothing a person is asked") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":3,\"fault\":\"slow\",\"ms\":60000}\n");
  auto args = broadcast(folder / "out", folder / "plan");
  args.insert(args.begin(), binary());
  std::string state;
  int starts = 0;
  while (starts < 14 && state != "paused") {
    process p(args, folder / "log");
    ++starts;
    for (int i = 0; i < 1'000; ++i) {
      const auto text = read_file(folder / "out" / "LIVE_STATUS.json");
      const auto status = nlohmann::json::parse(text, nullptr, false);
      state = status.is_object() && status["pid"] == p.pid() ? status["state"].get<std::string>() : "";
      const auto done = status.is_object() ? status["progress"]["segments_done"].get<int>() : 0;
      if (state == "paused" || (state == "running" && done == 2)) break;
      REQUIRE_FALSE(p.wait_for(20));
    }
    p.send(SIGKILL);
    p.wait_for(-1);
  }
  CHECK(state == "paused");
  CHECK(starts >= 10);
  CHECK(starts <= 12);
  const auto status = nlohmann::json::parse(read_file(folder / "out" / "LIVE_STATUS.json"));
  CHECK(status["pause_reasons"] == nlohmann::json::array({"crash_loop"}));
  CHECK(status["progress"]["segments_skipped"] == 0);
}
