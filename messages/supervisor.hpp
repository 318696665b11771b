// What you can tell the supervisor: start a run, steer it, end everything.
#pragma once

#include "messages/error.hpp"
#include "messages/monitor.hpp"
#include "messages/scheduler.hpp"
#include "messages/weather_order.hpp"

#include <functional>
#include <memory>
#include <string>

namespace longwave {

/// Everything a run needs besides its state; actors/run_setup.hpp.
struct run_setup;

/// How a run ended in this process.
struct run_outcome {
  std::string run;
  run_state state = run_state::stopped;
  std::string reason;
  failure why;
  bool failed = false;
};

/// From outside. `started` is answered once the run's scheduler lives, or with the failure that forbids it.
struct submit_run {
  std::shared_ptr<const run_setup> setup;
  bool resume = false;
  /// Segments that are in the output folder already (recovery has run).
  std::uint64_t published = 0;
  /// Reasons that hold at the start ("pause_file").
  std::vector<std::string> pauses;
  /// The segment that the last process held when it died of itself; 0 = it did not.
  std::uint64_t crashed_segment = 0;
  std::function<void(result<void>)> started;
  std::function<void(run_outcome)> ended;
};

/// From outside: pause, resume, stop, checkpoint, weather, status. Answered with the resulting status.
struct control_request {
  enum class verb { pause, resume, stop, checkpoint, weather, status, list, engine };
  verb what = verb::status;
  /// Empty where the engine as a whole is meant.
  std::string run;
  std::string reason;
  stop_mode mode = stop_mode::graceful;
  /// For `weather`; must be sound (fault_of).
  weather_order weather;
  reply_function reply;
};

/// From outside: stop all runs, then end the engine. `ended` is called when the last run is stopped.
struct stop_engine {
  stop_mode mode = stop_mode::graceful;
};

/// From the committer.
struct run_stored {
  std::string run;
  bool ok = true;
  failure why;
};
struct run_fenced {
  std::string run;
};

/// From the monitor: a PAUSE file came or went, or disk space fell below the floor or is back.
struct condition_seen {
  std::string run;
  /// "pause_file" or "disk_low".
  std::string reason;
  bool present = false;
  std::string detail;
};

/// From the monitor: the last file of this run is written.
struct publishing_finished {
  std::string run;
};

/// What a run at rest is that the store does not know; actors/scheduler/rest.hpp.
struct rested_run;

/// From a scheduler, the answer to `unload_run`: its last message. Null: something has moved, it stays.
struct run_parked {
  std::string run;
  std::shared_ptr<const rested_run> rested;
};

/// From the scheduler of a run that was parked: it stands where it stood, and may be steered again.
struct run_awake {
  std::string run;
};

/// From the monitor: what it has shown of a parked run is not to be had any more. `question` with a reply: asked of the run.
struct wake_run {
  std::string run;
  answer_status question;
};

/// Timer of the supervisor itself: a parked run's wait is over, or a part of it is to be stored.
struct parked_due {
  std::string run;
  std::uint64_t number = 0;
};

/// From a scheduler: it will do nothing more in this process.
struct run_ended {
  run_outcome outcome;
};

} // namespace longwave
