// Kills the real binary with SIGKILL at random moments and holds what is left against an oracle outside the process and
// against an undisturbed twin: nothing lost, nothing doubled, the same bytes (P1, P2).
//
//   build/release/kill_test                             300 kills
//   LONGWAVE_KILLS=50000 LONGWAVE_SEED=9 ...            more, at other moments
#include "tests/support/oracle.hpp"

#include <catch2/catch.hpp>

using namespace longwave::tests;

namespace {

constexpr std::uint64_t kills_a_week = 25;

std::vector<std::string> week(const fs::path& output, const fs::path& plan) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "112", "--enable-validation",
                                "--enable-stories", "--seed", "77", "--progress", "none", "--disk-floor", "0",
                                "--output", output.string(), "--resume", "--call-log", output.string() + ".calls"};
  if (!plan.empty()) args.insert(args.end(), {"--fault-plan", plan.string()});
  return args;
}

/// Runs one week to its end through up to `kills` kills at random moments; gives how many there were.
std::uint64_t kill_a_week(const fs::path& output, const fs::path& plan, std::uint64_t seed, std::uint64_t number,
                          std::uint64_t kills) {
  longwave::random_stream moments(seed, number, 0, "kill moments");
  for (std::uint64_t start = 0, killed = 0; start < kills + 60; ++start) {
    auto args = week(output, plan);
    args.insert(args.begin(), binary());
    process p(args, output.string() + ".log");
    const bool spared = start >= kills;
    if (const auto end = spared ? std::optional(end_of_run(p, output, 120)) : p.wait_for(40 + static_cast<int>(moments.below(160)))) {
      if (*end != process_end{0, 0}) throw std::runtime_error("exit code " + std::to_string(end->exit_code) + ": " + read_file(output.string() + ".log"));
      return killed;
    }
    p.send(SIGKILL);
    p.wait_for(-1);
    ++killed;
  }
  throw std::runtime_error("the week never ended");
}

} // namespace

TEST_CASE("kill: test_atomic_write_no_corruption - nothing is lost or doubled by kill -9 at random moments") {
  const auto wanted = number_from("LONGWAVE_KILLS", 300);
  const auto seed = number_from("LONGWAVE_SEED", 1);
  scratch_folder folder(number_from("LONGWAVE_KILL_ON_DISK", 1) ? fs::temp_directory_path() : quick_folder());
  REQUIRE(run(week(folder / "twin", ""), folder / "log") == process_end{0, 0});
  const auto plan = folder / "pace.jsonl";
  write_file(plan, "{\"fault\":\"slow\",\"ms\":3}\n");
  fault_list faults;
  std::atomic<std::uint64_t> kills{0}, weeks{0}, lost{0}, doubled{0}, repeated{0}, reads{0};
  // A week takes as many kills as it lives to see, so the last ones make up for those that ended early.
  const auto most_weeks = 4 * wanted / kills_a_week + 4;
  in_parallel(most_weeks, 2, faults, [&](std::uint64_t i) {
    if (kills >= wanted) return;
    const auto output = folder / ("week" + std::to_string(i));
    status_watcher watcher(output);
    const auto killed = kill_a_week(output, plan, seed, i, kills_a_week);
    if (const auto fault = watcher.finish(); !fault.empty()) return faults.add(output.string() + ": " + fault);
    // A kill costs at most the calls in flight.
    const auto counts = audit_against_twin(output, folder / "twin", output.string() + ".calls", killed);
    if (!counts.fault.empty()) return faults.add(counts.fault);
    kills += killed;
    ++weeks;
    lost += counts.lost;
    doubled += counts.doubled;
    repeated += counts.repeated_calls;
    reads += watcher.reads();
    for (const auto* end_of_name : {"", ".calls", ".log"}) fs::remove_all(output.string() + end_of_name);
  });
  std::cout << "kill_test: SEED=" << seed << " kills=" << kills << " weeks=" << weeks << " lost=" << lost
            << " doubled=" << doubled << " calls_repeated=" << repeated << " status_reads=" << reads << "\n";
  INFO(faults.text());
  CHECK_FALSE(faults.any());
  CHECK(kills >= wanted);
}
