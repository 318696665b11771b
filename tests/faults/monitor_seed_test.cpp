// What a watcher of LIVE_STATUS.json, PAUSE and the terminal sees while a run goes on (A34-A36, A38, A39, B2, B3).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <set>

#include <stdlib.h>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;
using nlohmann::json;
using std::chrono::steady_clock;

double seconds_since(steady_clock::time_point then) {
  return std::chrono::duration<double>(steady_clock::now() - then).count();
}

words broadcast(const fs::path& output, const words& more) {
  words args{"broadcast", "--dj",         "julie", "--seed",   "34",           "--progress",
             "none",      "--disk-floor", "0",     "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::unique_ptr<process> start(const scratch_folder& folder, words args) {
  args.insert(args.begin(), binary());
  return std::make_unique<process>(args, folder / "log");
}

/// The status, or null while there is none; a file that is there and is no complete JSON fails the test.
json status_of(const fs::path& output) {
  std::ifstream in(output / "LIVE_STATUS.json", std::ios::binary);
  if (!in) return nullptr;
  std::ostringstream text;
  text << in.rdbuf();
  auto status = json::parse(text.str(), nullptr, false);
  INFO("LIVE_STATUS.json: " << text.str());
  REQUIRE(status.is_object());
  return status;
}

std::string state_of(const fs::path& output) {
  return status_of(output).is_null() ? "" : status_of(output).value("state", "");
}
std::uint64_t done_of(const json& status) {
  return status.is_null() ? 0 : status["progress"]["segments_done"].get<std::uint64_t>();
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

bool until_state(process& p, const fs::path& output, const std::string& state) {
  return until(p, [&] { return state_of(output) == state; });
}

std::set<std::string> reasons_in(const json& status) { return status["pause_reasons"].get<std::set<std::string>>(); }

void tell(const scratch_folder& folder, const words& args) {
  INFO(args[0]);
  REQUIRE(run(args, folder / "told", 30'000) == process_end{0, 0});
}

bool has_warning(const json& status, const std::string& code) {
  const auto& list = status["warnings"];
  return std::any_of(list.begin(), list.end(), [&](const json& w) { return w["code"] == code; });
}

/// What one watcher saw of a run, status after status.
struct watched {
  std::vector<json> statuses;
  std::vector<double> at_s;
  bool was_slowing = false;
  bool was_warned = false;
};

/// Polls until the run ends; `on_status` sees every new status.
watched watch(process& p, const fs::path& output, const std::function<void(const json&)>& on_status = {}) {
  watched seen;
  const auto begun = steady_clock::now();
  std::string last;
  for (int turn = 0; turn < 60'000; ++turn) {
    const bool over = p.wait_for(2).has_value();
    const auto status = status_of(output);
    if (!status.is_null() && status["updated_at"] != last) {
      last = status["updated_at"];
      seen.statuses.push_back(status);
      seen.at_s.push_back(seconds_since(begun));
      seen.was_slowing = seen.was_slowing || status["timing"]["trend"] == "slowing";
      seen.was_warned = seen.was_warned || has_warning(status, "slowdown");
      if (on_status) on_status(status);
    }
    if (over) return seen;
  }
  FAIL("the run did not end");
  return seen;
}

} // namespace

TEST_CASE("monitor: test_live_status_written") {
  scratch_folder folder;
  const auto output = folder / "out";
  // A pace that a poller can follow, a skip among the segments.
  write_file(folder / "plan", "{\"segment\":7,\"fault\":\"timeout\"}\n{\"fault\":\"slow\",\"ms\":200}\n");
  auto p = start(folder, broadcast(output, {"--duration", "16", "--max-attempts", "1", "--call-timeout", "1",
                                            "--fault-plan", folder / "plan"}));
  std::uint64_t done = 0;
  std::string updated;
  const auto seen = watch(*p, output, [&](const json& status) {
    const auto now = done_of(status);
    INFO("after " << done << " came " << now);
    CHECK(now >= done);
    CHECK(now <= done + 1);
    CHECK(status["updated_at"].get<std::string>() > updated);
    CHECK(lines_in(output) >= now);
    CHECK(status["progress"]["segments_accepted"].get<std::uint64_t>() +
            status["progress"]["segments_skipped"].get<std::uint64_t>() ==
          now);
    done = now;
    updated = status["updated_at"];
  });
  CHECK(done == 16);
  CHECK(seen.statuses.back()["progress"]["segments_skipped"] == 1);
  CHECK(seen.statuses.back()["state"] == "completed");
  std::cout << "monitor_seed_test: " << seen.statuses.size() << " statuses for 16 segments\n";
}

TEST_CASE("monitor: a reader never sees half a status, and never one ahead of segments.jsonl, at full speed") {
  scratch_folder folder;
  const auto output = folder / "out";
  auto p = start(folder, broadcast(output, {"--duration", "1000", "--enable-stories", "--segment-files", "off"}));
  std::uint64_t done = 0, looks = 0;
  for (bool over = false; !over;) {
    over = p->wait_for(0).has_value();
    const auto status = status_of(output); // fails on anything that is not complete JSON
    const auto now = done_of(status);
    REQUIRE(now >= done);
    if (now != done) REQUIRE(lines_in(output) >= now);
    done = now;
    ++looks;
  }
  CHECK(done == 1'000);
  std::cout << "monitor_seed_test: " << looks << " looks at a run of 1000 segments\n";
}

TEST_CASE("monitor: test_pause_file_detected") {
  scratch_folder folder;
  const auto output = folder / "out", twin = folder / "twin";
  write_file(folder / "plan", "{\"fault\":\"slow\",\"ms\":40}\n");
  const words thirty{"--duration", "30", "--fault-plan", folder / "plan"};
  tell(folder, broadcast(twin, {"--duration", "30"}));
  auto p = start(folder, broadcast(output, thirty));
  REQUIRE(until(*p, [&] { return lines_in(output) >= 5; }));
  const auto touched = steady_clock::now();
  write_file(output / "PAUSE", "");
  REQUIRE(until_state(*p, output, "paused"));
  CHECK(seconds_since(touched) < 10); // 2 s is the aim, on an idle machine
  auto status = status_of(output);
  CHECK(reasons_in(status) == std::set<std::string>{"pause_file"});
  const auto published = lines_in(output);
  CHECK(done_of(status) == published);
  for (int turn = 0; turn < 100; ++turn) REQUIRE_FALSE(p->wait_for(15)); // 1.5 s: thirty segments' worth
  CHECK(lines_in(output) == published);
  CHECK(published < 30);

  // A second reason: both have to go.
  tell(folder, {"pause", output, "--reason", "lunch"});
  CHECK(reasons_in(status_of(output)) == std::set<std::string>{"control", "pause_file"});
  tell(folder, {"resume", output});
  CHECK(state_of(output) == "paused");
  tell(folder, {"pause", output});
  fs::remove(output / "PAUSE");
  REQUIRE(until(*p, [&] { return reasons_in(status_of(output)) == std::set<std::string>{"control"}; }));
  CHECK(state_of(output) == "paused");
  CHECK(lines_in(output) == published);
  tell(folder, {"resume", output});
  REQUIRE(p->wait_for(30'000) == process_end{0, 0});
  CHECK(lines_in(output) == 30);
  CHECK(identity_of(output) == identity_of(twin));
  tell(folder, {"verify", output});
}

TEST_CASE("monitor: a pause does not wait for a slow call, and the call costs nothing") {
  scratch_folder folder;
  const auto output = folder / "out", twin = folder / "twin";
  write_file(folder / "plan", "{\"call\":3,\"fault\":\"slow\",\"ms\":60000}\n");
  tell(folder, broadcast(twin, {"--duration", "6"}));
  auto p = start(folder, broadcast(output, {"--duration", "6", "--pause-grace", "1", "--fault-plan", folder / "plan"}));
  REQUIRE(until(*p, [&] { return lines_in(output) == 2; }));
  const auto touched = steady_clock::now();
  write_file(output / "PAUSE", "");
  REQUIRE(until_state(*p, output, "paused"));
  CHECK(seconds_since(touched) < 20);
  CHECK(lines_in(output) == 2);
  CHECK(status_of(output)["failures"]["total"] == 0);
  fs::remove(output / "PAUSE");
  REQUIRE(p->wait_for(30'000) == process_end{0, 0});
  CHECK(identity_of(output) == identity_of(twin)); // attempts count only what was spent
  CHECK(status_of(output)["retries"]["attempts"] == 6);
}

TEST_CASE("monitor: a PAUSE file that is there at the start holds the run before its first segment") {
  scratch_folder folder;
  const auto output = folder / "out";
  fs::create_directory(output);
  write_file(output / "PAUSE", "");
  auto p = start(folder, broadcast(output, {"--duration", "3"}));
  REQUIRE(until_state(*p, output, "paused"));
  CHECK(lines_in(output) == 0);
  tell(folder, {"stop", output});
  REQUIRE(p->wait_for(20'000) == process_end{0, 0});
  CHECK(state_of(output) == "stopped");
  fs::remove(output / "PAUSE");
  tell(folder, broadcast(output, {"--resume"}));
  CHECK(lines_in(output) == 3);
}

/// Whether ten segments in a row took a tenth longer, on average, than ten before them: on a busy machine even an even
/// backend slows down, and to say so is right.
bool slowed_down(const fs::path& output) {
  std::vector<double> at_s;
  for (const auto& line : read_lines(output / "segments.jsonl")) {
    const auto when = line["accepted_at"].get<std::string>(); // ...T12:34:56.789Z
    at_s.push_back(std::stod(when.substr(11, 2)) * 3'600 + std::stod(when.substr(14, 2)) * 60 + std::stod(when.substr(17)));
  }
  constexpr std::size_t window = 10;
  double least = 1e9;
  for (std::size_t i = 0; i + window < at_s.size(); ++i) {
    double took = at_s[i + window] - at_s[i];
    if (took < 0) took += 86'400; // midnight
    if (took > 1.1 * least) return true;
    least = std::min(least, took);
  }
  return false;
}

TEST_CASE("monitor: test_performance_trending") {
  scratch_folder folder;
  std::string noise; // +-5 % around 200 ms
  for (int i = 1; i <= 45; ++i)
    noise += "{\"segment\":" + std::to_string(i) +
             ",\"fault\":\"slow\",\"ms\":" + std::to_string(190 + 5 * (i * 7 % 5)) + "}\n";
  write_file(folder / "even", noise);
  write_file(
    folder / "slower",
    "{\"segment\":\"1-30\",\"fault\":\"slow\",\"ms\":100}\n{\"segment\":\"31-45\",\"fault\":\"slow\",\"ms\":400}\n"
    "{\"fault\":\"slow\",\"ms\":100}\n");
  write_file(folder / "faster",
             "{\"segment\":\"1-20\",\"fault\":\"slow\",\"ms\":300}\n{\"fault\":\"slow\",\"ms\":60}\n");
  auto even = start(folder, broadcast(folder / "even.out", {"--duration", "45", "--fault-plan", folder / "even"}));
  auto faster =
    start(folder, broadcast(folder / "faster.out", {"--duration", "45", "--fault-plan", folder / "faster"}));
  auto slower =
    start(folder, broadcast(folder / "slower.out", {"--duration", "70", "--fault-plan", folder / "slower"}));

  std::uint64_t warned_at = 0;
  const auto slow = watch(*slower, folder / "slower.out", [&](const json& status) {
    if (warned_at == 0 && has_warning(status, "slowdown")) warned_at = done_of(status);
    const auto done = done_of(status);
    if (has_warning(status, "slowdown")) CHECK((done > 30 && done < 70));
  });
  CHECK(slow.was_warned);
  CHECK(warned_at > 30);
  CHECK(warned_at <= 42); // one window of ten
  CHECK_FALSE(has_warning(slow.statuses.back(), "slowdown"));

  const auto steady = watch(*even, folder / "even.out");
  if (!slowed_down(folder / "even.out")) {
    CHECK_FALSE(has_warning(steady.statuses.back(), "slowdown"));
    CHECK(steady.statuses.back()["timing"]["trend"] == "stable");
  }
  const auto fast = watch(*faster, folder / "faster.out");
  CHECK_FALSE(has_warning(fast.statuses.back(), "slowdown"));
  CHECK(fast.statuses.back()["timing"]["trend"] == "improving");
  // The two were not polled while the first was: what they warned of on the way stands in their logs.
  const auto log_speaks_of_it = [&](const char* name) {
    return read_file(folder / (std::string(name) + "/logs/longwave.log")).find("slow") != std::string::npos;
  };
  CHECK(log_speaks_of_it("slower.out"));
  CHECK((!log_speaks_of_it("even.out") || slowed_down(folder / "even.out")));
  CHECK((!log_speaks_of_it("faster.out") || slowed_down(folder / "faster.out")));
}

TEST_CASE("monitor: test_high_failure_pause") {
  scratch_folder folder;
  const auto output = folder / "out";
  write_file(folder / "plan", "{\"segment\":\"3-7\",\"fault\":\"empty\"}\n");
  const words args = broadcast(output, {"--duration", "12", "--clock", "virtual", "--fault-plan", folder / "plan"});
  auto p = start(folder, args);
  REQUIRE(until_state(*p, output, "paused"));
  auto status = status_of(output);
  CHECK(reasons_in(status) == std::set<std::string>{"consecutive_failures"});
  CHECK(status["failures"]["consecutive"] == 5);
  CHECK(status["failures"]["limit"] == 5);
  CHECK(done_of(status) == 7);
  CHECK_FALSE(p->wait_for(300)); // alive, and waiting for a person
  tell(folder, {"inspect", output, "checkpoints", "--json"});
  const auto checkpoints = read_lines(folder / "told");
  CHECK(std::any_of(checkpoints.begin(), checkpoints.end(),
                    [](const json& c) { return c["kind"] == "pause" && c["seq"] == 7; }));
  tell(folder, {"resume", output});
  REQUIRE(p->wait_for(30'000));
  status = status_of(output);
  CHECK(status["state"] == "completed");
  CHECK(status["failures"]["consecutive"] == 0);
  CHECK(status["failures"]["total"] == 5);
  CHECK(done_of(status) == 12);
}

TEST_CASE("monitor: the counter of failures restarts at 0 after a resume") {
  scratch_folder folder;
  const auto output = folder / "out";
  // Five, then four more: only the first five pause.
  write_file(folder / "plan", "{\"segment\":\"3-11\",\"fault\":\"empty\"}\n");
  auto p =
    start(folder, broadcast(output, {"--duration", "14", "--clock", "virtual", "--fault-plan", folder / "plan"}));
  REQUIRE(until_state(*p, output, "paused"));
  CHECK(done_of(status_of(output)) == 7);
  tell(folder, {"resume", output});
  REQUIRE(p->wait_for(30'000));
  CHECK(state_of(output) == "completed");
  CHECK(status_of(output)["progress"]["segments_skipped"] == 9);
}

TEST_CASE("monitor: four failures, one success and four failures do not pause") {
  scratch_folder folder;
  const auto output = folder / "out";
  write_file(folder / "plan",
             "{\"segment\":\"2-5\",\"fault\":\"timeout\"}\n{\"segment\":\"7-10\",\"fault\":\"http500\"}\n");
  run(broadcast(output, {"--duration", "12", "--clock", "virtual", "--fault-plan", folder / "plan"}), folder / "log",
      30'000);
  const auto status = status_of(output);
  CHECK(status["state"] == "completed");
  CHECK(status["progress"]["segments_skipped"] == 8);
  CHECK(status["failures"]["total"] == 8);
}

TEST_CASE("monitor: a streak survives a restart, and so does the pause it leads to") {
  scratch_folder folder;
  const auto output = folder / "out";
  const auto with_plan = [&](const std::string& plan, const words& more) {
    write_file(folder / "plan", plan);
    words args{"--duration", "12", "--max-attempts", "1", "--resume", "--fault-plan", folder / "plan"};
    args.insert(args.end(), more.begin(), more.end());
    return broadcast(output, args);
  };
  auto first = start(
    folder,
    with_plan("{\"segment\":\"3-5\",\"fault\":\"empty\"}\n{\"segment\":6,\"fault\":\"slow\",\"ms\":600000}\n", {}));
  REQUIRE(until(*first, [&] { return lines_in(output) == 5; }));
  first->send(SIGKILL);
  REQUIRE(first->wait_for(10'000));
  auto second = start(folder, with_plan("{\"segment\":\"6-7\",\"fault\":\"empty\"}\n", {}));
  REQUIRE(until_state(*second, output, "paused"));
  CHECK(done_of(status_of(output)) == 7);
  CHECK(status_of(output)["failures"]["consecutive"] == 5);
  second->send(SIGKILL);
  REQUIRE(second->wait_for(10'000));
  // The next process finds the reason again and waits before it begins anything.
  auto third = start(folder, with_plan("", {}));
  REQUIRE(until(*third, [&] { return status_of(output)["pid"] == third->pid() && state_of(output) == "paused"; }));
  CHECK(reasons_in(status_of(output)).count("consecutive_failures") == 1);
  CHECK(lines_in(output) == 7);
  third->send(SIGTERM);
  REQUIRE(third->wait_for(20'000) == process_end{0, 0});
  // On a dead engine `resume` clears it for the next start.
  tell(folder, {"resume", output});
  run(with_plan("", {}), folder / "log", 30'000);
  CHECK(state_of(output) == "completed");
  CHECK(lines_in(output) == 12);
}

TEST_CASE("monitor: with --on-failure-limit exit the run ends with 75, and 69 is kept for a backend that refuses") {
  scratch_folder folder;
  write_file(folder / "plan", "{\"segment\":\"3-7\",\"fault\":\"empty\"}\n");
  const auto output = folder / "out";
  CHECK(run(broadcast(output, {"--duration", "12", "--clock", "virtual", "--on-failure-limit", "exit", "--fault-plan",
                               folder / "plan"}),
            folder / "log", 30'000) == process_end{75, 0});
  CHECK(lines_in(output) == 7);
  CHECK(reasons_in(status_of(output)).count("consecutive_failures") == 1);
  // `--resume --on-failure-limit exit` clears the pause itself.
  run(broadcast(output, {"--resume", "--on-failure-limit", "exit"}), folder / "log", 30'000);
  CHECK(state_of(output) == "completed");
  CHECK(lines_in(output) == 12);

  // Five of the transport: the backend is named as a reason, too.
  write_file(folder / "plan", "{\"segment\":\"1-5\",\"fault\":\"reset\"}\n");
  const auto down = folder / "down";
  CHECK(run(broadcast(down, {"--duration", "12", "--clock", "virtual", "--on-failure-limit", "exit", "--fault-plan",
                             folder / "plan"}),
            folder / "log", 30'000) == process_end{75, 0});
  CHECK(reasons_in(status_of(down)).count("consecutive_failures") == 1);
}

TEST_CASE("monitor: test_live_monitoring_1_hour") {
  scratch_folder folder;
  const auto output = folder / "out";
  // One broadcast hour of sixty segments at 100 ms instead of a minute each.
  write_file(folder / "plan", "{\"fault\":\"slow\",\"ms\":100}\n");
  auto args = broadcast(
    output, {"--duration", "1", "--segments-per-hour", "60", "--progress", "plain", "--fault-plan", folder / "plan"});
  auto p = start(folder, args);
  std::unique_ptr<process> pausing;
  bool paused = false;
  double percent = 0;
  std::set<std::string> states;
  const auto seen = watch(*p, output, [&](const json& status) {
    const auto now = status["progress"]["percent"].get<double>();
    CHECK(now >= percent);
    CHECK(now <= 100.0);
    percent = now;
    states.insert(status["state"]);
    if (!pausing && done_of(status) >= 10) pausing = start(folder, {"pause", output});
    if (!paused && status["state"] == "paused") {
      paused = true;
      pausing = start(folder, {"resume", output});
    }
  });
  REQUIRE(p->wait_for(0) == process_end{0, 0});
  CHECK(seen.statuses.front()["progress"]["percent"].get<double>() < 50);
  CHECK(percent == 100.0);
  CHECK(states.count("paused") == 1);
  CHECK(states.count("completed") == 1);
  // ETA: the median error after half, against what then really was left.
  std::vector<double> errors;
  for (std::size_t i = 0; i < seen.statuses.size(); ++i) {
    const auto done = done_of(seen.statuses[i]);
    const auto& eta = seen.statuses[i]["eta_seconds"];
    const double left = seen.at_s.back() - seen.at_s[i];
    if (done >= 30 && done <= 52 && eta.is_number() && left > 0)
      errors.push_back(std::abs(eta.get<double>() - left) / left);
  }
  REQUIRE(errors.size() >= 10);
  std::sort(errors.begin(), errors.end());
  CHECK(errors[errors.size() / 2] < 0.25);
  std::cout << "monitor_seed_test: median ETA error after half " << errors[errors.size() / 2] * 100 << " %\n";
  // Piped progress: plain lines, no control codes, the last one at 100 %.
  const auto shown = read_file(folder / "log");
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find('\r') == std::string::npos);
  CHECK(shown.find("100.0 %") != std::string::npos);
  tell(folder, {"report", output, "--json"});
  CHECK(json::parse(read_file(folder / "told"))["totals"]["pauses"] == 1);
}

TEST_CASE("monitor: on a terminal the bar is drawn again and again, and the last one is full") {
  scratch_folder folder;
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const fs::path slave = ::ptsname(terminal);
  const int held = ::open(slave.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC); // else the first close would end it
  write_file(folder / "plan", "{\"fault\":\"slow\",\"ms\":50}\n");
  std::string shown;
  {
    process p({binary(), "broadcast", "--dj", "julie", "--seed", "3", "--duration", "40", "--disk-floor", "0",
               "--output", folder / "out", "--fault-plan", folder / "plan"},
              slave);
    for (int turn = 0; turn < 3'000; ++turn) {
      const bool over = p.wait_for(10).has_value();
      char piece[4096];
      for (ssize_t got; (got = ::read(terminal, piece, sizeof piece)) > 0;)
        shown.append(piece, static_cast<std::size_t>(got));
      if (over) break;
    }
    REQUIRE(p.wait_for(0) == process_end{0, 0});
  }
  ::close(held);
  ::close(terminal);
  INFO(shown);
  std::size_t redrawn = 0; // a carriage return that begins no new line
  for (std::size_t i = 0; i + 1 < shown.size(); ++i) redrawn += shown[i] == '\r' && shown[i + 1] != '\n';
  CHECK(redrawn >= 3);
  CHECK(shown.find("100") != std::string::npos);
  CHECK(shown.find("ETA") != std::string::npos);
}
