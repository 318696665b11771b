// What the retry actor does with a failed attempt; the decision is retry/outcome.
#include "actors/retry.hpp"

#include "actors/last_words.hpp"
#include "actors/retry/evidence.hpp"
#include "actors/retry/outcome.hpp"

#include <chrono>
#include <stdexcept>

namespace longwave {

namespace {

using self_pointer = retry_actor::stateful_pointer<retry_state>;

/// What the status says of the backend during the wait.
const char* waiting_state(next_step step) noexcept {
  return step == next_step::wait_busy ? "waiting_on_backend" : step == next_step::wait_outage ? "down" : "retrying";
}

void decide(self_pointer self, attempt_failed& m) {
  if (m.order->kills("retry")) throw std::runtime_error("fault plan: crash:retry");
  const auto& config = *m.order->setup->config;
  const failed_attempt failed{m.order->state.attempt, m.answer.outcome,  m.answer.detail, std::move(m.violations),
                              m.answer.cut_by_length, m.answer.endpoint, m.answer.model, evidence_of(m.answer, true)};
  const bool unreachable = m.answer.detail.rfind("refused:", 0) == 0;
  const auto decision = std::make_shared<const retry_decision>(
    decide_retry(m.order->state, failed, config.max_attempts, config.validation_enabled || config.dedup_enabled, m.answer.retry_after_ms,
                 config.stall_after_s * 1'000, config.outage_wait_s * 1'000, unreachable));
  attempt_decided decided{m.ticket, decision, std::move(m.answer)};
  if (decision->wait_ms <= 0 || config.virtual_clock) {
    self->send(m.order->scheduler, std::move(decided));
    return;
  }
  self->send(m.order->scheduler, attempt_waiting{m.ticket, waiting_state(decision->step), decision->wait_ms, decision,
                                                   decided.answer});
  const auto wait = ++self->state.last_wait;
  self->state.waiting.emplace(wait, std::pair{m.order->scheduler, std::move(decided)});
  self->delayed_send(self, std::chrono::milliseconds(decision->wait_ms), wait_due{wait});
}

} // namespace

retry_actor::behavior_type make_retry(self_pointer self, std::shared_ptr<const crew_board>) {
  log_last_words(self);
  return {
    [=](attempt_failed& m) {
      self->state.works_for = m.ticket.run;
      decide(self, m);
    },
    [=](const forget_attempt& m) {
      self->state.works_for = m.ticket.run;
      std::erase_if(self->state.waiting, [&](const auto& w) { return w.second.second.ticket == m.ticket; });
    },
    [=](const wait_due& m) {
      auto at = self->state.waiting.find(m.wait);
      if (at == self->state.waiting.end()) return;
      self->state.works_for = at->second.second.ticket.run;
      self->send(at->second.first, std::move(at->second.second));
      self->state.waiting.erase(at);
    },
  };
}

} // namespace longwave
