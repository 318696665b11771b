// Messages in, events of the run loop out, and back.
#include "actors/scheduler.hpp"

#include "actors/hand_over.hpp"
#include "actors/last_words.hpp"
#include "actors/retry/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace longwave {

namespace {

using self_pointer = scheduler_actor::stateful_pointer<scheduler_state>;
using std::chrono::milliseconds;

/// The run loop's wishes as messages. Lives in the actor's state, so `self_` outlives it.
class actor_effects final : public run_effects {
public:
  explicit actor_effects(self_pointer self) : self_(self) {}

  void generate(const attempt_ticket& ticket, order_ptr order) override {
    if (order->kills("scheduler")) throw std::runtime_error("fault plan: crash:scheduler");
    const auto crew = self_->state.board->today();
    const auto& post = crew->generators[std::hash<std::string>{}(ticket.run) % crew->generators.size()];
    self_->state.loop->generator_generation = post.generation;
    if (!order->ahead) self_->state.hold->set(ticket.seq);
    self_->send(post.actor, generate_segment{ticket, std::move(order)});
  }
  void take_up(const attempt_ticket& ticket) override { self_->state.hold->set(ticket.seq); }
  void hand_over(const attempt_ticket& ticket, order_ptr order, draft answer) override {
    self_->state.loop->generator_generation = UINT64_MAX; // no generator holds it, whichever dies now
    longwave::hand_over(self_, *crew(), ticket, order, std::move(answer));
  }
  void cancel(const attempt_ticket& ticket) override {
    const auto crew = self_->state.board->today();
    self_->send(crew->generators[std::hash<std::string>{}(ticket.run) % crew->generators.size()].actor,
                cancel_generation{ticket});
    if (self_->state.setup->judge)
      self_->send(crew->validators[std::hash<std::string>{}(ticket.run) % crew->validators.size()].actor,
                  cancel_judgement{ticket});
  }
  void begin_judgement(const attempt_ticket& ticket) override {
    const auto crew = self_->state.board->today();
    self_->send(crew->validators[std::hash<std::string>{}(ticket.run) % crew->validators.size()].actor,
                longwave::begin_judgement{ticket});
  }
  void forget_wait(const attempt_ticket& ticket) override { self_->send(crew()->retry.actor, forget_attempt{ticket}); }
  void note(std::shared_ptr<const storage::attempt_note> note, std::shared_ptr<const storage::run_head> head,
            std::uint64_t serial) override {
    self_->send(crew()->committer.actor, note_attempt{run(), std::move(note), std::move(head), serial});
  }
  void commit(std::shared_ptr<const storage::commit_batch> batch, std::uint64_t serial, bool crash, bool tell_written) override {
    if (!self_->state.loop->attempt_open()) self_->state.hold->set(0);
    self_->send(crew()->committer.actor, commit_segment{std::move(batch), serial, crash, tell_written});
  }
  void prune() override { self_->send(crew()->committer.actor, prune_run{run()}); }
  void publish(publish_segment message) override { self_->send(crew()->monitor.actor, std::move(message)); }
  void show_facts(std::shared_ptr<const run_facts> facts, bool state_changed) override {
    self_->send(crew()->monitor.actor, facts_changed{std::move(facts), state_changed});
  }
  void tell(std::string type, std::string detail) override {
    self_->send(crew()->monitor.actor, event_happened{run(), std::move(type), std::move(detail)});
  }
  /// The supervisor ends this actor once everything is published: should the monitor die before, it is told again.
  void finish(run_outcome outcome) override {
    self_->send(crew()->monitor.actor, finish_publishing{run(), outcome.state});
    self_->send(crew()->supervisor, run_ended{std::move(outcome)});
  }
  void probe(order_ptr order) override {
    const auto crew = self_->state.board->today();
    self_->send(crew->generators.front().actor, probe_backend{std::move(order), run()});
  }
  void after_interval(std::int64_t wait_ms, std::uint64_t number) override {
    self_->delayed_send(self_, milliseconds(wait_ms), interval_due{number});
  }
  void after_grace(std::int64_t wait_ms, std::uint64_t serial) override {
    self_->delayed_send(self_, milliseconds(wait_ms), grace_due{serial});
  }
  void after_commit_pause(std::int64_t wait_ms, std::uint64_t serial) override {
    self_->delayed_send(self_, milliseconds(wait_ms), commit_again_due{serial});
  }
  void after_probe_pause(std::int64_t wait_ms, std::uint64_t number) override {
    self_->delayed_send(self_, milliseconds(wait_ms), probe_due{number});
  }
  void after_rest(std::int64_t wait_ms, std::uint64_t number) override {
    self_->delayed_send(self_, milliseconds(wait_ms), rest_due{number});
  }
  void offer_rest() override { self_->send(crew()->monitor.actor, rest_offered{run()}); }
  void awake() override { self_->send(crew()->supervisor, run_awake{run()}); }
  scheduler_actor self_handle() override { return scheduler_actor{self_}; }

private:
  std::shared_ptr<const struct crew> crew() const { return self_->state.board->today(); }
  const std::string& run() const { return self_->state.setup->config->run_id; }

  self_pointer self_;
};

/// Today's generation of an attempt's holder: a later one than the message's means that it went to a dead actor.
std::uint64_t generation_of(const crew& crew, const attempt_moved& m) {
  if (m.holder == "retry") return crew.retry.generation;
  return crew.validators[std::hash<std::string>{}(m.ticket.run) % crew.validators.size()].generation;
}

/// Its last message, when nothing has moved.
void unload(self_pointer self) {
  auto rested = self->state.loop->unload();
  const bool parked = rested != nullptr;
  self->send(self->state.board->today()->supervisor, run_parked{self->state.setup->config->run_id, std::move(rested)});
  if (parked) self->quit(caf::exit_reason::user_shutdown);
}

bool concerns(self_pointer self, const actor_replaced& m) {
  const auto crew = self->state.board->today();
  const auto place = std::hash<std::string>{}(self->state.setup->config->run_id);
  if (m.kind == "generator")
    return place % crew->generators.size() == m.index && self->state.loop->generator_generation < m.generation;
  if (m.kind == "validator") return place % crew->validators.size() == m.index;
  return true;
}

} // namespace

scheduler_actor::behavior_type make_scheduler(self_pointer self, std::shared_ptr<const crew_board> board,
                                              std::shared_ptr<const run_setup> setup,
                                              std::shared_ptr<run_start> start) {
  log_last_words(self);
  auto& state = self->state;
  state.board = std::move(board);
  state.setup = setup;
  state.hold = std::make_unique<segment_hold>(setup->config->run_id);
  state.effects = std::make_unique<actor_effects>(self);
  auto loop = run_loop::make(setup, std::move(*start), *state.effects);
  if (!loop) {
    run_outcome outcome{setup->config->run_id, run_state::failed, to_string(loop.error()), loop.error(), true};
    self->send(state.board->today()->monitor.actor, finish_publishing{outcome.run, outcome.state});
    self->send(state.board->today()->supervisor, run_ended{std::move(outcome)});
    self->quit();
    return scheduler_actor::behavior_type::make_empty_behavior();
  }
  state.loop = std::move(loop.value());
  return {
    [=](const begin_run&) { self->state.loop->begin(); },
    [=](const pause_run& m) { self->state.loop->pause(m.reason, m.detail); },
    [=](const resume_run& m) { self->state.loop->resume(m.reason); },
    [=](const stop_run& m) { self->state.loop->stop(m.mode); },
    [=](const checkpoint_run&) { self->state.loop->checkpoint_now(); },
    [=](const order_weather& m) { self->state.loop->order_weather(m.order); },
    [=](const attempt_moved& m) { self->state.loop->moved(m, generation_of(*self->state.board->today(), m)); },
    [=](const judgement_begun& m) { self->state.loop->judging(m); },
    [=](draft_made_ahead& m) { self->state.loop->made_ahead(std::move(m)); },
    [=](draft_accepted& m) { self->state.loop->accepted(std::move(m)); },
    [=](const attempt_decided& m) { self->state.loop->decided(m); },
    [=](const attempt_waiting& m) { self->state.loop->waiting(m); },
    [=](const segment_written& m) { self->state.loop->written(m); },
    [=](const segment_committed& m) { self->state.loop->committed(m); },
    [=](const attempt_noted& m) { self->state.loop->noted(m); },
    [=](const segments_published& m) { self->state.loop->published(m.seq, m.complete); },
    [=](const get_run_facts&) { self->state.loop->facts_asked(); },
    [=](const actor_replaced& m) {
      if (concerns(self, m)) self->state.loop->replaced(m);
    },
    [=](const backend_probed& m) { self->state.loop->probed(m.sound, m.detail); },
    [=](const interval_due& m) { self->state.loop->interval_over(m.generation); },
    [=](const grace_due& m) { self->state.loop->grace_over(m.serial); },
    [=](const commit_again_due& m) { self->state.loop->commit_again(m.serial); },
    [=](const probe_due& m) { self->state.loop->probe_again(m.generation); },
    [=](const rest_due& m) { self->state.loop->rest_over(m.number); },
    [=](const unload_run&) { unload(self); },
    [=](const answer_status& m) {
      self->state.effects->show_facts(self->state.loop->facts(), false);
      self->send(self->state.board->today()->monitor.actor, m);
    },
  };
}

} // namespace longwave
