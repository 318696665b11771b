// What the committer does: gather, write once, answer each.
#include "actors/committer.hpp"

#include "actors/free_memory.hpp"
#include "actors/last_words.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace longwave {

namespace {

using self_pointer = committer_actor::stateful_pointer<committer_state>;

/// Most commits that one write merges: bounds the memory of a batch and the wait of the first in it.
constexpr std::size_t group_limit = 256;

void call_flush(self_pointer self) {
  if (std::exchange(self->state.flush_is_due, true)) return;
  self->send(self, flush_due{});
}

/// Writes one group. Commits of one run that wait together become durable together, in their order.
void flush(self_pointer self) {
  auto& state = self->state;
  state.flush_is_due = false;
  if (state.gathered.empty()) return;
  std::vector<const storage::commit_batch*> batches;
  batches.reserve(state.gathered.size());
  for (const auto& [commit, from] : state.gathered) batches.push_back(commit.batch.get());
  if (state.on_commit) state.on_commit(true);
  const auto told = [&](const auto& gathered) { return gathered.first.tell_written; };
  std::function<void(std::size_t)> written;
  if (std::any_of(state.gathered.begin(), state.gathered.end(), told))
    written = [self](std::size_t i) {
      const auto& [commit, from] = self->state.gathered[i];
      if (commit.tell_written) self->send(from, segment_written{commit.serial});
    };
  const auto results = state.store->commit(batches, written);
  if (state.on_commit) state.on_commit(false);
  for (std::size_t i = 0; i < results.size(); ++i) {
    segment_committed answer{state.gathered[i].first.serial, static_cast<bool>(results[i]), {}};
    if (!results[i]) answer.why = results[i].error();
    self->send(state.gathered[i].second, std::move(answer));
  }
  state.gathered.clear();
}

void gather(self_pointer self, commit_segment& m) {
  if (m.crash) throw std::runtime_error("fault plan: crash:committer");
  auto from = caf::actor_cast<scheduler_actor>(self->current_sender());
  self->state.gathered.emplace_back(std::move(m), std::move(from));
  if (self->state.gathered.size() >= group_limit) return flush(self);
  call_flush(self);
}

void note(self_pointer self, const note_attempt& m) {
  const auto written = self->state.store->note_attempt(m.run, *m.note, m.head.get());
  attempt_noted answer{m.serial, static_cast<bool>(written), {}};
  if (!written) answer.why = written.error();
  self->send(caf::actor_cast<scheduler_actor>(self->current_sender()), std::move(answer));
}

void store_one(self_pointer self, const store_run& m) {
  const auto written =
    m.update ? self->state.store->update_config(*m.config) : self->state.store->create_run(*m.config, *m.head);
  run_stored answer{m.config->run_id, static_cast<bool>(written), {}};
  if (!written) answer.why = written.error();
  self->send(caf::actor_cast<supervisor_actor>(self->current_sender()), std::move(answer));
}

} // namespace

committer_actor::behavior_type make_committer(self_pointer self, std::shared_ptr<storage::store> store,
                                              std::function<void(bool begins)> on_commit) {
  self->state.store = std::move(store);
  self->state.on_commit = std::move(on_commit);
  log_last_words(self);
  return {
    [=](commit_segment& m) { gather(self, m); },
    [=](const note_attempt& m) { note(self, m); },
    [=](const store_run& m) { store_one(self, m); },
    [=](const fence_run& m) {
      while (!self->state.gathered.empty()) flush(self);
      self->send(caf::actor_cast<supervisor_actor>(self->current_sender()), run_fenced{m.run});
    },
    [=](const prune_run& m) {
      // Pruning only frees space; what it leaves behind is retried with the next day's.
      (void) self->state.store->prune(m.run);
    },
    [=](const flush_due&) { flush(self); },
    [=](const settle_store&) {
      self->state.store->settle();
      give_back_free_memory();
    },
  };
}

} // namespace longwave
