// One attempt at a segment: what the generator, the validator and the retry actor need to do their part of it.
#pragma once

#include "actors/generator/backends/fault_plan.hpp"
#include "actors/retry/outcome.hpp"
#include "actors/run_setup.hpp"
#include "actors/validator/story_similarity.hpp"
#include "messages/interfaces.hpp"
#include "messages/segment.hpp"

#include <memory>
#include <optional>

namespace longwave {

struct generation_call;

struct attempt_order {
  std::shared_ptr<const run_setup> setup;
  std::shared_ptr<const segment_plan> plan;
  attempt_state state;
  /// Number of this call in its run.
  std::uint64_t call = 0;
  /// What the texts before it were like; never changes while the attempt lives.
  std::shared_ptr<const repetition_window> window;
  /// Story runs: the stories before it. Null for broadcasts.
  std::shared_ptr<const story_memory> stories;
  /// What the fault plan has for this attempt.
  std::optional<planned_fault> fault;
  /// The call as it will be sent, where it was rendered while the commit before it was being written; else null.
  std::shared_ptr<const generation_call> ready;
  /// What the rules found in its draft, where that was made before its turn and read then; else null.
  std::shared_ptr<const verdict> found;
  /// The call is made before its segment's turn: the answer goes to the scheduler, which keeps it until then.
  bool ahead = false;
  scheduler_actor scheduler;

  /// True when the fault plan kills `actor` while it holds this attempt.
  bool kills(std::string_view actor) const { return fault && fault->kind == "crash" && fault->actor == actor; }
};

} // namespace longwave
