// Ends a 16-hour run after every segment index, once by `stop` and once by kill -9, resumes it, and compares with the
// undisturbed twin (P2, F-01, F-02).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <iostream>

using namespace longwave::tests;

namespace {

std::vector<std::string> day(const fs::path& output, const fs::path& plan) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "16", "--enable-validation",
                                "--enable-stories", "--seed", "16", "--progress", "none", "--disk-floor", "0",
                                "--output", output.string(), "--resume"};
  if (!plan.empty()) args.insert(args.end(), {"--fault-plan", plan.string()});
  return args;
}

/// Starts the run so that it hangs in segment `index` + 1, and waits until `index` segments are published.
std::unique_ptr<process> run_up_to(const scratch_folder& folder, const fs::path& output, std::uint64_t index) {
  const auto plan = folder / "hold.jsonl";
  write_file(plan, "{\"segment\":" + std::to_string(index + 1) + ",\"fault\":\"slow\",\"ms\":600000}\n");
  auto args = day(output, plan);
  args.insert(args.begin(), binary());
  auto p = std::make_unique<process>(args, folder / "log");
  for (int turn = 0; turn < 2'000; ++turn) {
    const auto text = read_file(output / "segments.jsonl");
    if (static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')) >= index && fs::exists(output / ".longwave/control.sock"))
      return p;
    if (p->wait_for(5)) break;
  }
  INFO(read_file(folder / "log"));
  FAIL("the run did not come to segment " << index);
  return p;
}

} // namespace

TEST_CASE("every index: test_resume_continues_from_checkpoint after stop and after kill -9") {
  scratch_folder folder;
  REQUIRE(run(day(folder / "twin", ""), folder / "log") == process_end{0, 0});
  const auto twin = identity_of(folder / "twin");
  int resumed = 0;
  for (std::uint64_t index = 0; index <= 15; ++index) {
    for (const bool kill : {false, true}) {
      const auto output = folder / ("day" + std::to_string(index) + (kill ? "k" : "s"));
      auto p = run_up_to(folder, output, index);
      if (kill) {
        p->send(SIGKILL);
      } else {
        REQUIRE(run({"stop", output.string(), "--mode", "immediate"}, folder / "log") == process_end{0, 0});
      }
      const auto end = p->wait_for(20'000);
      REQUIRE(end);
      if (!kill) CHECK(*end == process_end{0, 0});
      REQUIRE(run(day(output, ""), folder / "log") == process_end{0, 0});
      INFO("index " << index << (kill ? " killed" : " stopped"));
      REQUIRE(identity_of(output) == twin);
      REQUIRE(run({"verify", output.string()}, folder / "log") == process_end{0, 0});
      ++resumed;
      fs::remove_all(output);
    }
  }
  std::cout << "every_index_test: " << resumed << " ends and resumes, output identical to the twin each time\n";
}
