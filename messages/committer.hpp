// What you can tell the committer: write this, durably, once.
#pragma once

#include "messages/error.hpp"
#include "messages/run_config.hpp"
#include "messages/ticket.hpp"

#include <functional>
#include <memory>
#include <string>

namespace longwave {

namespace storage {
struct commit_batch;
struct run_head;
struct attempt_note;
} // namespace storage

/// From a scheduler. Merged with all other pending ones into one synced write; answered by `segment_committed`.
struct commit_segment {
  std::shared_ptr<const storage::commit_batch> batch;
  /// Repeated in the answer.
  std::uint64_t serial = 0;
  /// Fault plan: die while holding it.
  bool crash = false;
  /// Answered by `segment_written` first, as soon as it survives the process (decision 21).
  bool tell_written = false;
};

/// From a scheduler: the attempt that is about to be made. Unsynced; answered by `attempt_noted`.
struct note_attempt {
  std::string run;
  std::shared_ptr<const storage::attempt_note> note;
  std::shared_ptr<const storage::run_head> head;
  std::uint64_t serial = 0;
};

/// From the supervisor: store a new run, or the grown configuration of an old one. Answered by `run_stored`.
struct store_run {
  std::shared_ptr<const run_config> config;
  std::shared_ptr<const storage::run_head> head;
  bool update = false;
};

/// From the supervisor, before it revives a dead scheduler: answer with `run_fenced` when everything that the dead one
/// had sent is written.
struct fence_run {
  std::string run;
};

/// The committer to itself: everything that was queued before this has been gathered, write it now.
struct flush_due {};

/// From the monitor: as many runs stand still as a while ago; what a busy engine needs is given back. No answer.
struct settle_store {};

/// From the supervisor: drop checkpoints and state versions that nothing needs; no answer.
struct prune_run {
  std::string run;
};

} // namespace longwave
