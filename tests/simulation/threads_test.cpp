// The actor system on real threads: several runs side by side, each byte for byte what the simulated engine makes of it alone.
// What a thread sanitizer is run over.
#include "tests/support/simulated_engine.hpp"
#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

using namespace longwave;
using namespace longwave::test;

namespace {

namespace fs = std::filesystem;

/// Answers at once with the simulation's texts.
class instant_backend : public backend {
public:
  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    answer(sound_draft(call));
    return nullptr;
  }
  std::shared_ptr<call_handle> probe(answer_function answer) override {
    answer(draft{});
    return nullptr;
  }
  backend_info info() const override { return {"offline", "scripted", ""}; }
};

/// Answers nothing until it is opened, and then everything.
class gated_backend final : public instant_backend {
public:
  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    if (!open_) {
      held_.emplace_back(sound_draft(call), std::move(answer));
      return nullptr;
    }
    lock.unlock();
    return instant_backend::start(call, std::move(answer));
  }

  bool wait_for_calls(std::size_t calls) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(5), [&] { return asked_ >= calls; });
  }
  void open() {
    std::vector<std::pair<draft, answer_function>> held;
    {
      const std::lock_guard guard(mutex_);
      open_ = true;
      held.swap(held_);
    }
    for (auto& [words, answer] : held) answer(std::move(words));
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<draft, answer_function>> held_;
  std::size_t asked_ = 0;
  bool open_ = false;
};

struct ends {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t ended = 0;
  std::size_t completed = 0;

  void note(const run_outcome& outcome) {
    const std::lock_guard guard(mutex);
    ++ended;
    completed += outcome.state == run_state::completed;
    changed.notify_one();
  }
  bool wait_for(std::size_t runs) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::minutes(5), [&] { return ended == runs; });
  }
};

std::shared_ptr<run_setup> setup_of(const run_config& config, const std::shared_ptr<const content_pack>& pack) {
  auto setup = std::make_shared<run_setup>();
  setup->config = std::make_shared<run_config>(config);
  setup->pack = pack;
  setup->profile = std::make_shared<dj_profile>(pack->profiles.front());
  setup->rules = std::make_shared<rule_context>(*setup->profile);
  setup->source = std::make_shared<instant_backend>();
  setup->faults = std::make_shared<fault_plan>(fault_plan::parse(config.fault_plan).value());
  setup->clock = std::make_shared<host_clock>();
  return setup;
}

std::string lines_of(const fs::path& output) {
  std::vector<segment_record> records;
  std::ifstream in(output / "segments.jsonl");
  for (std::string line; std::getline(in, line);) records.push_back(nlohmann::json::parse(line).get<segment_record>());
  return canonical_output(records);
}

/// A run's configuration with an output folder of its own.
run_config placed(run_config config, const std::string& id, const fs::path& folder) {
  config.run_id = id;
  config.output = (folder / id).string();
  fs::create_directories(config.output);
  return config;
}

std::string alone(const run_config& config) {
  simulation s({1, false, config, 1, 1});
  s.start();
  REQUIRE(s.until_end());
  return canonical_output(s.records());
}

} // namespace

TEST_CASE("threads: runs side by side on real threads give what each gives alone") {
  constexpr std::size_t runs = 6;
  const std::string plan = "{\"segment\":3,\"attempt\":1,\"fault\":\"empty\"}\n{\"segment\":5,\"attempt\":1,\"fault\":\"bad\"}\n";
  // Fewer deaths than pause the runs (the sixth within a minute does).
  constexpr std::size_t deaths = 4;
  const std::string crash = "{\"call\":9,\"fault\":\"crash:generator\"}\n";
  const fs::path folder = fs::temp_directory_path() / ("longwave-threads-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  ends seen;
  std::vector<run_config> configs;
  {
    auto opened = storage::store::open(folder / "store");
    REQUIRE(opened);
    engine_options options;
    options.clock = std::make_shared<host_clock>();
    engine engine(std::shared_ptr<storage::store>(std::move(opened.value())), options, {});
    const std::shared_ptr<const content_pack> pack = sample_pack();
    for (std::size_t i = 0; i < runs; ++i) {
      auto config = placed(simulated_broadcast(100 + i, 32, i < deaths ? plan + crash : plan), "run-" + std::to_string(i), folder);
      config.virtual_clock = true;
      configs.push_back(config);
      submit_run order;
      order.setup = setup_of(config, pack);
      order.ended = [&seen](run_outcome outcome) { seen.note(outcome); };
      engine.submit(std::move(order));
    }
    CHECK(seen.wait_for(runs));
  }
  CHECK(seen.completed == runs);
  for (const auto& config : configs) {
    auto twin = config;
    CHECK(lines_of(config.output) == alone(twin));
  }
  fs::remove_all(folder);
}

TEST_CASE("threads: three deaths of a generator over other runs do not skip the segment of one whose call it held") {
  const fs::path folder = fs::temp_directory_path() / ("longwave-deaths-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  ends seen;
  const auto gate = std::make_shared<gated_backend>();
  auto held = placed(simulated_broadcast(8, 8), "held", folder);
  held.virtual_clock = true;
  {
    auto opened = storage::store::open(folder / "store");
    REQUIRE(opened);
    engine_options options;
    options.clock = std::make_shared<host_clock>();
    options.generators = 1;
    engine engine(std::shared_ptr<storage::store>(std::move(opened.value())), options, {});
    const auto submit = [&](const run_config& config, std::shared_ptr<backend> source) {
      submit_run order;
      auto setup = setup_of(config, sample_pack());
      if (source) setup->source = std::move(source);
      order.setup = std::move(setup);
      order.ended = [&seen](run_outcome outcome) { seen.note(outcome); };
      engine.submit(std::move(order));
    };
    submit(held, gate);
    REQUIRE(gate->wait_for_calls(1));
    for (std::size_t deaths = 1; deaths <= 3; ++deaths) {
      auto killer = placed(simulated_broadcast(7, 8, "{\"call\":3,\"fault\":\"crash:generator\"}\n"), "killer-" + std::to_string(deaths), folder);
      killer.virtual_clock = true;
      submit(killer, nullptr);
      REQUIRE(seen.wait_for(deaths));
      REQUIRE(gate->wait_for_calls(deaths + 1)); // asked again
    }
    gate->open();
    REQUIRE(seen.wait_for(4));
  }
  CHECK(seen.completed == 4);
  CHECK(lines_of(held.output) == alone(held));
  CHECK(lines_of(held.output).find("poison") == std::string::npos);
  fs::remove_all(folder);
}

TEST_CASE("threads: hundreds of parked runs hold no files, are shown, and go on when they are asked to") {
#ifdef LONGWAVE_SANITIZED
  constexpr std::size_t runs = 100;
#else
  constexpr std::size_t runs = 500;
#endif
  const fs::path folder = fs::temp_directory_path() / ("longwave-parked-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto open_files = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()); };
  ends seen;
  std::size_t parked = 0, woken = 0;
  std::vector<std::string> statuses;
  std::vector<run_config> configs;
  {
    auto opened = storage::store::open(folder / "store");
    REQUIRE(opened);
    const auto count = [&seen](std::size_t& what) {
      const std::lock_guard guard(seen.mutex);
      ++what;
      seen.changed.notify_one();
    };
    engine_options options;
    options.clock = std::make_shared<host_clock>();
    options.on_event = [&](const event_happened& event) {
      if (event.type == "run_parked") count(parked);
      if (event.type == "run_woken") count(woken);
    };
    engine engine(std::shared_ptr<storage::store>(std::move(opened.value())), options, {});
    const std::shared_ptr<const content_pack> pack = sample_pack();
    const auto files_before = open_files();
    const auto ask = [&](control_request::verb what, const std::string& run) {
      control_request request;
      request.what = what;
      request.run = run;
      request.reply = [&seen, &statuses, what](control_reply reply) { // comes when `ask` is long over
        const std::lock_guard guard(seen.mutex);
        if (what == control_request::verb::status) statuses.push_back(std::move(reply.json));
        seen.changed.notify_one();
      };
      engine.ask(std::move(request));
    };
    const auto wait = [&](auto condition) {
      std::unique_lock lock(seen.mutex);
      return seen.changed.wait_for(lock, std::chrono::minutes(5), condition);
    };
    for (std::size_t i = 0; i < runs; ++i) {
      const auto config = placed(simulated_broadcast(1'000 + i, 2), "run-" + std::to_string(i), folder);
      configs.push_back(config);
      submit_run order;
      order.setup = setup_of(config, pack);
      order.pauses = {"control"};
      order.ended = [&](run_outcome outcome) {
        if (outcome.state == run_state::completed) count(seen.completed);
        count(seen.ended);
      };
      engine.submit(std::move(order));
    }
    CHECK(wait([&] { return parked == runs; }));
    CHECK(open_files() - files_before < 20);
    for (const auto& config : configs) ask(control_request::verb::status, config.run_id);
    CHECK(wait([&] { return statuses.size() == runs; }));
    CHECK(std::all_of(statuses.begin(), statuses.end(), [](const auto& json) { return nlohmann::json::parse(json)["state"] == "paused"; }));
    CHECK(woken == 0);
    for (const auto& config : configs) ask(control_request::verb::resume, config.run_id);
    CHECK(wait([&] { return seen.ended == runs; }));
    CHECK(woken == runs);
  }
  CHECK(seen.completed == runs);
  for (std::size_t i = 0; i < runs; i += 50) CHECK(lines_of(configs[i].output) == alone(configs[i]));
  fs::remove_all(folder);
}
