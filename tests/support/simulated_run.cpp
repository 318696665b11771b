// How a seed becomes a run, its faults and its disturbances.
#include "tests/support/simulated_run.hpp"

#include "storage/pack_folder.hpp"

#include <algorithm>
#include <stdexcept>

namespace longwave::test {

namespace {

constexpr std::int64_t hours = 480; // 30 days of 16 segments
constexpr std::uint64_t segments = 480;

/// A series of stories waits by the host's clock, and while it waits it looks for a PAUSE file five times a second: each
/// simulated hour costs 36,000 events. So there are many stories with short waits, or a few with waits that are stored in
/// parts.
struct series {
  std::uint64_t stories;
  std::int64_t interval_s;
};
constexpr series many_stories{240, 8}, few_stories{16, 350};

/// Read once a process; runs share it.
std::shared_ptr<const content_pack> real_pack(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const content_pack>> read;
  auto& pack = read[name];
  if (pack) return pack;
  auto loaded = storage::load_pack(std::string(LONGWAVE_SOURCE_DIR "/packs/") + name);
  if (!loaded) throw std::runtime_error(to_string(loaded.error()));
  return pack = std::make_shared<const content_pack>(std::move(loaded.value()));
}

/// Faults of the backend at fixed segments and attempts: the same for a run and its undisturbed twin, whatever calls had
/// to be made again. Segments are lost now and then, never so many that the run is aborted.
class planned_faults {
public:
  planned_faults(random_stream& chance, int max_attempts) : chance_(chance), max_attempts_(max_attempts) {
    for (const char* kind : {"timeout", "refuse", "reset", "http500", "empty", "garbage", "truncated", "slow", "bad",
                             "nousage", "badusage"})
      if (chance.chance(0.5)) kinds_.push_back(kind);
    // Busy answers spend no attempt: bound to a segment, the same rule would match for ever.
    if (chance.chance(0.5)) add_busy();
    if (chance.chance(0.3)) add_poison();
    if (!kinds_.empty()) add_failures();
  }

  std::string text() const { return text_; }
  std::uint64_t count() const { return count_; }

private:
  void rule(const std::string& where, const std::string& fault) {
    text_ += "{" + where + ",\"fault\":\"" + fault + "}\n";
    ++count_;
  }
  void add_busy() {
    for (std::uint64_t call = 5; call < 600; call += 5 + chance_.below(120)) {
      const auto last = call + chance_.below(8);
      rule("\"call\":\"" + std::to_string(call) + "-" + std::to_string(last) + "\"",
           std::string(chance_.chance(0.5) ? "http429" : "http503") + "\",\"retry_after\":" + std::to_string(chance_.below(90)));
    }
  }
  /// Segments over which an actor dies every time: the third death skips them.
  void add_poison() {
    static const std::vector<std::string> kinds{"generator", "validator", "scheduler"};
    for (int i = 0; i < 3; ++i) {
      const auto at = 20 + 150 * static_cast<std::uint64_t>(i) + chance_.below(100);
      rule("\"segment\":" + std::to_string(at), "crash:" + kinds[chance_.below(kinds.size())] + "\"");
    }
  }
  void add_failures() {
    const double share = chance_.chance(0.5) ? 0.15 : 0.04;
    std::uint64_t lost = 0;
    for (std::uint64_t at = 1; at <= segments; ++at) {
      if (!chance_.chance(share)) continue;
      auto attempts = 1 + static_cast<int>(chance_.below(static_cast<std::uint64_t>(max_attempts_)));
      if (attempts == max_attempts_ && ++lost > 10) attempts = max_attempts_ - 1;
      for (int attempt = 1; attempt <= attempts; ++attempt)
        rule("\"segment\":" + std::to_string(at) + ",\"attempt\":" + std::to_string(attempt),
             kinds_[chance_.below(kinds_.size())] + "\"");
    }
  }

  random_stream& chance_;
  int max_attempts_;
  std::vector<std::string> kinds_;
  std::string text_;
  std::uint64_t count_ = 0;
};

/// What a group of seeds runs.
struct plan_of_group {
  explicit plan_of_group(std::uint64_t group) : chance(group, 0, 0, "simulated plan") {
    const auto draw = chance.below(10);
    what = draw < 6 ? "broadcast" : draw < 8 ? "grammar" : "stories";
    if (what == "stories") be_stories(group);
    else be_broadcast(group);
    // Of a stream of its own: what else a group is stays what it was.
    if (what != "stories" && random_stream(group, 0, 0, "simulated judge").chance(0.4)) options.config.validation_mode = "hybrid";
    auto& config = options.config;
    options.look_pause = std::chrono::seconds(1); // a month is two thirds looks otherwise
    config.disk_floor_bytes = 0;
    config.virtual_clock = chance.chance(0.25);
    config.segment_files = chance.chance(0.5);
    config.max_attempts = chance.chance(0.7) ? 3 : 2 + static_cast<int>(chance.below(4));
    if (!chance.chance(0.8)) return;
    planned_faults faults(chance, config.max_attempts);
    config.fault_plan = faults.text();
    fault_count = faults.count();
  }

  void be_broadcast(std::uint64_t group) {
    options.config = simulated_broadcast(group, hours);
    if (what != "grammar") return;
    options.pack = real_pack("appalachia");
    options.config.dj = options.pack->profiles.front().name;
    script = grammar_script(options.pack, options.config.dj);
  }
  void be_stories(std::uint64_t group) {
    options.pack = real_pack("midnight");
    auto& config = options.config;
    config = simulated_broadcast(group, hours);
    config.kind = run_kind::stories;
    config.dj.clear();
    config.duration_hours = 0;
    const auto& planned = chance.chance(0.5) ? many_stories : few_stories;
    count = planned.stories;
    config.max_stories = static_cast<std::int64_t>(planned.stories);
    config.interval_seconds = planned.interval_s;
    config.language = chance.chance(0.5) ? "en" : "ko";
    config.target_length = 400;
    script = grammar_script(options.pack, "");
  }

  random_stream chance;
  std::string what;
  simulation_options options;
  answer_script script = [](const generation_call& call) { return scripted_answer{sound_draft(call), 0}; };
  std::uint64_t fault_count = 0;
  std::uint64_t count = segments; ///< segments or stories that the run has at its end
};

/// Lifts whatever holds the run: the person that an unattended run needs now and then.
void attend(simulation& s) {
  s.remove_pause_file();
  s.resume();
}

/// What happens to the machine. Each kind is on in half of the runs only: a run with everything hides what a run with one
/// thing shows.
class disturbances {
public:
  disturbances(std::uint64_t seed, simulated_run& report) : chance(seed, 0, 0, "disturbances"), report_(report) {
    for (auto kind : {&deaths_, &kills_, &own_deaths_, &pauses_, &files_, &disk_, &stops_, &probes_, &storms_})
      *kind = chance.chance(0.5);
    if (chance.chance(0.5)) slow_ms = std::vector<std::uint64_t>{300, 2'000, 20'000}[chance.below(3)];
  }

  /// Called when a segment was committed: what counts a segment starts anew.
  void next_segment() { deaths_here_ = own_deaths_here_ = kills_here_ = 0; }

  void happen(simulation& s) {
    switch (chance.below(10)) {
      case 0: return die(s);
      case 1: return restart(s);
      case 2: return own_death(s);
      case 3: return pause(s);
      case 4: return touch(s);
      case 5: return refuse_writes(s);
      case 6: return stop(s);
      case 7: return fail_probes(s);
      case 8: return storm(s);
      default: s.checkpoint(); ++report_.counts["checkpoints"];
    }
  }

  random_stream chance;
  /// Longest time of a call; 0 = answers come at once.
  std::uint64_t slow_ms = 0;

private:
  void die(simulation& s) {
    static const std::vector<std::string> kinds{"generator", "validator", "retry", "scheduler", "committer", "monitor"};
    // Two deaths a segment: a third would skip it, which the twin does not do.
    if (!deaths_ || deaths_here_ >= 2 || !s.kill(kinds[chance.below(kinds.size())])) return;
    ++deaths_here_;
    ++report_.counts["deaths"];
  }
  void restart(simulation& s) {
    if (!kills_ || kills_here_ >= most_kills_here) return;
    ++kills_here_;
    s.start();
    ++report_.counts["kills"];
  }
  /// A process that dies of itself, twice a segment at most: the third time the segment would be skipped.
  void own_death(simulation& s) {
    if (!own_deaths_ || own_deaths_here_ >= 2) return;
    ++own_deaths_here_;
    s.die();
    s.start();
    ++report_.counts["crashes"];
  }
  void pause(simulation& s) {
    if (!pauses_) return;
    s.pause();
    ++report_.counts["pauses"];
  }
  void touch(simulation& s) {
    if (!files_) return;
    s.touch_pause_file();
    ++report_.counts["pauses"];
  }
  void refuse_writes(simulation& s) {
    if (!disk_) return;
    const bool full = chance.chance(0.5);
    s.refuse_write = [left = 1 + chance.below(full ? 40 : 3), full, this]() mutable -> std::optional<failure> {
      if (left == 0) return std::nullopt;
      --left;
      ++report_.counts["refused writes"];
      return failure{full ? error_code::disk_full : error_code::io_failed, "cannot write", "simulated", ""};
    };
  }
  void stop(simulation& s) {
    if (!stops_) return;
    s.stop(static_cast<stop_mode>(chance.below(3)));
    ++report_.counts["stops"];
  }
  void fail_probes(simulation& s) {
    if (!probes_) return;
    s.model->on_probe = [left = chance.below(6)]() mutable {
      draft answer;
      if (left > 0) {
        --left;
        answer.outcome = outcome_class::transport;
      }
      return answer;
    };
    ++report_.counts["dead probes"];
  }
  /// Killed again and again while it starts, five deep.
  void storm(simulation& s) {
    if (!storms_ || !kills_ || kills_here_ >= most_kills_here) return;
    ++kills_here_;
    for (auto depth = 1 + chance.below(5); depth > 0; --depth) {
      s.start();
      for (auto i = chance.below(25); i > 0; --i) s.step();
      ++report_.counts["kills"];
    }
  }

  simulated_run& report_;
  bool deaths_ = false, kills_ = false, own_deaths_ = false, pauses_ = false, files_ = false, disk_ = false,
       stops_ = false, probes_ = false, storms_ = false;
  /// A wait begins anew with a process, but for what is stored of it: killed without end it would never be over.
  static constexpr int most_kills_here = 6;
  int deaths_here_ = 0;
  int kills_here_ = 0;
  int own_deaths_here_ = 0;
};

/// Until the run has ended for good, disturbed on its way. Returns what kept it from its end, or nothing.
std::string play(simulation& s, disturbances& d, bool waits) {
  constexpr std::int64_t stuck_after_ms = 3 * 86'400'000LL;
  s.start();
  std::uint64_t seq = 0;
  std::int64_t moved_at = 0;
  while (!s.outcome() || s.outcome()->state == run_state::stopped) {
    if (s.refusal()) return "refused: " + to_string(*s.refusal());
    if (s.outcome() || s.collapsed()) s.start();
    // Slow calls and waits bring many events a segment: their runs get the same number of disturbances.
    for (auto i = d.chance.below(waits || d.slow_ms > 500 ? 200 : 120); i > 0 && !s.outcome(); --i) s.step();
    if (s.outcome()) continue;
    if (s.committed() != seq) {
      seq = s.committed();
      moved_at = s.now_ms();
      d.next_segment();
    }
    if (s.now_ms() - moved_at > stuck_after_ms) return "stuck after segment " + std::to_string(seq) + ": " + s.status();
    if (s.shown_state() == run_state::paused && d.chance.chance(0.5)) attend(s);
    else if (d.chance.chance(0.25)) d.happen(s);
  }
  return {};
}

std::vector<std::string> canonical_lines(const std::vector<segment_record>& records) {
  std::vector<std::string> lines;
  for (const auto& record : records) lines.push_back(canonical_json(record));
  return lines;
}

void compare(const std::vector<std::string>& lines, const std::vector<std::string>& twin, std::uint64_t count, simulated_run& report) {
  if (lines.size() != count) report.wrong.push_back(std::to_string(lines.size()) + " records");
  for (std::size_t i = 0; i < lines.size() && i < twin.size(); ++i)
    if (lines[i] != twin[i])
      return report.wrong.push_back("segment " + std::to_string(i + 1) + " is\n    " + lines[i] + "\n  and its twin\n    " + twin[i]);
}

} // namespace

std::string simulated_run::summary() const {
  std::string line = "SEED=" + std::to_string(seed) + " simulated " + std::to_string(segments) + " segments of " +
                     what + ", " + std::to_string(steps) + " events";
  for (const auto& [name, count] : counts) line += ", " + std::to_string(count) + " " + name;
  return line;
}

const std::vector<std::string>& twin_shelf::of(const run_config& config, const simulation_options& options,
                                               const answer_script& script, std::uint64_t group) {
  if (group_ == group) return lines_;
  simulation twin({1, false, config, 1, 1, options.pack});
  twin.model->script = script;
  twin.start();
  const auto held = [&] { return twin.outcome() || twin.refusal() || twin.shown_state() == run_state::paused; };
  while (!twin.outcome() && !twin.refusal() && twin.until(held, 60LL * 86'400'000) && !twin.outcome()) {
    twin.resume();
    twin.until([&] { return twin.outcome() || twin.shown_state() == run_state::running; });
  }
  lines_ = canonical_lines(twin.records());
  group_ = group;
  return lines_;
}

simulated_run simulate(std::uint64_t seed, twin_shelf& twins, const std::function<void(const std::string&)>& trace) {
  const auto group = seed / seeds_a_twin;
  plan_of_group plan(group);
  simulated_run report;
  report.seed = seed;
  report.what = plan.what;
  report.counts["faults"] = plan.fault_count;
  disturbances d(seed, report);
  const auto config = plan.options.config;
  const bool judged = config.validation_mode != "rules";
  plan.options.config.speculate = judged && seed % 4 >= 2; // nor does it make drafts ahead
  if (judged && seed % 4 == 1) plan.options.config.judge_batch = std::to_string(2 + seed / 4 % 5);
  plan.options.seed = seed;
  plan.options.generators = 1 + d.chance.below(3);
  plan.options.validators = 1 + d.chance.below(3);
  plan.options.works_ahead = seed % 2 == 1; // the twin does not, and its lines are the same
  simulation s(plan.options);
  s.trace = trace;
  s.model->script = plan.script;
  if (d.slow_ms)
    s.model->script = [&](const generation_call& call) {
      auto scripted = plan.script(call);
      scripted.delay_ms = static_cast<std::int64_t>(d.chance.below(d.slow_ms));
      return scripted;
    };
  if (judged)
    s.judge->script = [script = s.judge->script, pace = random_stream(seed, 0, 0, "pace of the judge")](const generation_call& call) mutable {
      auto scripted = script(call);
      scripted.delay_ms = static_cast<std::int64_t>(pace.below(400));
      return scripted;
    };
  if (const auto why = play(s, d, plan.what == "stories"); !why.empty()) report.wrong.push_back(why);
  else if (s.outcome()->state != run_state::completed)
    report.wrong.push_back("ended as " + std::string(to_string(s.outcome()->state)) + ": " + s.outcome()->reason);
  if (s.model->most_open > 1) report.wrong.push_back("more than one attempt in flight");
  report.segments = s.committed();
  report.steps = s.steps;
  report.event_hash = s.event_hash();
  for (const auto& [type, count] : s.events())
    if (type == "actor_restarted") report.counts["restarts"] = count;
    else if (type == "draft_discarded") report.counts["discarded drafts"] = count;
  if (report.wrong.empty()) compare(canonical_lines(s.records()), twins.of(config, plan.options, plan.script, group), plan.count, report);
  for (auto& difference : s.audit()) report.wrong.push_back(std::move(difference));
  return report;
}

} // namespace longwave::test
