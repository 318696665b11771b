// Thirty days of broadcasting, over and over: each run draws its own faults, deaths, crashes and pauses from a seed.
//
// LONGWAVE_SIM_RUNS sets how many runs there are (20), LONGWAVE_SIM_SEED replays the one with that seed.
#include "tests/support/simulated_engine.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

using namespace longwave;
using namespace longwave::test;

namespace {

constexpr std::int64_t hours = 480; // 30 days of 16 segments
constexpr std::uint64_t first_seed = 1'000;

/// What one run is subjected to. Each fault is on in half of the runs only: a run with everything hides what a run with
/// one thing shows.
struct weather_of_faults {
  explicit weather_of_faults(std::uint64_t seed) : chance(seed, 0, 0, "faults") {
    planned = on();
    slow = on();
    deaths = on();
    crashes = on();
    pauses = on();
    files = on();
    disk = on();
    stops = on();
    virtual_clock = chance.chance(0.25);
  }
  bool on() { return chance.chance(0.5); }

  random_stream chance;
  bool planned, slow, deaths, crashes, pauses, files, disk, stops, virtual_clock;
};

/// Faults of the backend at fixed segments and attempts: the same for a run and its undisturbed twin, whatever calls had
/// to be made again. Never three in a row for more than a few segments, so that no run is aborted.
std::string planned_faults(random_stream& chance, std::uint64_t& count) {
  // Not among them: busy answers. They spend no attempt, so that the same rule would match for ever.
  static const std::vector<std::string> kinds{"timeout", "refuse",    "reset", "http500", "empty",   "garbage",
                                              "truncated", "slow", "bad",   "nousage", "badusage"};
  std::string plan;
  std::uint64_t lost = 0;
  for (std::uint64_t segment = 1; segment <= 480; ++segment) {
    if (!chance.chance(0.15)) continue;
    auto attempts = 1 + static_cast<int>(chance.below(3));
    if (attempts == 3 && ++lost > 12) attempts = 2;
    for (int attempt = 1; attempt <= attempts; ++attempt) {
      plan += "{\"segment\":" + std::to_string(segment) + ",\"attempt\":" + std::to_string(attempt) +
              ",\"fault\":\"" + kinds[chance.below(kinds.size())] + "\"}\n";
      ++count;
    }
  }
  return plan;
}

struct counts {
  std::uint64_t faults = 0;
  std::uint64_t deaths = 0;
  std::uint64_t crashes = 0;
  std::uint64_t pauses = 0;
  std::uint64_t refusals = 0;
  std::uint64_t stops = 0;
};

/// Lifts whatever holds the run: the person that an unattended run needs now and then.
void attend(simulation& s) {
  s.remove_pause_file();
  s.resume();
}

void disturb(simulation& s, weather_of_faults& w, counts& n, int& deaths_here) {
  static const std::vector<std::string> kinds{"generator", "validator", "retry", "scheduler", "committer", "monitor"};
  switch (w.chance.below(7)) {
    case 0:
      // Two deaths a segment: a third would skip it, which the twin does not do.
      if (w.deaths && deaths_here < 2 && s.kill(kinds[w.chance.below(kinds.size())])) {
        ++deaths_here;
        ++n.deaths;
      }
      break;
    case 1:
      if (!w.crashes) break;
      s.start();
      ++n.crashes;
      break;
    case 2:
      if (!w.pauses) break;
      s.pause();
      ++n.pauses;
      break;
    case 3:
      if (!w.files) break;
      s.touch_pause_file();
      ++n.pauses;
      break;
    case 4:
      if (!w.disk) break;
      s.refuse_write = [left = 1 + w.chance.below(3), &n]() mutable -> std::optional<failure> {
        if (left == 0) return std::nullopt;
        --left;
        ++n.refusals;
        return failure{error_code::io_failed, "cannot write", "simulated", ""};
      };
      break;
    case 5:
      if (!w.stops) break;
      s.stop(static_cast<stop_mode>(w.chance.below(3)));
      ++n.stops;
      break;
    case 6: s.checkpoint(); break;
  }
}

std::vector<segment_record> undisturbed(const run_config& config) {
  simulation s({1, false, config, 1, 1});
  s.start();
  while (!s.until_end(24 * 3'600'000)) attend(s);
  return s.records();
}

/// One run; returns what went wrong, one line each.
std::vector<std::string> simulate(std::uint64_t seed, counts& n) {
  weather_of_faults w(seed);
  auto config = simulated_broadcast(seed, hours);
  config.virtual_clock = w.virtual_clock;
  config.segment_files = w.on();
  if (w.planned) config.fault_plan = planned_faults(w.chance, n.faults);
  simulation s({seed, true, config, 1 + w.chance.below(3), 1 + w.chance.below(3)});
  if (w.slow)
    s.model->script = [&w](const generation_call& call) {
      return scripted_answer{sound_draft(call), static_cast<std::int64_t>(w.chance.below(20'000))};
    };
  s.start();
  std::uint64_t seq = 0;
  int deaths_here = 0;
  std::int64_t stuck_since = 0;
  while (!s.outcome() || s.outcome()->state == run_state::stopped) {
    if (s.outcome() || s.collapsed()) s.start();
    for (auto i = w.chance.below(120); i > 0 && !s.outcome(); --i) s.step();
    if (s.outcome()) continue;
    if (s.committed() != seq) {
      seq = s.committed();
      deaths_here = 0;
      stuck_since = s.now_ms();
    }
    if (s.now_ms() - stuck_since > 6 * 3'600'000) return {"stuck after segment " + std::to_string(seq) + ": " + s.status()};
    if (s.shown_state() == run_state::paused && w.chance.chance(0.5)) attend(s);
    else if (w.chance.chance(0.25)) disturb(s, w, n, deaths_here);
    if (s.refusal()) return {"refused: " + to_string(*s.refusal())};
  }
  std::vector<std::string> wrong;
  if (s.outcome()->state != run_state::completed)
    wrong.push_back("ended as " + std::string(to_string(s.outcome()->state)) + ": " + s.outcome()->reason);
  if (s.model->most_open > 1) wrong.push_back("more than one attempt in flight");
  const auto records = s.records();
  if (records.size() != 480) wrong.push_back(std::to_string(records.size()) + " records");
  const auto twin = undisturbed(config);
  for (std::size_t i = 0; i < records.size() && i < twin.size(); ++i)
    if (canonical_json(records[i]) != canonical_json(twin[i])) {
      wrong.push_back("segment " + std::to_string(i + 1) + " is\n    " + canonical_json(records[i]) + "\n  and its twin\n    " +
                      canonical_json(twin[i]));
      break;
    }
  for (auto& difference : s.audit()) wrong.push_back(std::move(difference));
  return wrong;
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("thirty days of faults: whole, in order, once each, and the same as the undisturbed twin") {
  const auto one = number_from("LONGWAVE_SIM_SEED", 0);
  const auto runs = one ? 1 : number_from("LONGWAVE_SIM_RUNS", 20);
  for (std::uint64_t seed = one ? one : first_seed; seed < (one ? one : first_seed) + runs; ++seed) {
    counts n;
    const auto wrong = simulate(seed, n);
    std::cout << "SEED=" << seed << " simulated 30 d, 480 segments, " << n.faults << " faults, " << n.crashes
              << " crashes, " << n.deaths << " deaths, " << n.pauses << " pauses, " << n.refusals << " refused writes, "
              << n.stops << " stops" << std::endl;
    for (const auto& line : wrong) std::cout << "  " << line << std::endl;
    INFO("replay with LONGWAVE_SIM_SEED=" << seed);
    CHECK(wrong.empty());
  }
}
