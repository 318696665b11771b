// What the supervisor does with each message; the decisions are in supervisor/.
#include "actors/supervisor.hpp"

#include "actors/committer.hpp"
#include "actors/engine.hpp"
#include "actors/generator.hpp"
#include "actors/last_words.hpp"
#include "actors/monitor.hpp"
#include "actors/retry.hpp"
#include "actors/scheduler.hpp"
#include "actors/scheduler/provenance.hpp"
#include "actors/validator.hpp"
#include "messages/kill_point.hpp"

#include <caf/send.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace longwave {

namespace {

using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;

template <class Handle>
Handle watched(self_pointer self, Handle handle) {
  self->monitor(handle);
  return handle;
}

generator_actor start_generator(self_pointer self) {
  return watched(self, self->spawn(make_generator, std::shared_ptr<const crew_board>(self->state.board),
                                   self->state.options.on_answer));
}
validator_actor start_validator(self_pointer self) {
  return watched(self, self->spawn(make_validator, std::shared_ptr<const crew_board>(self->state.board)));
}
retry_actor start_retry(self_pointer self) {
  return watched(self, self->spawn(make_retry, std::shared_ptr<const crew_board>(self->state.board)));
}
committer_actor start_committer(self_pointer self) {
  if (self->state.options.detached_writers)
    return watched(self, self->spawn<caf::detached>(make_committer, self->state.store, self->state.options.on_commit));
  return watched(self, self->spawn(make_committer, self->state.store, self->state.options.on_commit));
}
monitor_actor start_monitor(self_pointer self) {
  const std::shared_ptr<const crew_board> board = self->state.board;
  if (self->state.options.detached_writers)
    return watched(self, self->spawn<caf::detached>(make_monitor, board, self->state.store, self->state.options));
  return watched(self, self->spawn(make_monitor, board, self->state.store, self->state.options));
}

void start_crew(self_pointer self) {
  auto next = std::make_shared<crew>();
  for (std::size_t i = 0; i < self->state.options.generators; ++i) next->generators.push_back({start_generator(self), 1});
  for (std::size_t i = 0; i < self->state.options.validators; ++i) next->validators.push_back({start_validator(self), 1});
  next->retry = {start_retry(self), 1};
  next->committer = {start_committer(self), 1};
  next->supervisor = supervisor_actor{self};
  self->state.board->replace(next); // the monitor may look the supervisor up as soon as it lives
  auto whole = std::make_shared<crew>(*next);
  whole->monitor = {start_monitor(self), 1};
  self->state.board->replace(whole);
}

/// An exit of normal priority would wait behind everything that is queued.
void dismiss_scheduler(const scheduler_actor& scheduler) {
  if (!scheduler) return;
  caf::anon_send<caf::message_priority::high>(caf::actor_cast<caf::actor>(scheduler),
                                              caf::exit_msg{scheduler.address(), caf::exit_reason::user_shutdown});
}

// -- parked runs ------------------------------------------------------------------------------------------------------

using residence = supervisor_state::child_run::residence;

/// Everything that a scheduler sent before it left is written when the fence is passed; then the run is loaded.
void wake(self_pointer self, supervisor_state::child_run& run) {
  run.where = residence::waking;
  run.reviving = true;
  self->send(self->state.board->today()->monitor.actor, event_happened{run.id, "run_woken", ""});
  self->send(self->state.board->today()->committer.actor, fence_run{run.id});
}

/// To the run's scheduler. A run that is parked is got back for it.
template <class Message>
void tell(self_pointer self, supervisor_state::child_run& run, Message message) {
  if (run.where == residence::loaded) return self->send(run.scheduler, std::move(message));
  run.mail.push_back(caf::make_message(std::move(message)));
  if (run.where == residence::parked) wake(self, run);
}

void deliver_mail(supervisor_state::child_run& run) {
  run.where = residence::loaded;
  run.rested.reset();
  const auto scheduler = caf::actor_cast<caf::actor>(run.scheduler);
  for (auto& message : std::exchange(run.mail, {})) caf::anon_send(scheduler, std::move(message));
}

void await_rest(self_pointer self, supervisor_state::child_run& run) {
  const auto wait = next_look_ms(*run.rested, self->state.options.clock->steady_ms());
  self->delayed_send(self, std::chrono::milliseconds(wait), parked_due{run.id, ++run.timer_number});
}

/// Nearly half of what a parked run takes is its configuration, and the store has it.
void drop_config(self_pointer self, supervisor_state::child_run& run) {
  const auto stored = self->state.store->config(run.id);
  if (!stored || stored.value() != *run.order.setup->config) return;
  auto lean = std::make_shared<run_setup>(*run.order.setup);
  lean->config.reset();
  run.order.setup = std::move(lean);
}

/// The run's configuration; of a parked run from the store.
result<std::shared_ptr<const run_config>> config_of(self_pointer self, const supervisor_state::child_run& run) {
  if (run.order.setup->config) return run.order.setup->config;
  auto stored = self->state.store->config(run.id);
  if (!stored) return stored.error();
  return std::make_shared<const run_config>(std::move(stored.value()));
}

/// Undoes `drop_config`.
result<void> restore_config(self_pointer self, supervisor_state::child_run& run) {
  if (run.order.setup->config) return ok();
  auto config = config_of(self, run);
  if (!config) return config.error();
  auto whole = std::make_shared<run_setup>(*run.order.setup);
  whole->config = std::move(config.value());
  run.order.setup = std::move(whole);
  return ok();
}

void parked(self_pointer self, const run_parked& m) {
  const auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end() || at->second.where != residence::unloading) return;
  auto& run = at->second;
  if (!m.rested) return deliver_mail(run);
  run.where = residence::parked;
  run.rested = m.rested;
  run.scheduler = nullptr;
  const auto monitor = self->state.board->today()->monitor.actor;
  self->send(monitor, run_rests{m.run});
  self->send(monitor, event_happened{m.run, "run_parked", ""});
  if (!run.mail.empty()) return wake(self, run);
  drop_config(self, run);
  if (run.rested->wait_ms > 0) await_rest(self, run);
}

/// The elapsed clock of a run that waits for its next story: what a process that dies now does not wait for again.
void store_wait(self_pointer self, const supervisor_state::child_run& run) {
  const auto& id = run.id;
  auto head = self->state.store->head(id);
  if (!head) return; // the load will say so
  auto batch = std::make_shared<storage::commit_batch>();
  batch->run = id;
  batch->head = std::move(head.value());
  batch->head.elapsed_ms = elapsed_at(*run.rested, self->state.options.clock->steady_ms());
  batch->epoch = batch->head.epoch;
  batch->seq = batch->head.seq;
  batch->prev_hash = batch->head.hash;
  self->send(self->state.board->today()->committer.actor, commit_segment{std::move(batch), 0, false});
}

void look_at_parked(self_pointer self, const parked_due& m) {
  const auto at = self->state.runs.find(m.run);
  if (at == self->state.runs.end() || at->second.where != residence::parked || at->second.timer_number != m.number) return;
  auto& run = at->second;
  if (next_look_ms(*run.rested, self->state.options.clock->steady_ms()) == 0) return wake(self, run);
  store_wait(self, run);
  await_rest(self, run);
}

/// The engine ends: parked runs are got back to be ended too, a few at a time.
void end_parked(self_pointer self, std::size_t most) {
  auto& state = self->state;
  for (auto at = state.runs.upper_bound(state.ended_up_to); at != state.runs.end() && most > 0; ++at) {
    state.ended_up_to = at->first;
    if (at->second.where != residence::parked) continue;
    wake(self, at->second);
    --most;
  }
}

void end_run(self_pointer self, supervisor_state::child_run& run) {
  if (!run.ended || !run.published) return;
  const auto order = run.order;
  const auto outcome = *run.outcome;
  dismiss_scheduler(run.scheduler);
  self->state.runs.erase(outcome.run);
  if (order.ended) order.ended(outcome);
  if (self->state.stopping) end_parked(self, 1);
  if (self->state.stopping && self->state.runs.empty() && self->state.options.on_stopped) self->state.options.on_stopped();
}

void reply_failure(const control_request& m, int status, const std::string& title, const std::string& detail) {
  const nlohmann::json problem{{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
  m.reply({status, problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
}

void refuse(self_pointer self, const std::string& id, failure why) {
  auto order = std::move(self->state.runs.at(id).order);
  for (const auto& request : self->state.runs.at(id).deferred)
    reply_failure(request, 409, "Conflict", "run " + id + " could not be started");
  self->state.runs.erase(id);
  if (order.started) order.started(std::move(why));
  if (self->state.stopping && self->state.runs.empty() && self->state.options.on_stopped) self->state.options.on_stopped();
}

/// Loads the run from the store and gives it a scheduler: the one path for a start, a resume and a revival.
void give_scheduler(self_pointer self, const std::string& id) {
  auto& run = self->state.runs.at(id);
  const auto fail = [&](failure why) {
    if (!run.begun) return refuse(self, id, std::move(why));
    run.outcome = std::make_unique<run_outcome>(run_outcome{id, run_state::failed, to_string(why), why, true});
    run.ended = run.published = true;
    return end_run(self, run);
  };
  if (auto whole = restore_config(self, run); !whole) return fail(whole.error());
  auto loaded = self->state.store->load(id);
  if (!loaded) return fail(loaded.error());
  auto recent = recent_texts(*self->state.store, id, loaded.value().head.seq, look_back());
  if (!recent) return fail(recent.error());
  auto start = std::make_shared<run_start>();
  start->loaded = std::move(loaded.value());
  const auto seq = start->loaded.head.seq;
  start->recent = std::move(recent.value());
  start->revived = run.begun;
  start->rested = run.rested;
  start->pauses = run.begun ? run.extra_pauses : run.order.pauses;
  if (!run.rested) start->pauses.insert(start->pauses.end(), run.conditions.begin(), run.conditions.end());
  start->crashed_segment = run.begun ? 0 : run.order.crashed_segment;
  start->clear_pauses = run.order.resume && run.order.setup->config->exit_on_failure_limit && !run.begun;
  // What it had sent to the committer may have ended the segment that it died over.
  start->actor_deaths = run.begun && !run.rested && run.died_after == seq ? 1 : 0;
  run.extra_pauses.clear();
  const auto monitor = self->state.board->today()->monitor.actor;
  self->send(monitor, run_opened{run.order.setup->config, start->loaded.published});
  run.reviving = false;
  run.scheduler = watched(self, self->spawn(make_scheduler, std::shared_ptr<const crew_board>(self->state.board),
                                            run.order.setup, start));
  KILL_POINT("start:before_first_commit");
  self->send(run.scheduler, begin_run{});
  if (run.rested) return; // steered when it stands where it stood
  if (run.where == residence::unloading) deliver_mail(run); // it died before it could leave
  if (self->state.stopping) self->send(run.scheduler, stop_run{stop_mode::graceful});
  for (auto& request : std::exchange(run.deferred, {})) self->send(self, std::move(request));
  if (!std::exchange(run.begun, true) && run.order.started) run.order.started(ok());
}

void send_to_store(self_pointer self, const supervisor_state::child_run& run) {
  storage::run_head head;
  head.hash = std::string(zero_hash);
  head.state = "starting";
  head.started_at = rfc3339(self->state.options.clock->wall_us());
  const auto& config = run.order.setup->config;
  const auto known = self->state.store->config(config->run_id);
  self->send(self->state.board->today()->committer.actor,
             store_run{config, std::make_shared<storage::run_head>(head), static_cast<bool>(known)});
}

void submit(self_pointer self, submit_run& m) {
  const auto id = m.setup->config->run_id;
  if (self->state.stopping || self->state.runs.count(id)) {
    if (m.started)
      m.started(failure{error_code::wrong_state, "cannot start run " + id,
                        self->state.stopping ? "the engine is stopping" : "it is already running", ""});
    return;
  }
  auto& run = self->state.runs[id];
  run.id = id;
  run.order = std::move(m);
  if (id == std::exchange(self->state.options.awaited_run, {})) run.deferred = std::exchange(self->state.early, {});
  send_to_store(self, run);
}

void for_runs(self_pointer self, const std::string& id, const std::function<void(supervisor_state::child_run&)>& each) {
  for (auto& [name, run] : self->state.runs)
    if ((id.empty() || id == name) && run.begun && !run.ended) each(run);
}

/// A question that nobody has answered yet. When it is dropped unanswered, because who had it died, it is asked again:
/// all verbs may be said twice, and a run that has ended by then answers that.
struct open_question {
  open_question(supervisor_actor asker, control_request asked) : supervisor(std::move(asker)), request(std::move(asked)) {}
  ~open_question() {
    if (!answered) caf::anon_send(supervisor, std::move(request));
  }
  open_question(const open_question&) = delete;
  open_question& operator=(const open_question&) = delete;

  supervisor_actor supervisor;
  control_request request;
  bool answered = false;
};

answer_status question_for(self_pointer self, const control_request& m) {
  auto question = std::make_shared<open_question>(supervisor_actor{self}, m);
  return {m.run,
          [question](auto answer) {
            question->answered = true;
            question->request.reply(std::move(answer));
          },
          false};
}

void control(self_pointer self, const control_request& m) {
  using verb = control_request::verb;
  const auto monitor = self->state.board->today()->monitor.actor;
  if (m.what == verb::engine || m.what == verb::list) {
    return self->send(monitor, answer_status{m.what == verb::engine ? "" : m.run, m.reply, m.what == verb::engine});
  }
  auto at = self->state.runs.find(m.run);
  // A run that is only just starting is steered as soon as it can be: a stop must not be lost in between.
  if (m.what != verb::status) {
    if (at == self->state.runs.end() && m.run == self->state.options.awaited_run) return self->state.early.push_back(m);
    if (at != self->state.runs.end() && !at->second.begun && !at->second.ended) return at->second.deferred.push_back(m);
  }
  if (at == self->state.runs.end() || !at->second.begun || at->second.ended) {
    if (m.what == verb::status) return self->send(monitor, answer_status{m.run, m.reply, false});
    if (!self->state.store->config(m.run)) return reply_failure(m, 404, "Not Found", "no run " + m.run);
    return reply_failure(m, 409, "Conflict", "run " + m.run + " is not running in this engine");
  }
  auto& run = at->second;
  if (m.what == verb::status && (run.where == residence::unloading || run.where == residence::parked))
    return self->send(monitor, question_for(self, m)); // what was shown last still holds
  if (run.reviving && run.where != residence::waking) return run.deferred.push_back(m);
  if (m.what == verb::resume) self->state.intensity.reset(); // a person has looked at it
  if (m.what == verb::pause) tell(self, run, pause_run{"control", m.reason});
  if (m.what == verb::resume) tell(self, run, resume_run{});
  if (m.what == verb::stop) tell(self, run, stop_run{m.mode});
  if (m.what == verb::checkpoint) tell(self, run, checkpoint_run{});
  if (m.what == verb::weather) tell(self, run, order_weather{m.weather});
  tell(self, run, question_for(self, m));
}

/// Replaces one shared actor and tells every run. The new crew is on the board before anybody is told.
/// @param over the run over which it died; empty when that is not known
template <class Change>
void replace(self_pointer self, const std::string& kind, std::size_t index, bool beyond, const std::string& over, Change change) {
  auto next = std::make_shared<crew>(*self->state.board->today());
  const std::uint64_t generation = change(*next);
  self->state.board->replace(next);
  for_runs(self, "", [&](auto& run) {
    if (run.scheduler) self->send(run.scheduler, actor_replaced{kind, index, generation, beyond, over});
  });
  self->send(next->monitor.actor, event_happened{"", "actor_restarted", kind});
}

void revive_run(self_pointer self, const std::string& id, bool beyond) {
  auto& run = self->state.runs.at(id);
  if (run.ended) return;
  const auto head = self->state.store->head(id);
  run.died_after = head ? head.value().seq : 0;
  if (beyond) run.extra_pauses.push_back("crash_loop");
  run.reviving = true;
  self->send(self->state.board->today()->committer.actor, fence_run{id});
}

void collapse(self_pointer self, const std::string& kind) {
  if (self->state.options.on_collapse) self->state.options.on_collapse("the " + kind + " actor died too often");
}

void restart_monitor(self_pointer self, bool beyond) {
  const auto fresh = start_monitor(self);
  for_runs(self, "", [&](auto& run) {
    const auto config = config_of(self, run);
    if (!config) return; // a run that the store has lost is not shown; who asks for it wakes it, and hears why
    const auto published = self->state.store->published(run.id);
    self->send(fresh, run_opened{config.value(), published ? published.value() : 0, run.where == residence::parked});
  });
  for (auto& [id, run] : self->state.runs)
    if (run.ended && !run.published) self->send(fresh, run_opened{run.order.setup->config, 0});
  replace(self, "monitor", 0, beyond, "", [&](crew& c) { c.monitor.actor = fresh; return ++c.monitor.generation; });
  const auto generation = self->state.board->today()->monitor.generation;
  for (auto& [id, run] : self->state.runs) {
    if (!run.ended || run.published) continue;
    if (run.scheduler)
      self->send(run.scheduler, actor_replaced{"monitor", 0, generation, beyond, ""}); // shows and finishes again
    else
      self->send(fresh, finish_publishing{id, run.outcome->state});
  }
}

void restart_committer(self_pointer self, bool beyond) {
  replace(self, "committer", 0, beyond, "",
          [&](crew& c) { c.committer.actor = start_committer(self); return ++c.committer.generation; });
  for (auto& [id, run] : self->state.runs) {
    if (run.reviving) self->send(self->state.board->today()->committer.actor, fence_run{id});
    if (!run.begun) send_to_store(self, run);
  }
}

void on_death(self_pointer self, const caf::down_msg& down) {
  const auto today = self->state.board->today();
  for (auto& [id, run] : self->state.runs)
    if (run.scheduler && run.scheduler.address() == down.source) {
      if (run.ended) run.scheduler = nullptr;
      if (run.ended || down.reason == caf::exit_reason::user_shutdown || !down.reason) return;
      const bool beyond = self->state.intensity.note(std::chrono::milliseconds(self->state.options.clock->steady_ms()));
      self->send(today->monitor.actor, event_happened{id, "actor_restarted", "scheduler"});
      return revive_run(self, id, beyond);
    }
  if (down.reason == caf::exit_reason::user_shutdown) return;
  auto is_source = [&](const auto& post) { return post.actor && post.actor.address() == down.source; };
  const bool shared = is_source(today->committer) || is_source(today->retry) || is_source(today->monitor);
  const auto generator = std::find_if(today->generators.begin(), today->generators.end(), is_source);
  const auto validator = std::find_if(today->validators.begin(), today->validators.end(), is_source);
  if (!shared && generator == today->generators.end() && validator == today->validators.end()) return;
  const bool beyond = self->state.intensity.note(std::chrono::milliseconds(self->state.options.clock->steady_ms()));
  const auto over = died_over(down.reason);
  if (is_source(today->committer)) return beyond ? collapse(self, "committer") : restart_committer(self, beyond);
  if (is_source(today->monitor)) return beyond ? collapse(self, "monitor") : restart_monitor(self, beyond);
  if (is_source(today->retry)) {
    if (beyond) return collapse(self, "retry");
    return replace(self, "retry", 0, beyond, over,
                   [&](crew& c) { c.retry.actor = start_retry(self); return ++c.retry.generation; });
  }
  if (generator != today->generators.end()) {
    const auto i = static_cast<std::size_t>(generator - today->generators.begin());
    return replace(self, "generator", i, beyond, over, [&](crew& c) {
      c.generators[i].actor = start_generator(self);
      return ++c.generators[i].generation;
    });
  }
  const auto i = static_cast<std::size_t>(validator - today->validators.begin());
  replace(self, "validator", i, beyond, over, [&](crew& c) {
    c.validators[i].actor = start_validator(self);
    return ++c.validators[i].generation;
  });
}

} // namespace

supervisor_state::~supervisor_state() {
  for (const auto& [id, run] : runs) dismiss_scheduler(run.scheduler);
  // An engine that ends while this actor is still starting the crew finds nobody on the board to dismiss.
  if (board) dismiss(*board);
}

result<std::vector<recent_text>> recent_texts(const storage::store& store, const std::string& run, std::uint64_t seq,
                                              std::uint64_t limit) {
  std::vector<recent_text> texts;
  for (std::uint64_t at = seq > limit ? seq - limit + 1 : 1; at <= seq; ++at) {
    const auto how = store.provenance(run, at);
    if (!how && how.error().code != error_code::not_found) return how.error();
    if (!how) continue; // a skipped segment of an older release; it left no text
    const auto digest = nlohmann::json::parse(digest_part(how.value()), nullptr, false);
    if (digest.is_object()) texts.push_back(digest.get<recent_text>());
  }
  return texts;
}

supervisor_actor::behavior_type make_supervisor(self_pointer self, std::shared_ptr<crew_board> board,
                                                std::shared_ptr<storage::store> store, engine_options options) {
  self->state.board = std::move(board);
  self->state.store = std::move(store);
  self->state.options = std::move(options);
  log_last_words(self);
  self->set_down_handler([=](const caf::down_msg& down) { on_death(self, down); });
  start_crew(self);
  return {
    [=](submit_run& m) { submit(self, m); },
    [=](const control_request& m) { control(self, m); },
    [=](const stop_engine& m) {
      self->state.stopping = true;
      for_runs(self, "", [&](auto& run) {
        if (run.where == residence::parked) run.mail.push_back(caf::make_message(stop_run{m.mode}));
        else tell(self, run, stop_run{m.mode});
      });
      end_parked(self, rest_limits{}.ended_at_once);
      if (self->state.runs.empty() && self->state.options.on_stopped) self->state.options.on_stopped();
    },
    [=](const run_stored& m) {
      auto at = self->state.runs.find(m.run);
      if (at == self->state.runs.end() || at->second.begun) return; // asked for twice, as the first committer died
      if (m.ok) return give_scheduler(self, m.run);
      refuse(self, m.run, m.why);
    },
    [=](const run_fenced& m) {
      auto at = self->state.runs.find(m.run);
      if (at != self->state.runs.end() && at->second.reviving) give_scheduler(self, m.run);
    },
    [=](const condition_seen& m) {
      for_runs(self, m.run, [&](auto& run) {
        if (m.present)
          run.conditions.insert(m.reason);
        else
          run.conditions.erase(m.reason);
        if (run.where == residence::parked && run.rested->reasons.has(m.reason) == m.present) return; // that is how it rests
        if (m.present)
          tell(self, run, pause_run{m.reason, m.detail});
        else
          tell(self, run, resume_run{m.reason});
      });
    },
    [=](const publishing_finished& m) {
      auto at = self->state.runs.find(m.run);
      if (at == self->state.runs.end()) return;
      at->second.published = true;
      end_run(self, at->second);
    },
    [=](const rest_offered& m) {
      const auto at = self->state.runs.find(m.run);
      if (at == self->state.runs.end() || self->state.stopping) return;
      auto& run = at->second;
      if (!run.begun || run.ended || run.reviving || run.where != residence::loaded) return;
      run.where = residence::unloading;
      self->send(run.scheduler, unload_run{});
    },
    [=](const run_parked& m) { parked(self, m); },
    [=](const run_awake& m) {
      const auto at = self->state.runs.find(m.run);
      if (at != self->state.runs.end() && at->second.where == residence::waking) deliver_mail(at->second);
    },
    [=](const wake_run& m) {
      const auto at = self->state.runs.find(m.run);
      if (at == self->state.runs.end() || !at->second.begun || at->second.ended) return; // a question that is dropped is asked again
      if (m.question.reply) tell(self, at->second, m.question);
      else if (at->second.where == residence::parked) wake(self, at->second);
    },
    [=](const parked_due& m) { look_at_parked(self, m); },
    [=](const segment_committed&) {}, // of `store_wait`: a refusal loses a part of a wait, and the next part is stored with it
    [=](const run_ended& m) {
      auto at = self->state.runs.find(m.outcome.run);
      if (at == self->state.runs.end()) return;
      at->second.ended = true;
      at->second.outcome = std::make_unique<run_outcome>(m.outcome);
      end_run(self, at->second);
    },
  };
}

} // namespace longwave
