// Chain, fan-out, resume, pause and memory of the engine, each beside a RocksDB floor measured in the same run.
//
// floor: one thread a run, one synced WriteBatch a segment with records of the same size, nothing else.
// chain: one run, the whole pipeline (plan, offline text, all rules, commit, publish).
// fan-out: 64 runs side by side in one engine, against 64 threads of the floor.
#include "actors/engine.hpp"
#include "cli/prepare.hpp"
#include "storage/output_folder.hpp"

#include <rocksdb/db.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace longwave;
using namespace longwave::cli;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

/// Sizes of what the engine writes a segment: record and provenance about 3 KB, state about 1 KB.
constexpr std::size_t floor_record_bytes = 3'000;
constexpr std::size_t floor_state_bytes = 1'000;

double seconds_since(steady::time_point from) { return std::chrono::duration<double>(steady::now() - from).count(); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct speed {
  double per_second = 0;
  double p99_ms = 0;
  double cpu_us = 0;
};

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

speed measure_floor(const fs::path& folder, int threads, int each) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::DB* raw = nullptr;
  if (!rocksdb::DB::Open(options, folder.string(), &raw).ok()) return {};
  std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(threads));
  const auto from = steady::now();
  const auto cpu = cpu_seconds();
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      rocksdb::WriteOptions sync;
      sync.sync = true;
      std::string record(floor_record_bytes, 'r'), state(floor_state_bytes, 's');
      for (int i = 0; i < each; ++i) {
        rocksdb::WriteBatch batch;
        const auto key = std::to_string(t) + "/" + std::to_string(i);
        batch.Put("s" + key, record);
        batch.Put("x" + key, state);
        batch.Put("h" + std::to_string(t), key);
        const auto began = steady::now();
        if (!db->Write(sync, &batch).ok()) return;
        waits[static_cast<std::size_t>(t)].push_back(seconds_since(began) * 1e3);
      }
    });
  for (auto& w : writers) w.join();
  std::vector<double> all;
  for (const auto& w : waits) all.insert(all.end(), w.begin(), w.end());
  const double n = static_cast<double>(threads) * each;
  return {n / seconds_since(from), percentile(all, 0.99), (cpu_seconds() - cpu) / n * 1e6};
}

struct run_result {
  speed rate;
  double flushes = 0;
  double pause_p99_ms = 0;
};

prepared_run prepared(const fs::path& output, std::uint64_t seed, std::uint64_t hours, const storage::store* store) {
  run_options options;
  options.given = {{"dj", {"julie"}},          {"duration", {std::to_string(hours)}}, {"seed", {std::to_string(seed)}},
                   {"enable-stories", {}},     {"enable-validation", {}},             {"resume", {}},
                   {"segment-files", {"off"}}, {"disk-floor", {"0"}}};
  auto run = prepare_run(options, output, store, std::make_shared<host_clock>());
  if (!run) {
    std::fprintf(stderr, "bench: %s\n", to_string(run.error()).c_str());
    std::exit(1);
  }
  return run.value();
}

run_result measure_engine(const fs::path& folder, int runs, std::uint64_t segments, const scheduling& how, bool detached) {
  auto opened = storage::store::open(folder / "store");
  if (!opened) std::exit(1);
  std::shared_ptr<storage::store> store = std::move(opened.value());
  std::mutex mutex;
  std::condition_variable changed;
  int left = runs;
  std::vector<double> gaps;
  // From the first committed segment to the last: opening runs and writing their reports is not what is measured.
  steady::time_point first_settled, last_settled;
  std::map<std::string, steady::time_point> last;
  engine_options options;
  options.clock = std::make_shared<host_clock>();
  options.detached_committer = detached;
  options.on_event = [&](const event_happened& e) {
    if (e.type != "segment_accepted") return;
    const auto now = steady::now();
    if (first_settled == steady::time_point()) first_settled = now;
    last_settled = now;
    auto& before = last[e.run];
    if (before != steady::time_point()) gaps.push_back(std::chrono::duration<double, std::milli>(now - before).count());
    before = now;
  };
  std::vector<prepared_run> prepared_runs;
  for (int r = 0; r < runs; ++r) {
    const auto output = folder / ("run" + std::to_string(r));
    fs::create_directories(output);
    prepared_runs.push_back(prepared(output, static_cast<std::uint64_t>(r) + 1, segments, nullptr));
  }
  const auto before = store->counters();
  const auto cpu = cpu_seconds();
  {
    engine e(store, options, how);
    for (const auto& run : prepared_runs) {
      submit_run order;
      order.setup = run.setup;
      order.started = [](result<void> started) {
        if (!started) std::fprintf(stderr, "bench: %s\n", to_string(started.error()).c_str());
      };
      order.ended = [&](run_outcome) {
        std::lock_guard guard(mutex);
        if (--left == 0) changed.notify_one();
      };
      e.submit(std::move(order));
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return left == 0; });
  }
  const double took = std::chrono::duration<double>(last_settled - first_settled).count();
  const double n = static_cast<double>(segments) * runs;
  const auto after = store->counters();
  return {{n / took, percentile(gaps, 0.99), (cpu_seconds() - cpu) / n * 1e6},
          static_cast<double>(after.wal_syncs - before.wal_syncs) / n, 0};
}

/// Opens the store of a finished chain again and reads what a resume reads.
double measure_resume(const fs::path& folder) {
  const auto from = steady::now();
  auto opened = storage::store::open(folder / "store");
  if (!opened) return -1;
  const auto runs = opened.value()->runs();
  if (!runs || runs.value().empty()) return -1;
  const auto loaded = opened.value()->load(runs.value().front());
  const auto texts = recent_texts(*opened.value(), runs.value().front(), loaded.value().head.seq, 1'000);
  return seconds_since(from);
}

double peak_rss_mb() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024.0;
}

void row(const char* what, double value, double reference, const char* unit, const char* target) {
  if (reference > 0)
    std::printf("%-26s %10.2f %-8s reference %10.2f   ratio %5.2f   target %s\n", what, value, unit, reference, value / reference, target);
  else
    std::printf("%-26s %10.2f %-8s %41s target %s\n", what, value, unit, "", target);
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t chain = argc > 1 ? std::stoull(argv[1]) : 2'000;
  const std::uint64_t each = argc > 2 ? std::stoull(argv[2]) : 100;
  const int fan = 64;
  spdlog::set_level(spdlog::level::off); // what the engine says of each segment goes to a file in a real run
  std::string name = (fs::current_path() / "bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) return 1;
  const fs::path base = name;
  const auto floor = measure_floor(base / "floor1", 1, static_cast<int>(chain));
  const auto one = measure_engine(base / "chain", 1, chain, {2, 300, "stealing"}, false);
  const auto floor_after = measure_floor(base / "floor1b", 1, static_cast<int>(chain));
  const double floor_mean = (floor.per_second + floor_after.per_second) / 2;
  const auto floor_fan = measure_floor(base / "floor64", fan, static_cast<int>(each));
  const auto many = measure_engine(base / "fan", fan, each, {2, 300, "sharing"}, true);
  std::printf("segments_bench: chain of %llu, fan-out of %d x %llu\n", static_cast<unsigned long long>(chain), fan,
              static_cast<unsigned long long>(each));
  row("chain", one.rate.per_second, floor_mean, "seg/s", ">= 0.65 of the floor");
  row("chain p99", one.rate.p99_ms, floor.p99_ms, "ms", "<= 2 x the floor");
  row("chain flushes a segment", one.flushes, 0, "", "<= 1.05");
  row("chain CPU a segment", one.rate.cpu_us, 0, "us", "(floor " "included)");
  row("fan-out", many.rate.per_second, floor_fan.per_second, "seg/s", ">= 0.45 of the floor");
  row("fan-out CPU a segment", many.rate.cpu_us, 0, "us", "<= 60 orchestration");
  row("fan-out flushes a segment", many.flushes, 0, "", "shared");
  row("resume, chain's store", measure_resume(base / "chain") * 1e3, 0, "ms", "< 250");
  row("peak RSS", peak_rss_mb(), 0, "MB", "< 64 busy engine (bench holds 65 runs and 2 floors)");
  std::error_code ignored;
  fs::remove_all(base, ignored);
  return 0;
}
