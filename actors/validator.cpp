// What the validator does with a draft; the rules are in validator/.
#include "actors/validator.hpp"

#include "actors/last_words.hpp"
#include "actors/validator/rules.hpp"
#include "actors/validator/story_similarity.hpp"

#include <stdexcept>

namespace longwave {

namespace {

void judge(validator_actor::stateful_pointer<validator_state> self, validate_draft& m) {
  if (m.order->kills("validator")) throw std::runtime_error("fault plan: crash:validator");
  const auto& setup = *m.order->setup;
  verdict v = judge_text(*setup.rules, *m.order->plan, m.answer.text, *m.order->window);
  if (!setup.config->validation_enabled) {
    v.violations.clear(); // marks of use are still needed; judging is switched off
    v.story_told = true;
  }
  if (m.order->stories && m.order->plan->skeleton) {
    v.similarity = observe_similarity(core_of(*m.order->plan->skeleton), word_set_of(m.answer.text), *m.order->stories);
    if (setup.config->dedup_enabled && v.similarity->signal == "HIGH")
      v.violations.insert(v.violations.begin(), duplicate_story(*v.similarity));
  }
  if (v.accepted()) {
    // The order is let go first: the scheduler may then change the window in place instead of copying it.
    const auto scheduler = m.order->scheduler;
    m.order.reset();
    self->send(scheduler, draft_accepted{m.ticket, std::move(m.answer), std::move(v)});
    return;
  }
  const auto crew = self->state.board->today();
  m.answer.outcome = outcome_class::rejected;
  self->send(m.order->scheduler, attempt_moved{m.ticket, "retry", crew->retry.generation});
  self->send(crew->retry.actor, attempt_failed{m.ticket, m.order, std::move(m.answer), std::move(v.violations)});
}

} // namespace

validator_actor::behavior_type make_validator(validator_actor::stateful_pointer<validator_state> self,
                                              std::shared_ptr<const crew_board> board) {
  self->state.board = std::move(board);
  log_last_words(self);
  return {[=](validate_draft& m) { judge(self, m); }};
}

} // namespace longwave
