// What you can tell a run's scheduler, and what it is told by the others about its segment.
#pragma once

#include "messages/draft.hpp"
#include "messages/error.hpp"
#include "messages/status.hpp"
#include "messages/ticket.hpp"
#include "messages/verdict.hpp"
#include "messages/weather_order.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// From the supervisor: begin, or go on where the store says.
struct begin_run {};

/// From the supervisor: add or clear a reason to pause.
struct pause_run {
  /// A name of contract 8.8.
  std::string reason;
  std::string detail;
};

/// From the supervisor. `reason` empty: `resume` by a person, which clears everything a person may clear.
struct resume_run {
  std::string reason;
};

enum class stop_mode { graceful, urgent, immediate };

/// From the supervisor: end the run's life in this process; it stays resumable.
struct stop_run {
  stop_mode mode = stop_mode::graceful;
};

/// From the supervisor: write a checkpoint of kind manual at the next commit.
struct checkpoint_run {};

/// From the supervisor: the weather of the segments that are not planned yet.
struct order_weather {
  weather_order order;
};

/// From the generator or the validator: the attempt went on to another actor, which is now the one that holds it.
struct attempt_moved {
  attempt_ticket ticket;
  /// "validator" or "retry".
  std::string holder;
  /// Generation of that actor at the time (actors/crew.hpp): an older one than today's is dead.
  std::uint64_t generation = 0;
};

/// From the validator of a run that makes drafts ahead: the rules take this draft, and the judge begins to read it; with
/// `--judge-batch` only when the scheduler says so (`begin_judgement`).
struct judgement_begun {
  attempt_ticket ticket;
  std::shared_ptr<const draft> answer;
  /// What the rules found; the judge adds violations to it and nothing else.
  std::shared_ptr<const verdict> found;
};

/// From the generator: what a call brought that was made before its segment's turn. The scheduler keeps it until then.
struct draft_made_ahead {
  attempt_ticket ticket;
  draft answer;
};

/// From the validator: this draft is the segment.
struct draft_accepted {
  attempt_ticket ticket;
  draft answer;
  verdict judgement;
};

/// From the retry actor, after the wait: again, skip or pause. The decision's type lives with the decision.
struct retry_decision;
struct attempt_decided {
  attempt_ticket ticket;
  std::shared_ptr<const retry_decision> decision;
  draft answer;
};

/// From the retry actor at once: it waits before the next attempt, the backend is not answering or busy.
struct attempt_waiting {
  attempt_ticket ticket;
  /// "waiting_on_backend", "retrying" or "down".
  std::string backend_state;
  std::int64_t wait_ms = 0;
  /// What will be decided when the wait is over: kept so that a pause in the middle of a wait forgets no failure.
  std::shared_ptr<const retry_decision> decision;
  draft answer;
};

/// From the committer: the commit is in the log file and about to be synced. It survives the process, not yet a power cut.
struct segment_written {
  std::uint64_t serial = 0;
};

/// From the committer: it is durable, or refused.
struct segment_committed {
  std::uint64_t serial = 0;
  bool ok = true;
  failure why;
};

/// From the committer.
struct attempt_noted {
  std::uint64_t serial = 0;
  bool ok = true;
  failure why;
};

/// From the monitor: segments up to and including `seq` are in segments.jsonl.
struct segments_published {
  std::uint64_t seq = 0;
  /// Up to here the readable files are written too: what a start need not look at again.
  std::uint64_t complete = 0;
};

/// From the monitor: send `run_facts` to it.
struct get_run_facts {};

/// From the supervisor: an actor died and has a successor.
struct actor_replaced {
  /// "generator", "validator", "retry", "committer", "monitor".
  std::string kind;
  /// Place in its pool.
  std::size_t index = 0;
  /// The successor's generation.
  std::uint64_t generation = 0;
  /// True when deaths came faster than the restart intensity allows: pause instead of queueing again.
  bool beyond_intensity = false;
  /// The run over which it died; empty = not known. A death over another run is not counted against a segment.
  std::string over;
};

/// From the generator: what a probe of the backend brought.
struct backend_probed {
  std::string run;
  bool sound = false;
  std::string detail;
};

/// From the supervisor: the run has offered to rest; end, if nothing has moved since. Answered with `run_parked`.
struct unload_run {};

/// Timers of the scheduler itself; a stale `generation` is ignored.
struct interval_due {
  std::uint64_t generation = 0;
};
struct grace_due {
  std::uint64_t serial = 0;
};
struct commit_again_due {
  std::uint64_t serial = 0;
};
struct probe_due {
  std::uint64_t generation = 0;
};
struct rest_due {
  std::uint64_t number = 0;
};

} // namespace longwave
