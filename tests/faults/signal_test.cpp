// Signals to the real binary, one close behind the other, while it works and while it ends (promise P8).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace longwave::tests;

namespace {

constexpr int lives = 60;
/// Long enough for a loaded machine; nothing waits this long when all is well.
constexpr int patience_ms = 30'000;

void wait_ms(process& p, int ms) { p.wait_for(ms); }

} // namespace

TEST_CASE("signals: a second SIGTERM while an engine without runs ends changes nothing") {
  for (int life = 0; life < lives; ++life) {
    CAPTURE(life);
    const scratch_folder folder;
    process engine({binary(), "serve", (folder / "e").string()}, folder / "log");
    const auto socket = folder / "e" / ".longwave" / "control.sock";
    for (int i = 0; i < 2'000 && !fs::exists(socket); ++i) wait_ms(engine, 5);
    REQUIRE(fs::exists(socket));
    wait_ms(engine, life % 3 * 10); // also before it waits for signals
    engine.send(SIGTERM);
    wait_ms(engine, life % 20);
    engine.send(SIGTERM);
    CHECK(engine.wait_for(patience_ms) == process_end{0, 0});
  }
}

TEST_CASE("signals: SIGTERM and SIGINT at any moment of a short run end it with a code, and the run is sound") {
  int whole = 0, stopped = 0;
  for (int life = 0; life < lives; ++life) {
    CAPTURE(life);
    const scratch_folder folder;
    const auto output = folder / "out";
    const std::vector<std::string> command{binary(),     "broadcast",  "--dj",   "julie",        "--duration", "4",  "--seed",
                                           "3",          "--progress", "none",   "--disk-floor", "0",          "--output", output.string()};
    {
      process run(command, folder / "log");
      wait_ms(run, 40 + life * 37 % 150);
      run.send(SIGTERM);
      wait_ms(run, life * 7 % 23);
      run.send(SIGINT);
      const auto end = run.wait_for(patience_ms);
      REQUIRE(end);
      INFO("exit code " << end->exit_code << ", " << read_file(folder / "log"));
      const bool before_anything = end->signal == SIGTERM && !fs::exists(output); // the program had not come to its first line
      CHECK((end->signal == 0 || before_anything));
      const std::vector<int> codes{0, 10, 11, 128 + SIGTERM, 128 + SIGINT};
      CHECK((before_anything || std::count(codes.begin(), codes.end(), end->exit_code) == 1));
    }
    auto again = command;
    again.push_back("--resume");
    const auto end = run(std::vector<std::string>(again.begin() + 1, again.end()), folder / "log", patience_ms);
    CHECK(end.signal == 0);
    CHECK((end.exit_code == 0 || end.exit_code == 10 || end.exit_code == 11));
    CHECK(run({"verify", output.string()}, folder / "verify", patience_ms) == process_end{0, 0});
    const auto lines = read_file(output / "segments.jsonl");
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 4);
    ++(read_file(folder / "log").find("already complete") != std::string::npos ? whole : stopped);
  }
  std::printf("signal_test: %d runs were over before the signals, %d went on\n", whole, stopped);
}
