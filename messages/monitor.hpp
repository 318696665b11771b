// What you can tell the monitor: what happened, so that it can show it; and ask how a run stands.
#pragma once

#include "messages/error.hpp"
#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "messages/status.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// From the supervisor, before the run's first segment.
struct run_opened {
  std::shared_ptr<const run_config> config;
  /// Segments that are already in the output folder.
  std::uint64_t published = 0;
  /// The run is parked: a monitor before this one has shown it.
  bool parked = false;
};

/// From a scheduler: its run stands still and has nothing to lose. Handed on to the supervisor when everything of the run is
/// published and shown; else it is offered again.
struct rest_offered {
  std::string run;
};

/// From the supervisor: the run is parked; what was shown last stands for it until it is opened again.
struct run_rests {
  std::string run;
};

/// From a scheduler, after the commit. Published in this order: segments.jsonl, story files, status, readable files.
struct publish_segment {
  std::string run;
  std::uint64_t seq = 0;
  /// The record's line without newline, exactly as committed.
  std::shared_ptr<const std::string> line;
  std::int64_t generation_ms = 0;
  bool accepted = true;
  /// Fault plan: the monitor dies while it holds the segment.
  bool crash = false;
  /// What the line says, where somebody has it at hand; else whoever needs it reads the line.
  std::shared_ptr<const segment_record> record;
};

/// A scheduler's answer to `get_run_facts`, and sent unasked at every change of state.
struct facts_changed {
  std::shared_ptr<const run_facts> facts;
  /// True: write the status at once.
  bool state_changed = false;
};

/// From a scheduler: something for the event log, one short line of ids and counts.
struct event_happened {
  std::string run;
  /// Past participle: "segment_accepted", "run_paused", "actor_restarted" ...
  std::string type;
  std::string detail;
};

/// The answer to a control request: HTTP status and JSON.
struct control_reply {
  int http_status = 200;
  std::string json;
};
using reply_function = std::function<void(control_reply)>;

/// Answers with the run's status as it stands when this is received; `run` empty: all runs.
struct answer_status {
  std::string run;
  reply_function reply;
  /// Engine facts instead of runs (`GET /v1/status`).
  bool engine = false;
};

/// From a scheduler: everything is committed; finish publishing, write the report, then tell the supervisor.
struct finish_publishing {
  std::string run;
  run_state state = run_state::completed;
};

/// Timers of the monitor itself.
struct status_due {
  std::string run;
};
struct watch_due {};
struct heartbeat_due {};

} // namespace longwave
