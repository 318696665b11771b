// Kills the real binary with SIGKILL at random moments and holds what is left against an oracle outside the process and
// against an undisturbed twin: nothing lost, nothing doubled, the same bytes (P1, P2).
#include "tests/support/process.hpp"

#include "messages/random.hpp"
#include "storage/chain.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <set>

using namespace longwave::tests;

namespace {

std::vector<std::string> week(const fs::path& output, const fs::path& oracle, const fs::path& plan) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "112", "--enable-validation",
                                "--enable-stories", "--seed", "77", "--progress", "none", "--disk-floor", "0",
                                "--output", output.string(), "--resume", "--call-log", oracle.string()};
  if (!plan.empty()) args.insert(args.end(), {"--fault-plan", plan.string()});
  return args;
}

/// What the oracle saw: texts issued for each segment.
std::map<std::uint64_t, std::multiset<std::string>> issued(const fs::path& oracle) {
  std::map<std::uint64_t, std::multiset<std::string>> texts;
  std::istringstream in(read_file(oracle));
  for (std::string line; std::getline(in, line);) {
    const auto j = nlohmann::json::parse(line, nullptr, false);
    if (j.is_object()) texts[j["segment"].get<std::uint64_t>()].insert(j["sha256"].get<std::string>());
  }
  return texts;
}

struct outcome {
  int kills = 0;
  std::uint64_t calls = 0;
};

/// Runs one week to its end through `kills` kills at random moments.
outcome killed_week(const scratch_folder& folder, const std::string& name, std::uint64_t seed, int kills) {
  const auto output = folder / name;
  const auto oracle = folder / (name + ".calls");
  const auto plan = folder / "pace.jsonl";
  write_file(plan, "{\"fault\":\"slow\",\"ms\":3}\n");
  outcome result;
  longwave::random_stream moments(seed, 0, 0, "kill moments");
  for (int start = 0; start < kills + 60; ++start) {
    auto args = week(output, oracle, plan);
    args.insert(args.begin(), binary());
    process p(args, folder / "log");
    const int limit = start < kills ? 40 + static_cast<int>(moments.below(160)) : 120'000;
    if (auto end = p.wait_for(limit)) {
      INFO(read_file(folder / "log"));
      REQUIRE(*end == process_end{0, 0});
      for (const auto& [segment, texts] : issued(oracle)) result.calls += texts.size();
      return result;
    }
    p.send(SIGKILL);
    p.wait_for(-1);
    ++result.kills;
    if (fs::exists(output / "LIVE_STATUS.json"))
      REQUIRE_NOTHROW(nlohmann::json::parse(read_file(output / "LIVE_STATUS.json")));
  }
  FAIL("the week never ended");
  return result;
}

} // namespace

TEST_CASE("kill: test_atomic_write_no_corruption - nothing is lost or doubled by kill -9 at random moments") {
  const char* wanted = std::getenv("LONGWAVE_KILLS");
  const int total = wanted ? std::atoi(wanted) : 100;
  scratch_folder folder;
  REQUIRE(run(week(folder / "twin", folder / "twin.calls", ""), folder / "log") == process_end{0, 0});
  const auto twin = identity_of(folder / "twin");
  int kills = 0, weeks = 0;
  std::uint64_t wasted = 0;
  while (kills < total) {
    const auto name = "week" + std::to_string(++weeks);
    const auto seen = killed_week(folder, name, static_cast<std::uint64_t>(weeks), std::min(25, total - kills));
    kills += seen.kills;
    const auto lines = read_lines(folder / name / "segments.jsonl");
    REQUIRE(lines.size() == 112);
    const auto texts = issued(folder / (name + ".calls"));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      REQUIRE(lines[i]["seq"] == i + 1);
      // The accepted text was issued for this very segment.
      REQUIRE(texts.at(i + 1).count(longwave::storage::sha256_hex(lines[i]["text"].get<std::string>())) >= 1);
    }
    // A kill costs at most the one call in flight.
    REQUIRE(seen.calls <= 112 + static_cast<std::uint64_t>(seen.kills));
    wasted += seen.calls - 112;
    REQUIRE(identity_of(folder / name) == twin);
    const auto sound = run({"verify", (folder / name).string()}, folder / "verify.log");
    INFO(read_file(folder / "verify.log"));
    REQUIRE(sound == process_end{0, 0});
    if (seen.kills == 0) break;
    fs::remove_all(folder / name);
  }
  std::cout << "kill_test: " << kills << " kills over " << weeks << " weeks, 0 lost, 0 doubled, " << wasted
            << " calls repeated, output identical to the twin\n";
  CHECK(kills >= total);
}
