// How much of a run's time is spent in the model: a thousand segments over loopback HTTP with a backend of 20 ms.
//
// reference: the same number of calls of the same backend, one after the other, with nothing around them.
// run: the real engine, which plans, commits (one synced write a segment) and publishes between two calls.
// Validation is off: the server's text would be rejected now and then, and asked for again.
// share = reference / run. The server is `fault_http_server` (LONGWAVE_FAULT_SERVER), the program LONGWAVE.
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
  } catch (const std::exception& e) {
    std::fprintf(stderr, "http_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
