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

} // namespace longwave
