// What the generator does with each message; the decisions are in generator/.
#include "actors/generator.hpp"

#include "actors/generator/prompt.hpp"
#include "actors/generator/prompt_log.hpp"
#include "actors/generator/spoken_text.hpp"
#include "actors/generator/token_estimate.hpp"
#include "actors/hand_over.hpp"
#include "actors/last_words.hpp"
#include "messages/kill_point.hpp"

#include <cstdlib>
#include <stdexcept>

namespace longwave {

namespace {

using self_pointer = generator_actor::stateful_pointer<generator_state>;

void pass_on(self_pointer self, const generate_segment& job, draft answer) {
  if (self->state.on_answer) self->state.on_answer(answer);
  if (job.order->ahead) return self->send(job.order->scheduler, draft_made_ahead{job.ticket, std::move(answer)});
  longwave::hand_over(self, *self->state.board->today(), job.ticket, job.order, std::move(answer));
}

/// Lets `wait_ms` pass on the run's clock before the answer goes on: nothing under a virtual clock.
void deliver(self_pointer self, const generator_state::call_key& key, draft answer, std::int64_t wait_ms) {
  auto at = self->state.open.find(key);
  if (at == self->state.open.end()) return;
  if (wait_ms > 0 && !at->second.job.order->setup->config->virtual_clock) {
    at->second.delayed = std::move(answer);
    self->delayed_send(self, std::chrono::milliseconds(wait_ms), delay_due{key.first, key.second});
    return;
  }
  const auto job = std::move(at->second.job);
  self->state.open.erase(at);
  pass_on(self, job, std::move(answer));
}

/// Fills in what the backend did not tell: a guess, kept apart, and only where a model really worked on it.
void estimate_usage(const generator_state::open_call& open, draft& answer) {
  answer.prompt_tokens = open.prompt_tokens;
  if (open.prompt_tokens == 0 || (answer.usage && answer.usage->total())) return;
  switch (answer.outcome) {
    case outcome_class::transport:
    case outcome_class::busy:
    case outcome_class::config:
    case outcome_class::quota:
    case outcome_class::interrupted: return;
    default: break;
  }
  token_usage guess;
  guess.input_tokens = open.prompt_tokens;
  guess.output_tokens = estimate_tokens(answer.text);
  answer.estimated_usage = guess;
}

/// What is answered instead of asking when the prompt does not fit its model: nothing is sent.
draft not_sent(std::string why) {
  draft answer;
  answer.outcome = outcome_class::config;
  answer.detail = std::move(why) + "; nothing was sent";
  return answer;
}

void call_backend(self_pointer self, const generator_state::call_key& key) {
  auto& open = self->state.open.at(key);
  auto call = open.job.order->ready ? *open.job.order->ready : make_call(*open.job.order);
  const auto& config = *open.job.order->setup->config;
  call.virtual_clock = config.virtual_clock;
  // Asked once more after a refusal (contract 8.1): by the model that may think otherwise, when there is one.
  if (open.job.order->state.refusals > 0) call.model = config.fallback_model;
  if (const auto& folder = config.log_prompts; !folder.empty()) write_prompt_log(call, folder);
  if (auto why = too_long_for(call, window_of(config))) {
    if (config.fallback_model.empty() || call.model == config.fallback_model)
      return deliver(self, key, not_sent(std::move(*why)), 0);
    call.model = config.fallback_model; // whose window is not known here
  }
  open.prompt_tokens = prompt_tokens(call);
  const generator_actor me{self};
  KILL_POINT("backend:before_call");
  auto handle = open.job.order->setup->source->start(call, [me, key](draft answer) {
    caf::anon_send(me, answer_arrived{key.second, key.first, std::move(answer)});
  });
  self->state.open.at(key).handle = std::move(handle);
}

/// A run has one call in flight: calls of it that are still open were asked for by a scheduler that died.
void drop_calls_of(self_pointer self, const std::string& run) {
  for (auto at = self->state.open.lower_bound({run, 0}); at != self->state.open.end() && at->first.first == run;) {
    const auto handle = std::move(at->second.handle);
    at = self->state.open.erase(at);
    if (handle) handle->cancel();
  }
}

void begin(self_pointer self, generate_segment& job) {
  const generator_state::call_key key{job.ticket.run, job.ticket.serial};
  const auto fault = job.order->fault;
  if (job.order->kills("generator")) throw std::runtime_error("fault plan: crash:generator");
  if (fault && fault->kind == "abort") std::abort();
  drop_calls_of(self, job.ticket.run);
  self->state.open[key] = {std::move(job), nullptr, 0, 0, std::nullopt};
  if (fault) {
    const auto& order = *self->state.open[key].job.order;
    if (const auto& folder = order.setup->config->log_prompts; !folder.empty()) write_prompt_log(make_call(order), folder);
    if (auto instead = answer_instead(*fault, self->state.open[key].job.order->setup->config->call_timeout_ms)) {
      const auto wait = instead->took_ms;
      return deliver(self, key, std::move(*instead), wait);
    }
    self->state.open[key].added_ms = fault->kind == "slow" ? fault->ms : 0;
  }
  call_backend(self, key);
}

void receive_answer(self_pointer self, answer_arrived& m) {
  const generator_state::call_key key{m.run, m.serial};
  auto at = self->state.open.find(key);
  if (at == self->state.open.end()) return; // cancelled: nobody wants it any more
  KILL_POINT("backend:answered");
  const auto& fault = at->second.job.order->fault;
  draft answer = std::move(m.answer);
  if (fault) answer = spoil(*fault, std::move(answer));
  settle_text(answer, at->second.job.order->setup->profile.get());
  estimate_usage(at->second, answer);
  const auto added = at->second.added_ms;
  answer.took_ms += added;
  deliver(self, key, std::move(answer), added);
}

} // namespace

generator_state::~generator_state() {
  for (auto& [key, call] : open)
    if (call.handle) call.handle->cancel();
}

generator_actor::behavior_type make_generator(self_pointer self, std::shared_ptr<const crew_board> board,
                                              std::function<void(const draft&)> on_answer) {
  self->state.board = std::move(board);
  self->state.on_answer = std::move(on_answer);
  log_last_words(self);
  return {
    [=](generate_segment& job) {
      self->state.works_for = job.ticket.run;
      begin(self, job);
    },
    [=](const cancel_generation& m) {
      self->state.works_for = m.ticket.run;
      auto at = self->state.open.find({m.ticket.run, m.ticket.serial});
      if (at == self->state.open.end()) return;
      if (at->second.handle) at->second.handle->cancel();
      self->state.open.erase(at);
    },
    [=](const probe_backend& m) {
      self->state.works_for = m.run;
      const auto scheduler = m.order->scheduler;
      m.order->setup->source->probe([scheduler, run = m.run](draft answer) {
        caf::anon_send(scheduler, backend_probed{run, answer.outcome == outcome_class::ok, answer.detail});
      });
    },
    [=](answer_arrived& m) {
      self->state.works_for = m.run;
      receive_answer(self, m);
    },
    [=](const delay_due& m) {
      self->state.works_for = m.run;
      auto at = self->state.open.find({m.run, m.serial});
      if (at == self->state.open.end() || !at->second.delayed) return;
      const auto job = std::move(at->second.job);
      auto answer = std::move(*at->second.delayed);
      self->state.open.erase(at);
      pass_on(self, job, std::move(answer));
    },
  };
}

} // namespace longwave
