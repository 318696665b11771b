// The run's state machine: begin, pause, resume, stop, limits, commits and recovery of dead colleagues.
#include "actors/scheduler/run_loop.hpp"

#include "actors/supervisor/recovery_plan.hpp"
#include "actors/validator/judge_batch.hpp"
#include "messages/json_text.hpp"
#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace longwave {

namespace {

/// How long a failed commit waits before it is tried again (idempotent, contract D P4).
constexpr std::int64_t commit_pause_ms = 2'000;
/// contract 8.2: a sound probe every 30 s.
constexpr std::int64_t probe_pause_ms = 30'000;

/// Segments by which the mark in the store may lag behind what is published: a start looks at a few lines more, and
/// most commits write one key less.
constexpr std::uint64_t published_step = 16;

template <class T>
std::string text_of(const T& piece) {
  std::string out;
  append_json(out, piece);
  return out;
}

status_part part_of(nlohmann::json document) { return std::make_shared<const nlohmann::json>(std::move(document)); }

void count(nlohmann::json& totals, const char* name) { totals[name] = totals.value(name, 0) + 1; }

} // namespace

// -- clock ------------------------------------------------------------------------------------------------------------

std::int64_t run_loop::wall_us() const {
  return setup_->config->virtual_clock ? virtual_epoch_us + head_.virtual_ms * 1'000 : setup_->clock->wall_us();
}

std::int64_t run_loop::elapsed_ms() const {
  if (setup_->config->virtual_clock) return head_.virtual_ms;
  return head_.elapsed_ms + (clock_runs_ ? setup_->clock->steady_ms() - clock_from_ms_ : 0);
}

void run_loop::stop_clock() {
  if (!clock_runs_) return;
  head_.elapsed_ms += setup_->clock->steady_ms() - clock_from_ms_;
  clock_runs_ = false;
}

void run_loop::start_clock() {
  if (clock_runs_) return;
  clock_from_ms_ = setup_->clock->steady_ms();
  clock_runs_ = true;
}

// -- life cycle -------------------------------------------------------------------------------------------------------

void run_loop::begin() {
  const bool fresh = head_.epoch == 0;
  const bool unclean = head_.state == "running" || head_.state == "pausing" || head_.state == "stopping";
  head_.epoch += 1;
  if (start_.rested && !setup_->config->virtual_clock) head_.elapsed_ms = elapsed_at(*start_.rested, setup_->clock->steady_ms());
  // No ticket of an earlier scheduler of this run may look like one of this: its calls may still be answered.
  serial_ = head_.epoch << 32;
  ahead_serial_ = serial_ | 0x8000'0000u;
  if (!start_.revived) {
    head_.starts_without_commit += 1;
    if (!fresh) count(head_.totals, unclean ? "recoveries" : "starts_again");
  }
  if (start_.clear_pauses) {
    streak_.on_resumed();
    gate_.on_resumed();
    head_.starts_without_commit = 1;
  } else if (start_.rested) {
    pauses_ = start_.rested->reasons;
  } else {
    for (const auto& reason : head_.pause_reasons)
      if (pause_reasons::stored(reason)) pauses_.add(reason);
  }
  for (const auto& reason : start_.pauses) pauses_.add(reason);
  // A budget that is spent and holds nobody any more was lifted by a person: it counts anew.
  if (!pauses_.has("budget") && over_limit(ledger_, setup_->config->prices, {setup_->config->budget, setup_->config->budget_tokens}))
    grant_again(ledger_, setup_->config->prices);
  // With its last segment committed a run is in no segment any more: there is nothing to be spared by a pause.
  if (!start_.rested && head_.starts_without_commit > recovery_limits{}.starts_without_commit && !reached_end()) pauses_.add("crash_loop");
  interval_served_ = true;
  if (head_.seq > 0 && setup_->config->kind == run_kind::stories && head_.totals.contains("interval_until_ms")) {
    interval_until_ms_ = head_.totals["interval_until_ms"].get<std::int64_t>();
    interval_served_ = interval_until_ms_ <= elapsed_ms();
  }
  if (auto& note = start_.loaded.open_attempt) {
    if (const auto ahead = std::exchange(note->ahead, 0); ahead != 0) {
      // Several segments were being made: which of them it was is not known. Each goes on alone, and then it shows; the
      // last of them is noted when its turn comes.
      alone_until_ = ahead - 1;
    } else {
      // Counted in this very commit: a death that is only in memory would be washed away by the next one.
      note->actor_deaths += start_.actor_deaths;
      note->process_deaths += start_.crashed_segment == note->seq ? 1 : 0;
    }
  }
  if (!start_.rested || !pauses_.any()) start_clock();
  if (!start_.rested) fx_.tell(fresh ? "run_started" : "run_resumed", "after segment " + std::to_string(head_.seq));
  commit_head("begin", std::nullopt);
}

void run_loop::apply_state(run_state next, const std::string& reason) {
  state_ = next;
  state_reason_ = reason;
  head_.state = to_string(next);
  head_.state_reason = reason;
  fx_.show_facts(facts(), true);
}

void run_loop::add_pause(const std::string& reason) {
  if (!pauses_.add(reason)) return;
  fx_.tell("run_pausing", reason);
  head_.pause_reasons = pauses_.list();
}

void run_loop::pause(const std::string& reason, const std::string& detail) {
  if (phase_ == run_phase::over) return;
  if (!detail.empty() && !pauses_.has(reason)) warnings_.push_back({reason, detail, rfc3339(wall_us())});
  const bool already = pauses_.any();
  const bool known = pauses_.has(reason);
  add_pause(reason);
  if (state_ == run_state::paused) {
    if (known) return;
    unsaved_ = true;
    apply_state(run_state::paused, pauses_.list().front());
    return;
  }
  if (already || stopping_) return;
  if (phase_ == run_phase::idle || phase_ == run_phase::interval || phase_ == run_phase::publishing) {
    phase_ = run_phase::idle;
    return proceed();
  }
  apply_state(run_state::pausing, reason);
  if (phase_ == run_phase::retrying && waiting_decision_) {
    fx_.forget_wait(waiting_decision_->ticket);
    const auto waiting = *waiting_decision_;
    return decided(waiting);
  }
  if (phase_ != run_phase::generating && phase_ != run_phase::validating) return;
  start_grace();
  cut_ahead("the run paused");
}

/// Each grace has its own number: a pause that comes back during one call does not inherit the timer of the first.
void run_loop::start_grace() {
  grace_serial_ = serial_;
  fx_.after_grace(setup_->config->pause_grace_ms, ++grace_number_);
}

void run_loop::resume(const std::string& reason) {
  if (phase_ == run_phase::over || !pauses_.any()) return;
  if (reason.empty()) {
    if (pauses_.has("consecutive_failures") || pauses_.has("backend_down")) streak_.on_resumed();
    if (pauses_.has("quality_gate")) gate_.on_resumed();
    backend_state_ = "ok"; // until it is heard again
    backend_detail_.clear();
    std::erase_if(warnings_, [](const auto& w) { return w.code == "backend"; });
    if (pauses_.has("budget")) grant_again(ledger_, setup_->config->prices);
    pauses_.clear_for_resume();
  } else {
    pauses_.remove(reason);
    if (reason == "backend_down" && !pauses_.any()) streak_.on_resumed();
  }
  head_.pause_reasons = pauses_.list();
  std::erase_if(warnings_, [&](const auto& w) { return !pauses_.has(w.code) && pause_reasons::known(w.code); });
  if (pauses_.any()) {
    unsaved_ = true;
    fx_.show_facts(facts(), true);
    return;
  }
  ++grace_number_;
  if (state_ == run_state::pausing) apply_state(run_state::running, "");
  proceed(); // does nothing while a commit is under way: what follows the commit goes on from there
}

void run_loop::leave_pause() {
  count(head_.totals, "resumes");
  fx_.tell("run_resumed", "after segment " + std::to_string(head_.seq));
  start_clock();
  interval_told_ = false;
  apply_state(run_state::running, ""); // shown at once: who asked for it gets this as the answer
  commit_head("resume", std::nullopt);
}

void run_loop::stop(stop_mode mode) {
  if (phase_ == run_phase::over) return;
  stopping_ = stopping_ ? std::max(*stopping_, mode) : mode;
  if (state_ != run_state::paused) apply_state(run_state::stopping, "stop requested");
  if (before_refusal_) return give_up_store();
  switch (phase_) {
    case run_phase::idle:
    case run_phase::interval:
    case run_phase::publishing: phase_ = run_phase::idle; return proceed();
    case run_phase::retrying:
      if (waiting_decision_) {
        fx_.forget_wait(waiting_decision_->ticket);
        const auto waiting = *waiting_decision_;
        return decided(waiting);
      }
      return;
    case run_phase::generating:
    case run_phase::validating:
      if (mode == stop_mode::urgent) start_grace();
      if (mode != stop_mode::immediate) return cut_ahead("the run ended");
      interrupt_attempt();
      return proceed();
    case run_phase::committing:
    case run_phase::noting:
    case run_phase::over: return;
  }
}

/// A store that cannot be written must not keep the process: what is committed is safe, the rest is redone.
void run_loop::give_up_store() {
  if (open_) interrupt_attempt();
  drop_ahead("the run ended");
  pending_.clear();
  state_ = run_state::stopped;
  state_reason_ = "stopped while the store could not be written";
  fx_.show_facts(facts(), true);
  end({setup_->config->run_id, run_state::stopped, state_reason_, {}, false});
}

void run_loop::checkpoint_now() {
  if (phase_ == run_phase::over) return;
  checkpoint_asked_ = true;
  if (phase_ == run_phase::idle && state_ == run_state::paused) commit_head("checkpoint", checkpoint_kind::manual);
}

void run_loop::order_weather(const weather_order& order) {
  if (phase_ == run_phase::over || setup_->config->kind != run_kind::broadcast) return;
  // Work ahead may have planned one more than is committed: it keeps the weather it was planned with.
  ready_.reset();
  show_.override_weather(order, (open_ ? open_->plan->seq : head_.seq) + 1);
  unsaved_ = true;
  if (pending_.empty()) shown_weather_ = part_of(show_.weather_status()); // for who asks before it is stored
  fx_.tell("weather_ordered", order.type.empty() ? "calendar" : order.type);
  if (phase_ == run_phase::idle && state_ == run_state::paused) commit_head("weather", std::nullopt);
}

void run_loop::grace_over(std::uint64_t number) {
  if (number != grace_number_ || grace_serial_ != serial_ || !must_halt()) return;
  if (phase_ != run_phase::generating && phase_ != run_phase::validating) return;
  fx_.tell("attempt_interrupted", "segment " + std::to_string(open_->plan->seq));
  interrupt_attempt();
  proceed();
}

void run_loop::interval_over(std::uint64_t number) {
  if (number != timer_number_ || phase_ != run_phase::interval) return;
  phase_ = run_phase::idle;
  // Only a part of a long wait: stored, so that a process that dies in it does not begin it again.
  if (interval_until_ms_ > elapsed_ms()) return commit_head("interval", std::nullopt);
  interval_served_ = true;
  proceed();
}

std::optional<std::string> run_loop::reached_end() const {
  const auto planned = setup_->config->planned_segments();
  if (planned && head_.seq >= *planned) return "count";
  if (setup_->config->duration_seconds && elapsed_ms() >= *setup_->config->duration_seconds * 1'000) return "duration";
  return std::nullopt;
}

void run_loop::enter_pause() {
  if (state_ == run_state::paused) return start_rest();
  drop_ahead("the run paused");
  stop_clock();
  count(head_.totals, "pauses");
  commit_head("pause", checkpoint_kind::pause);
}

void run_loop::leave(run_state final_state, const std::string& reason) {
  drop_ahead("the run ended");
  stop_clock();
  head_.state = to_string(final_state);
  head_.state_reason = reason;
  if (final_state == run_state::stopped) count(head_.totals, "stops");
  leaving_ = final_state;
  leaving_reason_ = reason;
  commit_head("leave", final_state == run_state::stopped ? checkpoint_kind::stop : checkpoint_kind::end);
}

/// contract 8.6: the streak first, then the quality gate, then the abort lines; all reasons in force are listed.
void run_loop::look_at_limits(bool accepted) {
  if (accepted) {
    streak_.on_accepted();
  } else if (streak_.on_failed(counters_.last_failure, skipped_by_backend_) == failure_streak::effect::pause) {
    add_pause("consecutive_failures");
    if (streak_.all_backend()) add_pause("backend_down");
  }
  if (gate_verdict_ && gate_.on_verdict(*gate_verdict_) == quality_gate::effect::pause) add_pause("quality_gate");
  gate_verdict_.reset();
  look_at_budget();
  head_.consecutive_failures = streak_.consecutive;
  const auto planned = setup_->config->planned_segments();
  if (setup_->config->kind != run_kind::broadcast || !planned) return;
  if (auto why = abort_reason(*planned, counters_.accepted, counters_.skipped, counters_.critical_accepted,
                              static_cast<double>(elapsed_ms()) / 3'600'000.0,
                              abort_limits_for(setup_->config->duration_hours))) {
    aborting_ = true;
    abort_reason_ = *why;
  }
}

// -- commits ----------------------------------------------------------------------------------------------------------

checkpoint_record run_loop::make_checkpoint(checkpoint_kind kind) const {
  checkpoint_record c;
  c.kind = kind;
  c.seq = head_.seq;
  c.position = show_.position_of(std::max<std::uint64_t>(head_.seq, 1));
  c.id = checkpoint_id(c.position, c.seq, kind);
  c.at = rfc3339(wall_us());
  c.head = head_.hash;
  return c;
}

void run_loop::commit_head(const std::string& purpose, std::optional<checkpoint_kind> kind) {
  auto batch = std::make_shared<storage::commit_batch>();
  batch->seq = head_.seq;
  batch->prev_hash = head_.hash;
  if (kind) batch->checkpoints.push_back(make_checkpoint(*kind));
  if (purpose == "pause") head_.state = "paused";
  if (purpose == "begin" || purpose == "resume") head_.state = pauses_.any() ? "paused" : "running";
  head_.pause_reasons = pauses_.list();
  head_.consecutive_failures = streak_.consecutive; // a resume has set it back
  head_.state_reason = head_.state == "paused" && pauses_.any() ? pauses_.list().front() : head_.state_reason;
  if (open_ && (purpose == "pause" || purpose == "leave")) {
    batch->next_attempt = note_of_open();
    batch->next_attempt->call = head_.calls;
  }
  if (purpose == "begin") batch->next_attempt = start_.loaded.open_attempt;
  in_flight commit;
  commit.batch = std::move(batch);
  commit.purpose = purpose;
  send_batch(std::move(commit));
}

/// The pieces of the run's world that changed with this batch. Those that change with every segment are one value.
void run_loop::add_changes(storage::commit_batch& batch) {
  for (auto& [name, json] : show_.take_changes()) {
    if (const auto at = each_.find(name); at != each_.end()) at->second = std::move(json);
    else batch.changes.push_back({name, std::move(json)});
  }
  each_["counters"] = text_of(counters_);
  each_["gate"] = text_of(gate_);
  each_["streak"] = text_of(streak_);
  each_["usage"] = ledger_json(ledger_);
  if (setup_->judge) each_["judge"] = compact_json(judge_);
  std::string bundle;
  bundle.reserve(2'048);
  for (const auto& [name, json] : each_) {
    if (json.empty()) continue; // a piece that is not there yet
    bundle += bundle.empty() ? "{\"" : ",\"";
    bundle += name;
    bundle += "\":";
    bundle += json;
  }
  bundle += '}';
  batch.changes.push_back({std::string(storage::bundle_piece), std::move(bundle)});
}

void run_loop::send_batch(in_flight commit) {
  auto& batch = *commit.batch;
  const bool segment = commit.purpose == "segment";
  unsaved_ = false;
  if (commit.purpose != "begin" && !setup_->config->virtual_clock && clock_runs_) {
    stop_clock();
    start_clock();
  }
  if (checkpoint_asked_ && batch.checkpoints.empty()) batch.checkpoints.push_back(make_checkpoint(checkpoint_kind::manual));
  if (!batch.checkpoints.empty()) {
    checkpoint_asked_ = false;
    last_checkpoint_ = batch.checkpoints.back();
  }
  if (interval_served_)
    head_.totals.erase("interval_until_ms");
  else
    head_.totals["interval_until_ms"] = interval_until_ms_;
  batch.run = setup_->config->run_id;
  batch.epoch = head_.epoch;
  head_.consecutive_failures = streak_.consecutive;
  batch.head = head_;
  add_changes(batch);
  if (!segment || published_ >= stored_published_ + published_step) {
    batch.published = published_;
    stored_published_ = published_;
  }
  stored_note_ = batch.next_attempt;
  if (stored_note_ && stored_note_->seq != head_.seq + 1) stored_note_.reset();
  commit.counters = counters_;
  commit.ledger = ledger_;
  commit.judge = judge_;
  commit.consecutive = streak_.consecutive;
  commit.checkpoint = last_checkpoint_;
  if (facts_wanted_) commit.stories = part_of(show_.story_status());
  if (const auto* counts = show_.cache_counts()) commit.cache = *counts;
  commit.tell_written = segment && stored_note_ && !setup_->works_ahead;
  commit.serial = ++serial_;
  phase_ = run_phase::committing;
  pending_.push_back(std::move(commit));
  const auto& last = pending_.back();
  fx_.commit(last.batch, last.serial, last.crash_committer, last.tell_written);
}

/// After a refusal, or to a new committer: all of them, in order. What is there already is answered with success.
void run_loop::send_again() {
  for (const auto& commit : pending_) fx_.commit(commit.batch, commit.serial, false, commit.tell_written);
}

/// The last commit survives the process now: the call that its note names may be made. Its sync goes on meanwhile; a power
/// cut before it is over takes the segment, which nobody has seen, and that call with it (decision 21).
void run_loop::written(const segment_written& message) {
  if (!pending_.empty() && pending_.back().serial == message.serial) begin_behind();
}

void run_loop::committed(const segment_committed& message) {
  // Only the oldest counts: one behind it that is refused follows from its refusal, and is sent again with it.
  if (pending_.empty() || message.serial != pending_.front().serial) return;
  if (std::exchange(waking_, false)) fx_.awake();
  if (!message.ok) {
    const bool disk = message.why.code == error_code::disk_full || message.why.code == error_code::io_failed;
    if (disk) return store_failed(message.why);
    return fail(message.why);
  }
  store_works();
  auto done = std::move(pending_.front());
  pending_.pop_front();
  if (phase_ == run_phase::committing && pending_.empty()) phase_ = run_phase::idle;
  show_committed(done);
  after_commit(done);
}

/// Nothing can go on: the run ends as failed, and everything committed stays.
void run_loop::fail(const failure& why) {
  drop_ahead("the run failed");
  state_ = run_state::failed;
  state_reason_ = to_string(why);
  fx_.show_facts(facts(), true);
  end({setup_->config->run_id, run_state::failed, state_reason_, why, true});
}

/// The commit is tried again until it is taken; meanwhile the run shows as paused.
void run_loop::store_failed(const failure& why) {
  if (!before_refusal_) {
    before_refusal_ = state_;
    clock_ran_before_refusal_ = clock_runs_;
    std::erase_if(warnings_, [](const auto& w) { return w.code == "disk_low"; });
    warnings_.push_back({"disk_low", to_string(why), rfc3339(wall_us())});
    add_pause("disk_low");
    stop_clock();
    state_ = run_state::paused;
    state_reason_ = "disk_low";
    fx_.show_facts(facts(), true);
  }
  fx_.after_commit_pause(commit_pause_ms, pending_.front().serial);
  cut_ahead("the run paused");
}

/// A write was taken: whatever kept the store from writing is over.
void run_loop::store_works() {
  // The batch that went through after a refusal still lists the reason; the next commit corrects it.
  const bool noted_again = note_refused_ && pending_.front().purpose == "pause";
  if (!before_refusal_ && !noted_again) return;
  pauses_.remove("disk_low");
  std::erase_if(warnings_, [](const auto& w) { return w.code == "disk_low"; });
  head_.pause_reasons = pauses_.list();
  if (before_refusal_) {
    state_ = *before_refusal_;
    state_reason_.clear();
    if (clock_ran_before_refusal_) start_clock();
    fx_.show_facts(facts(), true); // before anything is published: nothing is, while `paused` is visible
  }
  before_refusal_.reset();
  note_refused_ = false;
}

/// What is on disk is what is shown: a segment that is still being committed does not count yet.
void run_loop::show_committed(const in_flight& done) {
  shown_counters_ = done.counters;
  shown_ledger_ = done.ledger;
  shown_judge_ = done.judge;
  shown_seq_ = done.batch->head.seq;
  shown_consecutive_ = done.consecutive;
  shown_checkpoint_ = done.checkpoint;
  if (done.stories) shown_stories_ = done.stories;
  shown_cache_ = done.cache;
}

void run_loop::facts_asked() {
  if (pending_.empty() || before_refusal_)
    fx_.show_facts(facts(), false);
  else
    facts_wanted_ = true;
}

void run_loop::answer_facts(const in_flight& done) {
  // With another commit on its way the world is ahead: the answer comes with the next one, which knows that it is wanted.
  if (!facts_wanted_ || (!pending_.empty() && !done.stories)) return;
  facts_wanted_ = false;
  fx_.show_facts(facts(), false);
}

void run_loop::after_segment(in_flight& done) {
  const auto seq = done.batch->seq;
  publish_segment message{setup_->config->run_id,
                          seq,
                          std::shared_ptr<const std::string>(done.batch, &done.batch->record_line),
                          done.generation_ms,
                          done.accepted,
                          done.crash_monitor,
                          done.record};
  auto again = message;
  again.crash = false;
  unpublished_.push_back({seq, std::move(again)});
  fx_.publish(std::move(message));
  tell_settled(done);
  // At every day's end: retention (contract 8.18) counts hourly and daily checkpoints, so a week would keep too many.
  const auto& kind = done.checkpoint.kind;
  const bool day_ended = kind == checkpoint_kind::daily || kind == checkpoint_kind::weekly;
  if (day_ended && done.checkpoint.seq == seq) fx_.prune();
}

void run_loop::after_commit(in_flight& done) {
  const auto& purpose = done.purpose;
  if (purpose == "segment") {
    after_segment(done);
    answer_facts(done);
    work_ahead();
  } else if (purpose == "begin" || purpose == "resume") {
    apply_state(pauses_.any() ? run_state::paused : run_state::running, pauses_.any() ? pauses_.list().front() : "");
    if (pauses_.any()) {
      stop_clock();
      start_probe();
      if (setup_->config->exit_on_failure_limit) return exit_paused();
      if (!stopping_) return start_rest(rest_limits{}.begun_paused_ms);
    }
  } else if (purpose == "pause") {
    apply_state(run_state::paused, pauses_.any() ? pauses_.list().front() : "");
    if (pauses_.any()) { // else resumed while the pause was being written
      if (setup_->config->exit_on_failure_limit) return exit_paused();
      start_probe();
      if (!stopping_) return start_rest();
    }
  } else if (purpose == "leave") {
    apply_state(leaving_, leaving_reason_);
    return end({setup_->config->run_id, leaving_, leaving_reason_, {}, false});
  } else {
    // What somebody asked for while the run stands still is shown as soon as it is stored: it may be parked before the
    // next heartbeat.
    facts_wanted_ = facts_wanted_ || purpose == "checkpoint" || purpose == "weather";
    answer_facts(done);
  }
  proceed();
}

void run_loop::tell_settled(const in_flight& done) {
  fx_.tell(done.accepted ? "segment_accepted" : "segment_skipped", "segment " + std::to_string(done.batch->seq));
  if (setup_->config->kind != run_kind::stories || !done.accepted) return;
  fx_.tell("story_saved", setup_->config->output + "/" + done.record->file_stem + ".md");
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(done.generation_ms) / 1'000.0);
  fx_.tell("story_took", seconds);
}

/// `--on-failure-limit exit`: a reason that needs a person ends the process instead of waiting for one.
void run_loop::exit_paused() {
  const auto reasons = pauses_.list();
  const auto at = std::find_if(reasons.begin(), reasons.end(),
                               [](const auto& reason) { return pause_reasons::needs_person(reason); });
  if (at == reasons.end()) {
    start_probe();
    if (stopping_) return proceed();
    return start_rest();
  }
  end({setup_->config->run_id, run_state::paused, *at, {}, false});
}

void run_loop::end(run_outcome outcome) {
  phase_ = run_phase::over;
  outcome_ = std::move(outcome);
  fx_.finish(*outcome_);
}

void run_loop::commit_again(std::uint64_t serial) {
  if (!pending_.empty() && serial == pending_.front().serial) send_again();
}

void run_loop::published(std::uint64_t seq, std::uint64_t complete) {
  while (!unpublished_.empty() && unpublished_.front().seq <= seq) unpublished_.pop_front();
  published_ = std::max(published_, complete);
  if (phase_ != run_phase::publishing) return;
  phase_ = run_phase::idle;
  proceed();
}

// -- dead colleagues and a dead backend -------------------------------------------------------------------------------

void run_loop::replaced(const actor_replaced& message) {
  deaths_[message.kind] = message;
  if (message.kind == "monitor") {
    for (const auto& line : unpublished_) fx_.publish(line.message);
    fx_.show_facts(facts(), true);
    if (outcome_) fx_.finish(*outcome_); // the one that died may not have finished
    return;
  }
  if (phase_ == run_phase::over) return;
  if (message.kind == "committer") {
    if (!ahead_.empty() && ahead_.back().at == draft_ahead::stage::noting) noted_ahead(false); // it went to the one that died
    if (!pending_.empty()) return send_again();
    if (phase_ == run_phase::noting)
      fx_.note(std::make_shared<storage::attempt_note>(*stored_note_), std::make_shared<storage::run_head>(head_), serial_);
    return;
  }
  if (message.kind == "generator" && !ahead_.empty() && ahead_.back().at == draft_ahead::stage::calling && !ahead_.back().taken) {
    drop_last_ahead("an actor died");
    end_ahead();
  }
  const bool held = (message.kind == "generator" && phase_ == run_phase::generating) ||
                    (message.kind == "validator" && phase_ == run_phase::validating) ||
                    (message.kind == "retry" && phase_ == run_phase::retrying);
  if (!held || (message.kind != "generator" && message.generation <= holder_generation_)) return;
  if (message.beyond_intensity) {
    drop_ahead("an actor died");
    open_->state.actor_deaths += blames_us(message);
    ++serial_;
    window_lent_ = true;
    waiting_decision_.reset();
    phase_ = run_phase::idle;
    add_pause("crash_loop");
    return proceed();
  }
  queue_again(blames_us(message));
}

void run_loop::start_probe() {
  if (pauses_.has("backend_down") && !pauses_.has("control"))
    fx_.after_probe_pause(probe_pause_ms, ++probe_number_);
}

void run_loop::probe_again(std::uint64_t number) {
  if (number != probe_number_ || !pauses_.has("backend_down") || phase_ == run_phase::over) return;
  auto order = std::make_shared<attempt_order>();
  order->setup = setup_;
  order->scheduler = fx_.self_handle();
  fx_.probe(std::move(order));
  // Should the probing actor die, nobody answers: ask again then.
  fx_.after_probe_pause(probe_pause_ms + setup_->config->call_timeout_ms, probe_number_);
}

/// What the status says of the backend until it is heard again.
void run_loop::note_backend(const draft& answer, const std::string& state, std::int64_t wait_ms) {
  backend_state_ = state;
  backend_detail_ = state == "ok" ? std::string() : answer.detail;
  backend_wait_until_ms_ = wait_ms > 0 ? setup_->clock->steady_ms() + wait_ms : 0;
}

void run_loop::probed(bool sound, const std::string& detail) {
  if (!pauses_.has("backend_down") || phase_ == run_phase::over) return;
  fx_.tell("backend_probed", sound ? "sound" : detail);
  backend_detail_ = sound ? std::string() : detail;
  if (!sound) return fx_.after_probe_pause(probe_pause_ms, ++probe_number_);
  backend_state_ = "ok";
  if (setup_->config->auto_resume && pauses_.has("consecutive_failures")) {
    pauses_.remove("consecutive_failures");
    streak_.on_resumed();
  }
  resume("backend_down");
}

// -- facts ------------------------------------------------------------------------------------------------------------

std::shared_ptr<const run_facts> run_loop::facts() {
  auto f = std::make_shared<run_facts>();
  const auto& config = *setup_->config;
  f->run_id = config.run_id;
  f->kind = to_string(config.kind);
  f->dj = config.dj;
  f->seed = config.seed;
  f->state = state_;
  f->state_reason = state_reason_;
  f->pause_reasons = pauses_.list();
  f->started_at = head_.started_at;
  f->backend_kind = config.backend;
  f->backend_state = pauses_.has("backend_down") ? "down" : backend_state_;
  f->backend_detail = backend_detail_;
  if (backend_wait_until_ms_ > 0) {
    f->backend_wait_ms = std::max<std::int64_t>(0, backend_wait_until_ms_ - setup_->clock->steady_ms());
    f->backend_wait_until = rfc3339(wall_us() + *f->backend_wait_ms * 1'000);
  }
  if (config.backend != "offline") f->endpoints = part_of(setup_->source->endpoints());
  f->counters = shown_counters_;
  f->position = show_.position_of(std::max<std::uint64_t>(shown_seq_, 1));
  f->planned = config.planned_segments();
  f->consecutive_failures = shown_consecutive_;
  f->failure_limit = streak_.limit;
  f->elapsed_ms = elapsed_ms();
  f->last_segment_ms = last_segment_ms_;
  f->gate_state = gate_.state_name();
  f->gate_threshold = gate_.threshold();
  if (pending_.empty()) {
    shown_stories_ = part_of(show_.story_status());
    shown_weather_ = part_of(show_.weather_status());
  }
  f->stories = shown_stories_;
  f->weather = shown_weather_;
  if (pending_.empty())
    if (const auto* counts = show_.cache_counts()) shown_cache_ = *counts;
  f->cache_hits = shown_cache_.hits;
  f->cache_misses = shown_cache_.misses;
  f->checkpoint_id = shown_checkpoint_.id;
  f->checkpoint_at = shown_checkpoint_.at;
  if (config.duration_seconds) f->duration_ms = *config.duration_seconds * 1'000;
  f->warnings = warnings_;
  f->usage = shown_ledger_;
  f->prices = config.prices;
  f->limit = {config.budget, config.budget_tokens};
  if (setup_->judge) f->judge = shown_judge_;
  if (judges_in_batches(config) && open_ && (open_->judged || open_->made_before)) {
    f->drafts_waiting = 1 + static_cast<std::uint64_t>(std::count_if(ahead_.begin(), ahead_.end(), [](const auto& made) {
                          return made.at == draft_ahead::stage::answered && made.answer.outcome == outcome_class::ok;
                        }));
    if (open_->judge_waits) f->drafts_in_batch = std::max(ahead_until_, open_->plan->seq) - open_->plan->seq + 1;
  }
  return f;
}

} // namespace longwave
