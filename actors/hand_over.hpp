// Gives the answer to one attempt to who comes next, and tells the run's scheduler who that is.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/crew.hpp"

#include <functional>
#include <string>
#include <utility>

namespace longwave {

/// A sound draft goes to the run's validator, anything else to retry. For the generator, and for the scheduler with a
/// draft that was made before its turn; call it in the actor that sends.
template <class Self>
void hand_over(Self self, const crew& crew, const attempt_ticket& ticket, const order_ptr& order, draft answer) {
  if (answer.outcome == outcome_class::ok) {
    const auto& validator = crew.validators[std::hash<std::string>{}(ticket.run) % crew.validators.size()];
    self->send(order->scheduler, attempt_moved{ticket, "validator", validator.generation});
    self->send(validator.actor, validate_draft{ticket, order, std::move(answer)});
  } else {
    self->send(order->scheduler, attempt_moved{ticket, "retry", crew.retry.generation});
    self->send(crew.retry.actor, attempt_failed{ticket, order, std::move(answer), {}});
  }
}

} // namespace longwave
