// The host's clock jumps, stops, races and moves between time zones while the real binary runs: the output is the same (P9,
// contract 8.20, 8.22). libfaketime stands in for a clock that somebody sets.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

using namespace longwave::tests;

namespace {

const char* const faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Variables for the children, taken back at the end.
class environment {
public:
  explicit environment(std::vector<std::pair<std::string, std::string>> set) : set_(std::move(set)) {
    for (const auto& [name, value] : set_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~environment() {
    for (const auto& [name, value] : set_) ::unsetenv(name.c_str());
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

private:
  std::vector<std::pair<std::string, std::string>> set_;
};

std::vector<std::string> broadcast(const fs::path& output, const std::vector<std::string>& more = {}) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "64", "--enable-validation", "--enable-stories",
                                "--seed", "31", "--progress", "none", "--disk-floor", "0", "--run-id", "clocks", "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

/// The clock of the children: a file that is read at every look at the time.
std::vector<std::pair<std::string, std::string>> faked(const fs::path& file) {
  return {{"LD_PRELOAD", faketime}, {"FAKETIME_TIMESTAMP_FILE", file.string()}, {"FAKETIME_NO_CACHE", "1"},
          {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}, {"FAKETIME_DONT_RESET", "1"}};
}

const std::string& undisturbed() {
  static const std::string lines = [] {
    scratch_folder folder;
    REQUIRE(run(broadcast(folder / "twin"), folder / "log") == process_end{0, 0});
    return identity_of(folder / "twin");
  }();
  return lines;
}

} // namespace

TEST_CASE("clock: seconds, daylight saving, years forward and back, a stopped and a racing clock change nothing") {
  REQUIRE(fs::exists(faketime)); // Debian package libfaketime
  scratch_folder folder;
  write_file(folder / "pace", "{\"fault\":\"slow\",\"ms\":12}\n");
  const std::vector<std::string> clocks{"+0", "+1", "-1", "+1h", "-1h", "+3650d", "-3650d", "@2027-03-28 01:59:59", "@2027-10-31 02:59:59",
                                        "2026-01-01 00:00:00", "+0 x100", "@2000-02-29 23:59:59 x100", "+0"};
  int changes = 0;
  {
    write_file(folder / "clock", "+0\n");
    environment set(faked(folder / "clock"));
    auto args = broadcast(folder / "out", {"--fault-plan", (folder / "pace").string()});
    args.insert(args.begin(), binary());
    process p(args, folder / "log");
    std::optional<process_end> end;
    for (std::size_t i = 1; !end && i < 2'000; ++i) {
      end = p.wait_for(60);
      if (end) break;
      write_file(folder / "clock.next", clocks[i % clocks.size()] + "\n");
      fs::rename(folder / "clock.next", folder / "clock"); // never half a line
      ++changes;
      const auto text = read_file(folder / "out" / "LIVE_STATUS.json");
      if (!text.empty()) REQUIRE(nlohmann::json::accept(text));
    }
    INFO(read_file(folder / "log"));
    REQUIRE(end == process_end{0, 0});
  }
  std::cout << "clock_test: " << changes << " changes of the clock during one run of 64 segments\n";
  CHECK(changes >= 12);
  CHECK(identity_of(folder / "out") == undisturbed());
  CHECK(run({"verify", (folder / "out").string()}, folder / "log") == process_end{0, 0});
}

TEST_CASE("clock: two host dates, and a resume years before its start, give the same output") {
  scratch_folder folder;
  for (const std::string date : {"@2020-02-29 12:00:00", "@2037-12-31 23:59:58"}) {
    write_file(folder / "clock", date + "\n");
    environment set(faked(folder / "clock"));
    const auto output = folder / date.substr(1, 4);
    REQUIRE(run(broadcast(output), folder / "log") == process_end{0, 0});
    CHECK(read_lines(output / "segments.jsonl").front()["accepted_at"].get<std::string>().substr(0, 4) == date.substr(1, 4));
    CHECK(identity_of(output) == undisturbed());
  }
  write_file(folder / "clock", "@2037-01-01 00:00:00\n");
  environment set(faked(folder / "clock"));
  write_file(folder / "pace", "{\"fault\":\"slow\",\"ms\":50}\n");
  auto first = broadcast(folder / "resumed", {"--fault-plan", (folder / "pace").string()});
  first.insert(first.begin(), binary());
  process p(first, folder / "log");
  if (!p.wait_for(1'000)) p.send(SIGTERM);
  REQUIRE(p.wait_for(60'000) == process_end{0, 0});
  write_file(folder / "clock", "@2021-01-01 00:00:00\n");
  REQUIRE(run(broadcast(folder / "resumed", {"--resume"}), folder / "log") == process_end{0, 0});
  CHECK(identity_of(folder / "resumed") == undisturbed());
  CHECK(run({"verify", (folder / "resumed").string()}, folder / "log") == process_end{0, 0});
}

TEST_CASE("clock: time zones change nothing, file names and dates are in UTC") {
  scratch_folder folder;
  for (const std::string zone : {"Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "nonsense/zone"}) {
    environment set({{"TZ", zone}});
    const auto output = folder / zone.substr(0, 6);
    REQUIRE(run(broadcast(output), folder / "log") == process_end{0, 0});
    CHECK(identity_of(output) == undisturbed());
    CHECK(read_lines(output / "segments.jsonl").back()["accepted_at"].get<std::string>().back() == 'Z');
  }
}

TEST_CASE("clock: under a virtual clock the times lie inside the promise too") {
  scratch_folder folder;
  std::string first;
  for (const std::string date : {"@2020-02-29 12:00:00", "@2037-12-31 23:59:58"}) {
    write_file(folder / "clock", date + "\n");
    auto variables = faked(folder / "clock");
    variables.emplace_back("TZ", date[4] == '0' ? "Asia/Kathmandu" : "UTC");
    environment set(variables);
    const auto output = folder / date.substr(1, 4);
    REQUIRE(run(broadcast(output, {"--clock", "virtual"}), folder / "log") == process_end{0, 0});
    const auto lines = read_file(output / "segments.jsonl");
    CHECK(lines.find("\"accepted_at\":\"2000-01-01T") != std::string::npos);
    if (first.empty()) first = lines;
    CHECK(lines == first);
  }
}

TEST_CASE("clock: the simulated calendar knows its own leap days") {
  scratch_folder folder;
  const auto second_day = [&](const std::string& start) {
    const auto output = folder / start;
    REQUIRE(run(broadcast(output, {"--start-date", start}), folder / "log") == process_end{0, 0});
    return read_lines(output / "segments.jsonl").at(16)["broadcast_date"].get<std::string>();
  };
  CHECK(second_day("2096-02-28") == "2096-02-29");
  CHECK(second_day("2096-02-29") == "2096-03-01");
  CHECK(second_day("2100-02-28") == "2100-03-01");
  CHECK(second_day("2101-12-31") == "2102-01-01");
  CHECK(run(broadcast(folder / "none", {"--start-date", "2100-02-29"}), folder / "log") == process_end{64, 0});
  CHECK_FALSE(fs::exists(folder / "none"));
}
