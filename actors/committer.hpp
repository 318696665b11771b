// The committer: the one way into the store. Everything that waits is merged into one synced write.
//
//   scheduler  --commit_segment--> committer --segment_written, segment_committed--> scheduler
//   scheduler  --note_attempt----> committer --attempt_noted------> scheduler
//   supervisor --store_run, fence_run--> committer --run_stored, run_fenced--> supervisor
//
// Group commit without a clock: the first commit of a group makes the committer send itself `flush_due`, which queues
// behind every commit that is already waiting; when it comes, the whole group is written. A lone run therefore commits
// at once, sixty-four of them share one flush, and so do the segments that a run which works ahead has finished
// meanwhile: a batch is there as a whole or not at all, and holds them in order. It never decides anything.
#pragma once

#include "messages/interfaces.hpp"
#include "storage/store.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace longwave {

struct committer_state {
  static inline const char* name = "longwave.committer";
  committer_state() = default;

  std::shared_ptr<storage::store> store;
  /// Commits of the group that is being gathered, with whom to answer.
  std::vector<std::pair<commit_segment, scheduler_actor>> gathered;
  bool flush_is_due = false;
  /// Told before and after each write; may be empty.
  std::function<void(bool begins)> on_commit;
  /// Which supervisor to answer.
  supervisor_actor supervisor;
};

committer_actor::behavior_type make_committer(committer_actor::stateful_pointer<committer_state> self,
                                              std::shared_ptr<storage::store> store,
                                              std::function<void(bool begins)> on_commit);

} // namespace longwave
