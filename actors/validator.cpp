// What the validator does with a draft; the rules and the judge are in validator/.
#include "actors/validator.hpp"

#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_log.hpp"
#include "actors/generator/token_estimate.hpp"
#include "actors/last_words.hpp"
#include "actors/validator/engagement.hpp"
#include "actors/validator/judge_batch.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace longwave {

namespace {

using self_pointer = validator_actor::stateful_pointer<validator_state>;

void conclude(self_pointer self, validate_draft& m, verdict v) {
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

/// A fault plan's judge: answered here instead of by the backend.
std::optional<draft> judge_instead(const attempt_order& order) {
  if (!order.fault) return std::nullopt;
  draft d;
  if (order.fault->kind == "judge_down") {
    d.outcome = outcome_class::transport;
    d.detail = "planned fault";
  } else if (order.fault->kind == "judge_garbage") {
    d.text = "As for the text, I would say it is {quite all right";
  } else if (order.fault->kind == "judge_reject") {
    d.text = R"({"is_valid": false, "overall_score": 0.2, "issues": [], "feedback": "The planned fault rejects this text."})";
  } else {
    return std::nullopt;
  }
  return d;
}

/// A run has one draft in judgement: older ones were asked for by a scheduler that died.
void drop_judgements_of(self_pointer self, const std::string& run) {
  auto& open = self->state.open;
  for (auto at = open.lower_bound({run, 0}); at != open.end() && at->first.first == run;) {
    const auto handle = std::move(at->second.handle);
    at = open.erase(at);
    if (handle) handle->cancel();
  }
}

/// Asks the judge about a draft that is kept in `open`; one that was cancelled in the meantime is not asked about.
void start_judge(self_pointer self, const validator_state::judgement_key& key) {
  const auto at = self->state.open.find(key);
  if (at == self->state.open.end()) return;
  const auto order = at->second.job.order;
  const auto call = make_judge_call(*order, at->second.job.answer.text);
  if (const auto& folder = order->setup->config->log_prompts; !folder.empty()) write_prompt_log(call, folder, "-judge");
  at->second.prompt_tokens = prompt_tokens(call);
  const validator_actor me{self};
  const auto answer = [me, key](draft d) { caf::anon_send(me, judge_answered{key.first, key.second, std::move(d)}); };
  if (auto instead = judge_instead(*order)) return answer(std::move(*instead));
  self->state.open[key].handle = order->setup->judge->start(call, answer);
}

/// The same after the delay that a fault plan has for it.
void read_now(self_pointer self, const validator_state::judgement_key& key) {
  const auto& order = *self->state.open.at(key).job.order;
  if (order.fault && order.fault->judge_ms > 0 && !order.setup->config->virtual_clock)
    self->delayed_send(self, std::chrono::milliseconds(order.fault->judge_ms), judgement_due{key.first, key.second});
  else
    start_judge(self, key);
}

void ask_judge(self_pointer self, validate_draft& m, verdict v) {
  const validator_state::judgement_key key{m.ticket.run, m.ticket.serial};
  const auto& config = *m.order->setup->config;
  const bool waits = judges_in_batches(config);
  drop_judgements_of(self, m.ticket.run);
  auto& open = self->state.open[key];
  open = {std::move(m), std::move(v), nullptr, 0, waits};
  if (waits || config.speculate)
    self->send(open.job.order->scheduler, judgement_begun{open.job.ticket, std::make_shared<const draft>(open.job.answer),
                                                          std::make_shared<const verdict>(open.found)});
  if (!waits) read_now(self, key);
}

void judge(self_pointer self, validate_draft& m) {
  if (m.order->kills("validator")) throw std::runtime_error("fault plan: crash:validator");
  const auto& setup = *m.order->setup;
  verdict v = m.order->found ? *m.order->found : first_reading(*m.order, m.answer);
  // Rules first: what a critical rule forbids is not shown to the judge.
  const bool judged = setup.judge && setup.config->validation_enabled && v.accepted() && judge_reads(*setup.config, m.ticket.seq) &&
                      self->state.outages[m.ticket.run].ask();
  judged ? ask_judge(self, m, std::move(v)) : conclude(self, m, std::move(v));
}

void receive_judgement(self_pointer self, judge_answered& m) {
  const auto at = self->state.open.find({m.run, m.serial});
  if (at == self->state.open.end()) return; // cancelled: nobody wants it any more
  auto open = std::move(at->second);
  self->state.open.erase(at);
  const bool told = m.answer.usage && m.answer.usage->total();
  if (!told && m.answer.outcome == outcome_class::ok) {
    token_usage guess;
    guess.input_tokens = open.prompt_tokens;
    guess.output_tokens = estimate_tokens(m.answer.text);
    m.answer.estimated_usage = guess;
  }
  auto report = read_judgement(m.answer);
  self->state.outages[m.run].answered(report.state != judge_state::unavailable);
  add_judgement(open.found, report);
  // What the judge said of the voice counts in the score.
  if (engagement_counts(*open.job.order->setup->config)) judge_engagement(open.found, open.job.answer.text);
  open.job.answer.judge = std::make_shared<const judge_report>(std::move(report));
  conclude(self, open.job, std::move(open.found));
}

} // namespace

validator_state::~validator_state() {
  for (auto& [key, judgement] : open)
    if (judgement.handle) judgement.handle->cancel();
}

validator_actor::behavior_type make_validator(self_pointer self, std::shared_ptr<const crew_board> board) {
  self->state.board = std::move(board);
  log_last_words(self);
  return {
    [=](validate_draft& m) {
      self->state.works_for = m.ticket.run;
      judge(self, m);
    },
    [=](judge_answered& m) {
      self->state.works_for = m.run;
      receive_judgement(self, m);
    },
    [=](const judgement_due& m) {
      self->state.works_for = m.run;
      start_judge(self, {m.run, m.serial});
    },
    [=](const begin_judgement& m) {
      self->state.works_for = m.ticket.run;
      const validator_state::judgement_key key{m.ticket.run, m.ticket.serial};
      const auto at = self->state.open.find(key);
      if (at != self->state.open.end() && std::exchange(at->second.waits, false)) read_now(self, key);
    },
    [=](const cancel_judgement& m) {
      self->state.works_for = m.ticket.run;
      const auto at = self->state.open.find({m.ticket.run, m.ticket.serial});
      if (at == self->state.open.end()) return;
      const auto handle = std::move(at->second.handle);
      self->state.open.erase(at);
      if (handle) handle->cancel();
    },
  };
}

} // namespace longwave
