// How much of a run's time is spent in the model: a thousand segments over loopback HTTP with a backend of 20 ms.
//
// reference: the same number of calls of the same backend, one after the other, with nothing around them.
// run: the real engine, which plans, commits (one synced write a segment) and publishes between two calls.
// Validation is off: the server's text would be rejected now and then, and asked for again.
// share = reference / run.
//
// speculation: writer and judge of 100 ms each, one after the other and with --speculate; the ratio is what counts.
// judge batch: writer and judge on one server that holds one model at a time and takes 200 ms to load the other, with and
// without --judge-batch hour. Both runs of a pair must write the same texts.
//
// The server is `fault_http_server` (LONGWAVE_FAULT_SERVER), the program LONGWAVE.
#include "actors/generator/backends/backend.hpp"
#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;
namespace lt = longwave::tests;

namespace {

double reference_seconds(const fault_server& server, int calls) {
  auto made = make_openai_backend(trial_options(server.url()));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i <= calls; ++i) ask(*made.value(), trial_call(static_cast<std::uint64_t>(i)));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Elapsed time of the run itself, without the start of the process.
double run_seconds(const fault_server& server, int segments, const lt::scratch_folder& folder) {
  const auto output = folder / "out";
  const auto end = lt::run({"broadcast", "--dj", "julie", "--seed", "41", "--progress", "none", "--disk-floor", "0",
                            "--enable-stories", "--backend", "openai", "--model", "trial", "--endpoint", server.url(), "--output",
                            output.string(), "--duration", std::to_string(segments)},
                           folder / "log", 600'000);
  if (end.signal != 0) throw std::runtime_error("the run was killed");
  return nlohmann::json::parse(lt::read_file(output / "LIVE_STATUS.json"))["timing"]["elapsed_s"].get<double>();
}

/// Seconds of a broadcast that is judged by a model, and its texts.
struct judged_run {
  double seconds = 0;
  std::string identity;
};

judged_run judged(const lt::scratch_folder& folder, const std::string& name, std::vector<std::string> more) {
  const auto output = folder / name;
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--seed", "41", "--progress", "none", "--disk-floor", "0", "--validation-mode",
                                "llm", "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  if (lt::run(args, folder / (name + ".log"), 600'000).signal != 0) throw std::runtime_error("the run was killed");
  return {nlohmann::json::parse(lt::read_file(output / "LIVE_STATUS.json"))["timing"]["elapsed_s"].get<double>(), lt::identity_of(output)};
}

void print_pair(const char* what, const judged_run& without, const judged_run& with) {
  if (without.identity != with.identity) throw std::runtime_error(std::string(what) + ": not the same texts");
  std::printf("%s: %.2f s without, %.2f s with, %.2f times as fast\n", what, without.seconds, with.seconds, without.seconds / with.seconds);
}

void compare_speculation(const lt::scratch_folder& folder) {
  lt::write_file(folder / "slow.jsonl", R"({"segment":"*","fault":"slow","ms":100,"judge_ms":100})"
                                        "\n");
  std::vector<std::string> args{"--duration", "40", "--fault-plan", (folder / "slow.jsonl").string()};
  const auto without = judged(folder, "plain", args);
  args.push_back("--speculate");
  print_pair("speculation: 40 segments, writer and judge 100 ms each", without, judged(folder, "ahead", args));
}

void compare_batches(const lt::scratch_folder& folder) {
  lt::write_file(folder / "judge.jsonl",
                 R"({"model":"judge","behaviour":"text","text":"{\"is_valid\": true, \"overall_score\": 0.9, \"issues\": [], \"feedback\": \"\"}"})"
                 "\n");
  fault_server server({"--script", (folder / "judge.jsonl").string(), "--default", "slow:20", "--load-ms", "200"});
  std::vector<std::string> args{"--duration", "4", "--segments-per-hour", "6", "--backend", "ollama", "--endpoint", server.url(),
                                "--model", "writer", "--validation-model", "judge"};
  const auto without = judged(folder, "swaps", args);
  args.insert(args.end(), {"--judge-batch", "hour"});
  print_pair("judge batch: 24 segments of 6 an hour, one server, 200 ms to load the other model", without, judged(folder, "hours", args));
}

} // namespace

int main(int argc, char** argv) {
  const int segments = argc > 1 ? std::atoi(argv[1]) : 1'000;
  try {
    lt::scratch_folder folder(lt::fs::current_path());
    fault_server server({"--default", "slow:20"});
    const double bare = reference_seconds(server, segments);
    const auto before = server.logged("request").size();
    const double run = run_seconds(server, segments, folder);
    const auto asked = server.logged("request").size() - before - 1; // without the question before the start
    if (asked != static_cast<std::size_t>(segments)) throw std::runtime_error("some segment took more than one call");
    std::printf("http: %d segments, 20 ms a call; bare calls %.2f s, run %.2f s, %.0f us between two calls, share of the model %.2f %%\n",
                segments, bare, run, (run - bare) / segments * 1e6, bare / run * 100);
    compare_speculation(folder);
    compare_batches(folder);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "http_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
