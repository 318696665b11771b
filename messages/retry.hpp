// What you can tell the retry actor: an attempt failed, decide what comes next.
#pragma once

#include "messages/draft.hpp"
#include "messages/ticket.hpp"
#include "messages/verdict.hpp"

#include <vector>

namespace longwave {

/// From the generator (no sound draft) or the validator (rejected). No answer: after the wait that the decision asks
/// for, `attempt_decided` goes to the scheduler.
struct attempt_failed {
  attempt_ticket ticket;
  order_ptr order;
  /// Its text is the rejected draft, kept as evidence.
  draft answer;
  std::vector<violation> violations;
};

/// From the scheduler: the wait of this attempt is no longer wanted (pause, stop).
struct forget_attempt {
  attempt_ticket ticket;
};

/// Timer of the retry actor itself.
struct wait_due {
  std::uint64_t wait = 0;
};

} // namespace longwave
