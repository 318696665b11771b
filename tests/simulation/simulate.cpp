// longwave-simulate: thirty days of broadcasts and stories under faults that a seed chooses, as often as asked; replays one.
//
//   longwave-simulate --seed 1234 --trace       replays one run, a line for each event
//   longwave-simulate --runs 1000 --jobs 2      a range of seeds in child processes; the last line is `N passed, N failed`
#include "tests/support/simulated_run.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace longwave::test;

namespace {

/// Real seconds that one run may take; a hung run is ended and counted as failed.
constexpr unsigned run_limit_s = 300;

struct simulate_options {
  std::uint64_t seed = 0;
  std::uint64_t runs = 20;
  std::uint64_t first = 1'000;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string seeds_file;
  bool trace = false;
  bool record = false;
  bool quiet = false;
};

/// What workers and parent share: where each worker is and what it counted.
struct tally {
  std::atomic<std::uint64_t> passed, failed, segments, events, faults, deaths, kills;
  std::atomic<std::size_t> at[64];          ///< the place in its list that a worker is at
  std::atomic<std::uint64_t> failed_seeds[1024];
};

/// One write a line, so that lines of several processes do not mix.
void say(const std::string& line) {
  const auto whole = line + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stdout);
  std::fflush(stdout);
}

void count_failure(tally& t, std::uint64_t seed) {
  const auto place = t.failed++;
  if (place < std::size(t.failed_seeds)) t.failed_seeds[place] = seed;
}

void run_one(std::uint64_t seed, twin_shelf& twins, const simulate_options& o, tally& t) {
  ::alarm(run_limit_s);
  const auto run = simulate(seed, twins, o.trace ? say : std::function<void(const std::string&)>{});
  ::alarm(0);
  t.segments += run.segments;
  t.events += run.steps;
  const auto count = [&](const char* name) { return run.counts.count(name) ? run.counts.at(name) : 0; };
  t.faults += count("faults");
  t.deaths += count("deaths");
  t.kills += count("kills") + count("crashes");
  std::string said = o.quiet && run.wrong.empty() ? "" : run.summary();
  for (const auto& line : run.wrong) said += "\n  " + line;
  if (!said.empty()) say(said);
  if (run.wrong.empty()) ++t.passed;
  else count_failure(t, seed);
}

/// The seeds of one worker: whole groups, so that runs which share a twin follow one another.
std::vector<std::uint64_t> share_of(const std::vector<std::uint64_t>& seeds, unsigned worker, unsigned workers) {
  std::vector<std::uint64_t> mine;
  for (const auto seed : seeds)
    if (seed / seeds_a_twin % workers == worker) mine.push_back(seed);
  return mine;
}

pid_t start_worker(unsigned worker, const std::vector<std::uint64_t>& mine, const simulate_options& o, tally& t) {
  const auto pid = ::fork();
  if (pid != 0) return pid;
  twin_shelf twins;
  for (; t.at[worker] < mine.size(); ++t.at[worker]) run_one(mine[t.at[worker]], twins, o, t);
  std::_Exit(0);
}

/// Starts a worker anew behind the run that ended it, until every list is done.
void run_all(const std::vector<std::uint64_t>& seeds, const simulate_options& o, tally& t) {
  const auto workers = std::min<unsigned>(o.jobs, std::size(t.at));
  std::map<pid_t, unsigned> running;
  std::vector<std::vector<std::uint64_t>> shares;
  for (unsigned w = 0; w < workers; ++w) {
    shares.push_back(share_of(seeds, w, workers));
    running[start_worker(w, shares[w], o, t)] = w;
  }
  while (!running.empty()) {
    int status = 0;
    const auto pid = ::waitpid(-1, &status, 0);
    const auto found = running.find(pid);
    if (found == running.end()) continue;
    const auto w = found->second;
    running.erase(found);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    const auto seed = shares[w][t.at[w]];
    say("SEED=" + std::to_string(seed) + (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM
                                            ? " did not end within its time"
                                            : " ended its process, wait status " + std::to_string(status)));
    count_failure(t, seed);
    ++t.at[w];
    running[start_worker(w, shares[w], o, t)] = w;
  }
}

/// Seeds that failed once, one a line; `#` begins a comment.
std::vector<std::uint64_t> read_seeds(const std::string& path) {
  std::vector<std::uint64_t> seeds;
  if (path.empty()) return seeds;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  return seeds;
}

void keep_failures(const simulate_options& o, const tally& t) {
  const auto failed = std::min<std::uint64_t>(t.failed, std::size(t.failed_seeds));
  const auto known = read_seeds(o.seeds_file);
  std::set<std::uint64_t> have(known.begin(), known.end());
  for (std::uint64_t i = 0; i < failed; ++i) {
    const std::uint64_t seed = t.failed_seeds[i];
    say("replay: longwave-simulate --seed " + std::to_string(seed) + " --trace");
    if (o.record && !o.seeds_file.empty() && have.insert(seed).second) std::ofstream(o.seeds_file, std::ios::app) << seed << "\n";
  }
}

int simulate_all(const simulate_options& o) {
  auto* shared = ::mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
  auto& t = *new (shared) tally{};
  std::vector<std::uint64_t> seeds;
  if (o.seed) {
    twin_shelf twins;
    run_one(o.seed, twins, o, t);
  } else {
    seeds = read_seeds(o.seeds_file);
    for (std::uint64_t i = 0; i < o.runs; ++i) seeds.push_back(o.first + i);
    run_all(seeds, o, t);
  }
  keep_failures(o, t);
  const auto runs = t.passed + t.failed;
  say("simulate: " + std::to_string(runs) + " runs, " + std::to_string(t.segments) + " segments (" +
      std::to_string(t.segments / 16 / 365) + " years of a station), " + std::to_string(t.events) + " events, " + std::to_string(t.faults) +
      " planned faults, " + std::to_string(t.deaths) + " actor deaths, " + std::to_string(t.kills) + " process ends");
  say(std::to_string(t.passed) + " passed, " + std::to_string(t.failed) + " failed");
  return t.failed ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
  simulate_options o;
  CLI::App app{"Runs of thirty simulated days under faults that a seed chooses", "longwave-simulate"};
  app.option_defaults()->always_capture_default();
  app.add_option("--seed", o.seed, "Replay this run alone");
  app.add_option("--runs", o.runs, "How many runs, from --first on");
  app.add_option("--first", o.first, "The first seed of the range");
  app.add_option("--jobs", o.jobs, "Child processes")->check(CLI::Range(1, 64));
  app.add_option("--seeds", o.seeds_file, "A file of seeds that are run first, one a line");
  app.add_flag("--trace", o.trace, "A line for every message, death, start and change of state");
  app.add_flag("--record", o.record, "Append seeds that fail to the file of --seeds");
  app.add_flag("--quiet", o.quiet, "Say only what failed, and the sums");
  CLI11_PARSE(app, argc, argv);
  try {
    return simulate_all(o);
  } catch (const std::exception& problem) {
    std::cerr << "longwave-simulate: " << problem.what() << "\n";
    return 70;
  }
}
