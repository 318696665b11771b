// What you can tell a generator: make one draft, or stop making it.
#pragma once

#include "messages/draft.hpp"
#include "messages/ticket.hpp"

namespace longwave {

/// From the scheduler. A sound draft goes on to the validator, anything else to retry; what was made before its turn
/// comes back as `draft_made_ahead`.
struct generate_segment {
  attempt_ticket ticket;
  order_ptr order;
};

/// From the scheduler: end this call early; its answer is no longer wanted.
struct cancel_generation {
  attempt_ticket ticket;
};

/// From the scheduler of a run that is paused because its backend is down: try a tiny call. Answered by `backend_probed`.
struct probe_backend {
  order_ptr order;
  std::string run;
};

/// From the backend (any thread), to the generator that started the call.
struct answer_arrived {
  std::uint64_t serial = 0;
  /// Tells calls of different runs apart: serials are only unique within a run.
  std::string run;
  draft answer;
};

/// Timer: a planned delay (fault `slow`, `timeout`) of this call is over.
struct delay_due {
  std::string run;
  std::uint64_t serial = 0;
};

} // namespace longwave
