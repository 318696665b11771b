// The engine beside a RocksDB floor of the same run: chain, fan-out, orchestration, pause, resume, growth and memory.
//
// floor: one thread a run, one synced WriteBatch a segment with as many bytes as the engine writes (measured), nothing else.
// chain: one run, the whole pipeline (plan, offline text, all rules, commit, publish).
// fan-out: 64 runs side by side in one engine, against 64 threads of the floor and 64 plain threads that do the same work.
// Each part runs in a process of its own, so that memory and CPU time are its own.
//
//   segments_bench [CHAIN [EACH [LONG]]]   LONG: also one run of that many segments (1000000), and what it costs at its end
#include "actors/engine.hpp"
#include "actors/generator/prompt.hpp"
#include "actors/scheduler/provenance.hpp"
#include "actors/scheduler/show.hpp"
#include "actors/validator/rules.hpp"
#include "cli/prepare.hpp"
#include "storage/chain.hpp"
#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>
#include <rocksdb/db.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace longwave;
using namespace longwave::cli;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr int fan = 64;

// -- measuring --------------------------------------------------------------------------------------------------------

/// What a part says; names are free.
using numbers = std::map<std::string, double>;

double seconds_since(steady::time_point from) { return std::chrono::duration<double>(steady::now() - from).count(); }

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/// A field of /proc/<pid>/status in MB.
double memory_mb(const std::string& pid, const std::string& field) {
  std::ifstream in("/proc/" + pid + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.rfind(field + ":", 0) == 0) return std::stod(line.substr(field.size() + 1)) / 1024.0;
  return -1;
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

// -- the floor --------------------------------------------------------------------------------------------------------

struct floor_size {
  std::size_t record = 3'000; ///< record and provenance
  std::size_t state = 1'000;  ///< the rest of a commit
};

numbers measure_floor(const fs::path& folder, int threads, int each, const floor_size& size) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::DB* raw = nullptr;
  if (!rocksdb::DB::Open(options, folder.string(), &raw).ok()) give_up("cannot open the floor");
  std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(threads));
  const auto from = steady::now();
  const auto cpu = cpu_seconds();
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&, t] {
      rocksdb::WriteOptions sync;
      sync.sync = true;
      std::string record(size.record, 'r'), state(size.state, 's');
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
  return {{"rate", n / seconds_since(from)}, {"p99", percentile(all, 0.99)}, {"cpu_us", (cpu_seconds() - cpu) / n * 1e6}};
}

// -- the engine -------------------------------------------------------------------------------------------------------

prepared_run prepared(const fs::path& output, std::uint64_t seed, std::uint64_t hours, const storage::store* store,
                      const std::map<std::string, std::vector<std::string>>& more = {}) {
  run_options options;
  options.given = {{"dj", {"julie"}},          {"duration", {std::to_string(hours)}}, {"seed", {std::to_string(seed)}},
                   {"enable-stories", {}},     {"enable-validation", {}},             {"resume", {}},
                   {"segment-files", {"off"}}, {"disk-floor", {"0"}}};
  for (const auto& [name, values] : more) options.given[name] = values;
  fs::create_directories(output);
  auto run = prepare_run(options, output, store, std::make_shared<host_clock>());
  if (!run) give_up(to_string(run.error()));
  return run.value();
}

std::shared_ptr<storage::store> open_store(const fs::path& folder, bool sync = true) {
  storage::store_options options;
  options.sync = sync;
  auto opened = storage::store::open(folder / "store", options);
  if (!opened) give_up(to_string(opened.error()));
  return std::move(opened.value());
}

/// The engine as `longwave broadcast` and `longwave serve` set it up.
scheduling scheduling_for(int runs) { return {2, 300, runs > 1 ? "sharing" : "stealing"}; }

/// Fewer segments have no twentieth that reaches beyond the first marks.
constexpr std::uint64_t shortest_long_run = 40'000;

/// Counts segments by their events, from the first committed one to the last: opening runs and writing their reports is
/// not what is measured. Called by one actor.
struct segment_times {
  void event(const event_happened& e) {
    if (e.type != "segment_accepted" && e.type != "segment_skipped") return;
    const auto now = steady::now();
    if (count++ == 0) {
      first = now;
      first_cpu = cpu_seconds();
    }
    latest = now;
    if (count == total) latest_cpu = cpu_seconds();
    if (long_run > 0 && (count == 500 || count == 1'500 || count == share || count + share == long_run || count + 1'000 == long_run))
      marks.push_back({now, cpu_seconds(), memory_mb("self", "VmRSS")});
    auto& before = last[e.run];
    if (before != steady::time_point()) gaps.push_back(std::chrono::duration<double, std::milli>(now - before).count());
    before = now;
  }
  std::uint64_t count = 0;
  std::uint64_t total = 0;
  std::uint64_t long_run = 0;
  /// A twentieth of a long run.
  std::uint64_t share = 0;
  struct mark {
    steady::time_point at;
    double cpu = 0;
    double rss_mb = 0;
  };
  /// Of a long run: before and after the thousand around segment 1,000, after its first twentieth, before its last one and
  /// before its last thousand.
  std::vector<mark> marks;
  double first_cpu = 0, latest_cpu = 0;
  steady::time_point first, latest;
  std::map<std::string, steady::time_point> last;
  std::vector<double> gaps;
};

double span(steady::time_point from, steady::time_point to) { return std::chrono::duration<double>(to - from).count(); }

numbers measure_engine(const fs::path& folder, int runs, std::uint64_t segments, bool sync) {
  const auto store = open_store(folder, sync);
  std::mutex mutex;
  std::condition_variable changed;
  int left = runs;
  segment_times times;
  if (runs == 1 && segments >= shortest_long_run) {
    times.long_run = segments;
    times.share = segments / 20;
  }
  times.total = segments * static_cast<std::uint64_t>(runs);
  times.gaps.resize(times.total); // in memory from the beginning, so that it is no part of what a run grows by
  times.gaps.clear();
  engine_options options;
  options.clock = std::make_shared<host_clock>();
  options.on_event = [&](const event_happened& e) { times.event(e); };
  std::vector<prepared_run> prepared_runs;
  for (int r = 0; r < runs; ++r)
    prepared_runs.push_back(
      prepared(folder / ("run" + std::to_string(r)), static_cast<std::uint64_t>(r) + 1, segments, nullptr));
  const auto before = store->counters();
  {
    engine e(store, options, scheduling_for(runs));
    for (const auto& run : prepared_runs) {
      submit_run order;
      order.setup = run.setup;
      order.started = [](result<void> started) {
        if (!started) give_up(to_string(started.error()));
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
  const double n = static_cast<double>(segments) * runs;
  const auto after = store->counters();
  double slowest = 0, fastest = 1e9;
  for (const auto& [id, at] : times.last) {
    slowest = std::max(slowest, span(times.first, at));
    fastest = std::min(fastest, span(times.first, at));
  }
  numbers out{{"rate", n / span(times.first, times.latest)},
              {"p99", percentile(times.gaps, 0.99)},
              {"cpu_us", (times.latest_cpu - times.first_cpu) / n * 1e6},
              {"flushes", static_cast<double>(after.wal_syncs - before.wal_syncs) / n},
              {"bytes", static_cast<double>(after.bytes_written - before.bytes_written) / n},
              {"slowest_to_fastest", slowest / fastest},
              {"rss_mb", memory_mb("self", "VmHWM")}};
  if (const auto& m = times.marks; m.size() == 5) {
    const auto share = static_cast<double>(times.share);
    out["first_us"] = span(m[0].at, m[1].at) * 1e3;
    out["last_us"] = span(m[4].at, times.latest) * 1e3;
    out["early_cpu_us"] = (m[2].cpu - times.first_cpu) / share * 1e6;
    out["late_cpu_us"] = (times.latest_cpu - m[3].cpu) / share * 1e6;
    out["early_rss_mb"] = m[2].rss_mb;
    out["late_rss_mb"] = m[4].rss_mb;
  }
  return out;
}

/// 64 threads without actors: each plans, writes, judges, hashes and commits its own run, one sync a segment.
numbers measure_plain(const fs::path& folder, int threads, std::uint64_t each) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  if (!rocksdb::DB::Open(options, folder.string(), &raw).ok()) give_up("cannot open the plain store");
  std::unique_ptr<rocksdb::DB> db(raw);
  std::vector<prepared_run> runs;
  for (int t = 0; t < threads; ++t)
    runs.push_back(prepared(folder / ("run" + std::to_string(t)), static_cast<std::uint64_t>(t) + 1, each, nullptr));
  auto play = [&](int t) {
    const auto& setup = runs[static_cast<std::size_t>(t)].setup;
    show world(*setup->config, setup->pack);
    auto window = std::make_shared<repetition_window>();
    std::ofstream log(folder / ("run" + std::to_string(t)) / "segments.jsonl", std::ios::binary);
    std::string head(zero_hash);
    rocksdb::WriteOptions sync;
    sync.sync = true;
    for (std::uint64_t seq = 1; seq <= each; ++seq) {
      attempt_order order;
      order.setup = setup;
      order.plan = world.plan(seq, {window.get(), setup->rules.get()});
      order.call = seq;
      order.window = window;
      draft answer;
      setup->source->start(make_call(order), [&](draft d) { answer = std::move(d); });
      auto judgement = judge_text(*setup->rules, *order.plan, answer.text, *window);
      segment_record record;
      record.seq = seq;
      record.run_id = setup->config->run_id;
      record.type = std::string(to_string(order.plan->type));
      record.position = order.plan->position;
      record.text = std::move(answer.text);
      record.usage = answer.usage;
      record.violations = std::move(judgement.violations);
      record.variety = std::move(judgement.variety);
      const auto digest = digest_text(*setup->rules, *order.plan, record.text, record.variety);
      storage::link_record(record, head);
      head = record.hash;
      world.settle(*order.plan, {true, &record.text, &record.variety, judgement.incorporation, false});
      const auto line = record_line(record);
      const auto key = std::to_string(t) + "/" + std::to_string(seq);
      rocksdb::WriteBatch batch;
      batch.Put("s" + key, line);
      batch.Put("w" + key, provenance_text(*order.plan, order.state, seq, &digest, ""));
      for (const auto& [name, text] : world.take_changes()) batch.Put("x" + name + key, text);
      batch.Put("h" + std::to_string(t), head);
      window->add(digest);
      if (!db->Write(sync, &batch).ok()) give_up("the plain store refused a write");
      log << line << '\n' << std::flush;
    }
  };
  const auto from = steady::now();
  std::vector<std::thread> players;
  for (int t = 0; t < threads; ++t) players.emplace_back(play, t);
  for (auto& p : players) p.join();
  return {{"rate", static_cast<double>(each) * threads / seconds_since(from)}};
}

// -- pause ------------------------------------------------------------------------------------------------------------

/// Runs that are steered by hand; waits are on answers, never on a clock.
class steered_engine {
public:
  explicit steered_engine(const fs::path& folder) : store_(open_store(folder)) {
    engine_options options;
    options.clock = std::make_shared<host_clock>();
    options.on_status = [this](const std::string& run, const std::string& json) {
      const auto state = nlohmann::json::parse(json, nullptr, false).value("state", std::string());
      std::lock_guard guard(mutex_);
      states_[run] = state;
      changed_.notify_all();
    };
    options.on_event = [this](const event_happened& event) {
      if (event.type != "run_parked") return;
      std::lock_guard guard(mutex_);
      ++parked_;
      changed_.notify_all();
    };
    engine_ = std::make_unique<engine>(store_, options, scheduling_for(2));
  }
  void submit(const prepared_run& run, std::vector<std::string> pauses = {}) {
    submit_run order;
    order.setup = run.setup;
    order.pauses = std::move(pauses);
    order.started = [](result<void> started) {
      if (!started) give_up(to_string(started.error()));
    };
    order.ended = [](run_outcome) {};
    engine_->submit(std::move(order));
  }
  void ask(control_request::verb what, const std::string& run) {
    control_request request;
    request.what = what;
    request.run = run;
    request.reply = [](control_reply) {};
    engine_->ask(std::move(request));
  }
  void wait(const std::string& run, const std::string& state) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return states_[run] == state; });
  }
  std::uint64_t bytes_written() const { return store_->counters().bytes_written; }
  /// Until so many runs have left the memory.
  void wait_parked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return parked_ >= count; });
  }

private:
  std::shared_ptr<storage::store> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> states_;
  std::size_t parked_ = 0;
  std::unique_ptr<engine> engine_;
};

numbers measure_pause(const fs::path& folder, int times) {
  steered_engine engine(folder);
  const auto run = prepared(folder / "paused", 1, 2'000'000, nullptr);
  const auto& id = run.setup->config->run_id;
  engine.submit(run);
  std::vector<double> waits;
  for (int i = 0; i < times; ++i) {
    engine.wait(id, "running");
    std::this_thread::sleep_for(milliseconds(3 + i % 7)); // somewhere inside a segment
    const auto from = steady::now();
    engine.ask(control_request::verb::pause, id);
    engine.wait(id, "paused");
    waits.push_back(seconds_since(from) * 1e3);
    engine.ask(control_request::verb::resume, id);
  }
  return {{"p50", percentile(waits, 0.5)}, {"p99", percentile(waits, 0.99)}};
}

double own_ticks() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  std::string field;
  double ticks = 0;
  for (int i = 3; rest >> field; ++i)
    if (i == 14 || i == 15) ticks += std::stod(field);
  return ticks;
}

numbers measure_parked(const fs::path& folder, int runs) {
  steered_engine engine(folder);
  const auto few = [&](int from, int to) {
    for (int r = from; r < to; ++r)
      engine.submit(prepared(folder / ("run" + std::to_string(r)), static_cast<std::uint64_t>(r) + 1, 100, nullptr), {"control"});
    engine.wait_parked(static_cast<std::size_t>(to));
  };
  few(0, 10); // what the first run loads is not the price of one more
  const auto before = memory_mb("self", "VmRSS");
  const auto written = engine.bytes_written();
  few(10, runs);
  const auto stored = static_cast<double>(engine.bytes_written() - written) / 1'024; // in the store's own buffers, up to 24 MB
  // The first fifteen seconds hold the last status of each, written once, and what is given back at the third heartbeat after;
  // standing still is what comes then.
  std::this_thread::sleep_for(std::chrono::seconds(20));
  const auto after = memory_mb("self", "VmRSS");
  constexpr int watched_s = 10;
  const auto ticks = own_ticks(); // a hundred a second
  std::this_thread::sleep_for(std::chrono::seconds(watched_s));
  return {{"kb_each", (after - before) * 1024 / (runs - 10)},
          {"stored_kb_each", stored / (runs - 10)},
          {"cpu_percent", (own_ticks() - ticks) / watched_s}};
}

/// Opens the store of a finished chain again and reads what a resume reads.
numbers measure_resume(const fs::path& folder) {
  const auto from = steady::now();
  const auto store = open_store(folder);
  const auto runs = store->runs();
  if (!runs || runs.value().empty()) give_up("no run to resume");
  const auto loaded = store->load(runs.value().front());
  if (!loaded) give_up(to_string(loaded.error()));
  const auto texts = recent_texts(*store, runs.value().front(), loaded.value().head.seq, 1'000);
  return {{"ms", seconds_since(from) * 1e3}, {"seq", static_cast<double>(loaded.value().head.seq)}};
}

// -- the binary -------------------------------------------------------------------------------------------------------

fs::path own_path() { return fs::read_symlink("/proc/self/exe"); }
fs::path binary() { return own_path().parent_path() / "longwave"; }

pid_t spawn(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const auto pid = ::fork();
  if (pid != 0) return pid;
  if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(126);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

double run_binary_ms(const std::vector<std::string>& words) {
  const auto from = steady::now();
  const auto pid = spawn(words);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) give_up(words[1] + " ended with " + std::to_string(status));
  return seconds_since(from) * 1e3;
}

/// From exec to the first line of segments.jsonl, which follows its commit.
numbers measure_cold_start(const fs::path& folder, int times) {
  std::vector<double> waits;
  for (int i = 0; i < times; ++i) {
    const auto output = folder / ("cold" + std::to_string(i));
    const auto from = steady::now();
    const auto pid = spawn({binary(), "broadcast", "--dj", "julie", "--duration", "112", "--enable-validation", "--enable-stories",
                            "--seed", "1", "--progress", "none", "--disk-floor", "0", "--output", output});
    std::error_code none;
    while (fs::file_size(output / "segments.jsonl", none) == 0 || none) std::this_thread::sleep_for(milliseconds(1));
    waits.push_back(seconds_since(from) * 1e3);
    int status = 0;
    ::waitpid(pid, &status, 0);
  }
  return {{"p50", percentile(waits, 0.5)}};
}

double ticks_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(in, line);
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  std::string field;
  double ticks = 0;
  for (int i = 3; rest >> field; ++i)
    if (i == 14 || i == 15) ticks += std::stod(field);
  return ticks;
}

numbers measure_idle(const fs::path& folder) {
  const auto pid = spawn({binary(), "serve", folder / "idle"});
  std::error_code none;
  while (!fs::exists(folder / "idle/.longwave/control.sock", none)) std::this_thread::sleep_for(milliseconds(5));
  std::this_thread::sleep_for(milliseconds(500));
  const auto ticks = ticks_of(pid);
  std::this_thread::sleep_for(std::chrono::seconds(5));
  const auto name = std::to_string(pid);
  const numbers out{{"rss_mb", memory_mb(name, "VmRSS")}, {"private_mb", memory_mb(name, "RssAnon")},
                    {"cpu_percent", (ticks_of(pid) - ticks) / 5}};
  ::kill(pid, SIGTERM);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return out;
}

// -- parts as processes -----------------------------------------------------------------------------------------------

numbers run_part(const std::string& part, const fs::path& folder, const std::vector<std::uint64_t>& n) {
  const auto at = [&](std::size_t i) { return i < n.size() ? n[i] : 0; };
  if (part == "floor")
    return measure_floor(folder, static_cast<int>(at(0)), static_cast<int>(at(1)), {at(2), at(3)});
  if (part == "engine") return measure_engine(folder, static_cast<int>(at(0)), at(1), at(2) != 0);
  if (part == "plain") return measure_plain(folder, static_cast<int>(at(0)), at(1));
  if (part == "pause") return measure_pause(folder, static_cast<int>(at(0)));
  if (part == "parked") return measure_parked(folder, static_cast<int>(at(0)));
  if (part == "resume") return measure_resume(folder);
  if (part == "cold") return measure_cold_start(folder, static_cast<int>(at(0)));
  if (part == "idle") return measure_idle(folder);
  give_up("unknown part " + part);
}

/// Runs a part in a process of its own and reads what it says.
numbers in_process(const std::string& part, const fs::path& folder, const std::vector<std::uint64_t>& n) {
  fs::create_directories(folder);
  std::string command = own_path().string() + " --part " + part + " " + folder.string();
  for (const auto number : n) command += " " + std::to_string(number);
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) give_up("cannot start " + part);
  numbers out;
  char name[64];
  double value = 0;
  while (std::fscanf(pipe, "%63s %lf", name, &value) == 2) out[name] = value;
  if (::pclose(pipe) != 0) give_up(part + " failed");
  return out;
}

int play_part(int argc, char** argv) {
  std::vector<std::uint64_t> n;
  for (int i = 4; i < argc; ++i) n.push_back(std::stoull(argv[i]));
  for (const auto& [name, value] : run_part(argv[2], argv[3], n)) std::printf("%s %.6f\n", name.c_str(), value);
  return 0;
}

void row(const char* what, double value, double reference, const char* unit, const char* target) {
  if (reference > 0)
    std::printf("%-30s %10.2f %-6s reference %10.2f   ratio %5.2f   target %s\n", what, value, unit, reference,
                value / reference, target);
  else
    std::printf("%-30s %10.2f %-6s %39s target %s\n", what, value, unit, "", target);
  std::fflush(stdout);
}

void bench_chain(const fs::path& base, std::uint64_t chain, floor_size& size) {
  // A few segments first: how much does the engine really write?
  auto sample = in_process("engine", base / "sample", {1, 200, 1});
  size.state = 1'000;
  size.record = static_cast<std::size_t>(std::max(1'000.0, sample["bytes"] - 1'100));
  std::printf("a commit writes %.0f bytes; the floor's batches hold as many\n", sample["bytes"]);
  auto before = in_process("floor", base / "floor1", {1, chain, size.record, size.state});
  auto one = in_process("engine", base / "chain", {1, chain, 1});
  auto after = in_process("floor", base / "floor1b", {1, chain, size.record, size.state});
  row("chain", one["rate"], (before["rate"] + after["rate"]) / 2, "seg/s", ">= 0.80 of the floor, 1.10 with overlap");
  row("chain p99", one["p99"], (before["p99"] + after["p99"]) / 2, "ms", "<= 2 x the floor");
  row("chain flushes a segment", one["flushes"], 0, "", "<= 1.05");
  row("chain CPU a segment", one["cpu_us"], (before["cpu_us"] + after["cpu_us"]) / 2, "us", "");
  row("chain peak memory", one["rss_mb"], 0, "MB", "< 64");
}

void bench_fan_out(const fs::path& base, std::uint64_t each, const floor_size& size) {
  auto floor = in_process("floor", base / "floor64", {fan, each, size.record, size.state});
  auto many = in_process("engine", base / "fan", {fan, each, 1});
  auto plain = in_process("plain", base / "plain", {fan, each});
  row("fan-out", many["rate"], floor["rate"], "seg/s", ">= 0.50 of the floor");
  row("fan-out, against threads", many["rate"], plain["rate"], "seg/s", ">= 1.2 x 64 plain threads");
  row("fan-out CPU a segment", many["cpu_us"], 0, "us", "");
  row("fan-out flushes a segment", many["flushes"], 0, "", "shared");
  row("fan-out slowest run", many["slowest_to_fastest"], 0, "x", "<= 2 x the fastest");
  row("fan-out peak memory", many["rss_mb"], 0, "MB", "");
  auto unsynced = in_process("engine", base / "nosync", {fan, each, 0});
  row("orchestration, no flush", unsynced["rate"], 0, "seg/s", ">= 20000");
  row("orchestration CPU a segment", unsynced["cpu_us"], 0, "us", "<= 60");
}

void bench_rest(const fs::path& base) {
  row("resume, chain's store", in_process("resume", base / "chain", {})["ms"], 0, "ms", "< 250");
  auto pause = in_process("pause", base / "pause", {200});
  row("pause p50", pause["p50"], 0, "ms", "");
  row("pause p99", pause["p99"], 0, "ms", "< 50");
  row("cold start to first segment", in_process("cold", base / "cold", {5})["p50"], 0, "ms", "< 250");
  auto idle = in_process("idle", base / "idle", {});
  row("idle engine memory", idle["rss_mb"], 0, "MB", "< 40");
  row("idle engine private memory", idle["private_mb"], 0, "MB", "< 15");
  row("idle engine CPU", idle["cpu_percent"], 0, "%", "0.0");
  auto parked = in_process("parked", base / "parked", {500});
  row("parked runs (500), each", parked["kb_each"], 0, "KB", "<= 4");
  row("parked runs CPU", parked["cpu_percent"], 0, "%", "0");
}

void bench_long(const fs::path& base, std::uint64_t segments) {
  auto one = in_process("engine", base / "long", {1, segments, 1});
  row("long run: last thousand", one["last_us"], one["first_us"], "us", "<= 1.1 x the thousand around segment 1,000");
  row("long run: CPU, last twentieth", one["late_cpu_us"], one["early_cpu_us"], "us", "the first twentieth");
  row("long run: memory before the end", one["late_rss_mb"], one["early_rss_mb"], "MB", "flat");
  row("long run: peak, with its report", one["rss_mb"], 0, "MB", "");
  row("long run resume", in_process("resume", base / "long", {})["ms"], 0, "ms", "< 250");
  const std::vector<std::string> look{binary(), "inspect", "segments", "--last", "10", "--snapshot", base / "long/store"};
  std::vector<double> waits;
  for (int i = 0; i < 5; ++i) waits.push_back(run_binary_ms(look));
  row("long run inspect --last 10", percentile(waits, 0.5), 0, "ms", "< 50");
}

} // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::off); // what the engine says of each segment goes to a file in a real run
  if (argc > 3 && std::string(argv[1]) == "--part") return play_part(argc, argv);
  const std::uint64_t chain = argc > 1 ? std::stoull(argv[1]) : 2'000;
  const std::uint64_t each = argc > 2 ? std::stoull(argv[2]) : 100;
  const std::uint64_t long_run = argc > 3 ? std::stoull(argv[3]) : 0;
  if (argc > 3 && long_run < shortest_long_run) give_up("a long run has " + std::to_string(shortest_long_run) + " segments at least");
  std::string name = (fs::current_path() / "bench-XXXXXX").string();
  if (!::mkdtemp(name.data())) return 1;
  const fs::path base = name;
  std::printf("segments_bench: chain of %llu, fan-out of %d x %llu\n", static_cast<unsigned long long>(chain), fan,
              static_cast<unsigned long long>(each));
  floor_size size;
  bench_chain(base, chain, size);
  bench_fan_out(base, each, size);
  bench_rest(base);
  if (argc > 3) bench_long(base, long_run);
  std::error_code ignored;
  fs::remove_all(base, ignored);
  return 0;
}
