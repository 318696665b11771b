// The whole actor system in one thread under simulated time: every event is chosen by a seed and can be replayed.
//
// CAF's test coordinator runs the actors, a random ready one at a time; when none is ready, time jumps to the next timer
// or the next answer of the scripted backend. The store and the output folder are real files in a folder of their own.
// A process crash is the end of the actor system without any stop, followed by a start on the same files.
#pragma once

#include "actors/engine.hpp"
#include "actors/monitor.hpp"
#include "actors/scheduler.hpp"
#include "messages/random.hpp"
#include "storage/store.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace longwave::test {

/// A clock that stands still until it is set.
class simulated_clock final : public host_clock {
public:
  std::int64_t wall_us() const override { return 1'800'000'000'000'000 + ns / 1'000; }
  std::int64_t steady_ms() const override { return ns / 1'000'000; }
  /// Nanoseconds since the simulation began; goes on over crashes.
  std::int64_t ns = 0;
};

/// What the scripted model says to one call, and when.
struct scripted_answer {
  draft answer;
  std::int64_t delay_ms = 0;
};
using answer_script = std::function<scripted_answer(const generation_call&)>;

/// A text that the rules accept, told apart by seed, segment and drafts rejected so far, and by nothing else.
draft sound_draft(const generation_call& call);
/// A text that the rules reject whatever the plan is.
draft bad_draft(const generation_call& call);

/// A script over the offline backend: the grammar of a real pack. The answer comes at once.
answer_script grammar_script(std::shared_ptr<const content_pack> pack, const std::string& dj);

/// A script over the offline judge. The answer comes at once.
answer_script judge_script();

/// A model server without a server: answers come from a script when their simulated time has come.
class scripted_backend final : public backend {
public:
  explicit scripted_backend(std::shared_ptr<simulated_clock> clock) : clock_(std::move(clock)) {}

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override;
  std::shared_ptr<call_handle> probe(answer_function answer) override;
  backend_info info() const override { return {"offline", "scripted", ""}; }

  /// When the next answer is due on the simulated clock, or nothing.
  std::optional<std::int64_t> next_due_ns() const;
  /// Gives the answers whose time has come.
  void answer_due();
  /// The process is gone: its open calls with it.
  void forget();
  std::size_t open_calls() const { return open_.size(); }

  answer_script script = [](const generation_call& call) { return scripted_answer{sound_draft(call), 0}; };
  /// What a probe brings.
  std::function<draft()> on_probe = [] { return draft{}; };
  /// Calls made, by segment.
  std::map<std::uint64_t, int> calls;
  std::uint64_t probes = 0;
  std::size_t most_open = 0;

private:
  struct open_call {
    std::int64_t due_ns = 0;
    answer_function answer;
    draft words;
  };
  class handle;
  friend class handle;
  void cancel(std::uint64_t number);

  std::shared_ptr<simulated_clock> clock_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, open_call> open_;
};

struct simulation_options {
  /// Chooses the order of ready actors; the run's own seed is in `config`.
  std::uint64_t seed = 1;
  /// Run a random ready actor instead of the one that waits longest.
  bool reorder = true;
  run_config config;
  std::size_t generators = 2;
  std::size_t validators = 2;
  /// Shared by all runs of a program; null = the small made-up one.
  std::shared_ptr<const content_pack> pack = nullptr;
  /// The next segment is made while one is committed; only without a fault plan of the run.
  bool works_ahead = false;
  /// From one look of the monitor to the next: when nothing else is due, time passes in steps of this length.
  std::chrono::milliseconds look_pause{200};
};

/// A broadcast over a small made-up pack.
run_config simulated_broadcast(std::uint64_t seed, std::int64_t hours, const std::string& fault_plan = "");

/// One engine with one run in it, over any number of processes.
class simulation {
public:
  explicit simulation(simulation_options options);
  ~simulation();
  simulation(const simulation&) = delete;
  simulation& operator=(const simulation&) = delete;

  // -- process -----------------------------------------------------------------------------------------------------
  /// A new process on the same files: recovers the output, starts the engine, submits the run.
  void start();
  /// The process is gone at once, in the middle of whatever it did.
  void crash();
  /// The same, but the process died of itself and left a marker: the next start counts it against the open segment.
  void die();
  bool alive() const { return system_ != nullptr; }
  /// The engine asked to be ended (restart intensity of a shared actor).
  bool collapsed() const { return !collapse_.empty(); }
  /// How the run ended in this process, if it did.
  const std::optional<run_outcome>& outcome() const { return outcome_; }
  /// Set when the run could not be started.
  const std::optional<failure>& refusal() const { return refusal_; }

  // -- time --------------------------------------------------------------------------------------------------------
  /// One message to one actor, or time jumps to the next timer. False when nothing is left that could happen.
  bool step();
  /// Steps until the condition holds; false when it does not within the simulated time.
  bool until(const std::function<bool()>& condition, std::int64_t limit_ms = 3'600'000);
  /// Lets simulated time pass.
  void pass(std::int64_t ms);
  /// Until the run has ended in this process.
  bool until_end(std::int64_t limit_ms = 48LL * 3'600'000);
  bool until_state(run_state state, std::int64_t limit_ms = 3'600'000);
  std::int64_t now_ms() const { return clock->steady_ms(); }

  // -- steering ----------------------------------------------------------------------------------------------------
  void pause() { control(control_request::verb::pause); }
  void resume() { control(control_request::verb::resume); }
  void stop(stop_mode mode);
  /// The engine is asked to end, with all its runs.
  void stop_engine_now(stop_mode mode);
  void checkpoint() { control(control_request::verb::checkpoint); }
  void order_weather(const weather_order& order) { control(control_request::verb::weather, stop_mode::graceful, order); }
  void control(control_request::verb what, stop_mode mode = stop_mode::graceful, const weather_order& weather = {});
  void touch_pause_file();
  void remove_pause_file();
  /// An actor dies: generator, validator, retry, committer, monitor or scheduler. False when there is none now.
  bool kill(const std::string& kind);

  // -- looking -----------------------------------------------------------------------------------------------------
  /// The state that LIVE_STATUS.json shows; `starting` before there is one.
  run_state shown_state() const { return shown_state_; }
  const std::string& status() const { return status_; }
  /// The run's state machine, null while there is none.
  run_loop* loop() const;
  std::vector<std::string> pause_reasons() const;
  /// Lines of segments.jsonl.
  std::uint64_t published() const { return lines_; }
  std::uint64_t committed() const { return committed_; }
  /// Records of segments.jsonl, in order.
  std::vector<segment_record> records() const;
  /// Events by type, over all processes.
  const std::map<std::string, std::uint64_t>& events() const { return events_; }
  const std::vector<control_reply>& replies() const { return replies_; }
  storage::store* store() { return store_.get(); }
  const std::filesystem::path& folder() const { return folder_; }
  const run_config& config() const { return *config_; }
  void change_config(const std::function<void(run_config&)>& change);

  /// Broken promises seen so far, one line each: looked for after every event.
  const std::vector<std::string>& broken() const { return broken_; }
  /// A number over the order of all events so far: equal for two runs that did the same.
  std::uint64_t event_hash() const { return event_hash_; }
  /// Gets a line for each message, start, death and change of state; empty for none.
  std::function<void(const std::string&)> trace;
  /// Everything recounted against everything when the process is gone; one line for each difference.
  std::vector<std::string> audit();

  std::shared_ptr<simulated_clock> clock = std::make_shared<simulated_clock>();
  std::shared_ptr<scripted_backend> model = std::make_shared<scripted_backend>(clock);
  /// Reads the drafts of runs with such a validation mode; judges as the offline judge, at once, until told otherwise.
  std::shared_ptr<scripted_backend> judge = std::make_shared<scripted_backend>(clock);
  /// Asked before every write of the store; a failure is what the write brings.
  std::function<std::optional<failure>()> refuse_write;
  std::uint64_t steps = 0;
  std::uint64_t starts = 0;
  std::uint64_t crashes = 0;

private:
  class watched_store;
  supervisor_state* supervisor_now() const;
  void advance();
  /// When the next answer of model or judge is due, or nothing.
  std::optional<std::int64_t> next_answer_ns() const;
  void watch_promises();
  void watch_latency();
  void watch_record(const std::string& line);
  std::string_view note_event();
  std::string type_name(const caf::rtti_pair& type) const;
  void tell(const std::string& what) const;
  void see_status(const std::string& json);
  void count_lines();
  void broke(const std::string& what);
  void open_store();

  simulation_options options_;
  std::filesystem::path folder_;
  std::shared_ptr<const run_config> config_;
  std::shared_ptr<const content_pack> pack_;
  std::shared_ptr<run_setup> setup_;
  std::shared_ptr<storage::store> store_;
  std::unique_ptr<engine_config> caf_config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* coordinator_ = nullptr;
  std::shared_ptr<crew_board> board_;
  supervisor_actor supervisor_;
  random_stream chance_;

  std::optional<run_outcome> outcome_;
  std::optional<failure> refusal_;
  std::string collapse_;
  std::string status_;
  run_state shown_state_ = run_state::starting;
  std::uint64_t lines_ = 0;
  std::uint64_t log_bytes_ = 0;
  /// Of them, when the promises were last looked at.
  std::uint64_t watched_bytes_ = 0;
  std::optional<std::uint64_t> bytes_when_paused_;
  std::uint64_t committed_ = 0;
  std::map<std::string, std::uint64_t> events_;
  std::vector<control_reply> replies_;
  std::vector<std::string> broken_;
  std::uint64_t event_hash_ = 14'695'981'039'346'656'037ULL;
  std::uint64_t statuses_ = 0;
  std::uint64_t crashed_segment_ = 0;
  /// When a pause or a stop was asked for that has not been seen yet (simulated milliseconds).
  std::optional<std::int64_t> halt_asked_ms_;
};

/// The canonical forms of all records, in order: what must be the same for a run and its undisturbed twin.
std::string canonical_output(const std::vector<segment_record>& records);

} // namespace longwave::test
