// The retry actor: decides what follows a failed attempt and lets the wait pass. There is no other retry layer.
//
//   generator, validator --attempt_failed--> retry --attempt_waiting--> scheduler   (at once, when it waits)
//                                                  --attempt_decided--> scheduler   (after the wait)
//
// The scheduler, not this actor, starts the next attempt: only it knows whether a pause or stop came meanwhile, and
// every attempt must be noted on disk first.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/crew.hpp"

#include <map>
#include <memory>

namespace longwave {

struct retry_state {
  static inline const char* name = "longwave.retry";
  retry_state() = default;

  /// Decisions whose wait has not passed, by wait number. At most one a run.
  std::map<std::uint64_t, std::pair<scheduler_actor, attempt_decided>> waiting;
  std::uint64_t last_wait = 0;
  /// The run of the message that is being handled (last_words).
  std::string works_for;
};

/// Takes the board like its colleagues: CAF 0.17 dereferences a null tuple for a behaviour without arguments.
retry_actor::behavior_type make_retry(retry_actor::stateful_pointer<retry_state> self,
                                      std::shared_ptr<const crew_board> board);

} // namespace longwave
