// What you can tell a validator: judge one draft.
#pragma once

#include "messages/draft.hpp"
#include "messages/ticket.hpp"

namespace longwave {

/// From the generator. No answer: an accepted draft goes to the scheduler, a rejected one to retry.
struct validate_draft {
  attempt_ticket ticket;
  order_ptr order;
  draft answer;
};

/// From the judge's backend (any thread), to the validator that asked.
struct judge_answered {
  std::string run;
  std::uint64_t serial = 0;
  draft answer;
};

/// Timer of the validator itself: a planned delay (fault `slow`) is over, the judge may be asked.
struct judgement_due {
  std::string run;
  std::uint64_t serial = 0;
};

/// From the scheduler of a run with `--judge-batch`: what was to be written before is written, the judge may read.
struct begin_judgement {
  attempt_ticket ticket;
};

/// From the scheduler: the judgement of this attempt is no longer wanted (pause, stop).
struct cancel_judgement {
  attempt_ticket ticket;
};

} // namespace longwave
