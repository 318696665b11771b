// The run's state machine: attempts and terminal records. Life cycle (pause, stop, limits) is in run_life.cpp.
#include "actors/scheduler/run_loop.hpp"

#include "actors/generator/prompt.hpp"
#include "actors/retry/evidence.hpp"
#include "actors/retry/outcome.hpp"
#include "actors/retry/remedy.hpp"
#include "actors/scheduler/provenance.hpp"
#include "actors/scheduler/story_metadata.hpp"
#include "actors/supervisor/recovery_plan.hpp"
#include "messages/json_text.hpp"
#include "storage/chain.hpp"
#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace longwave {

namespace {

/// Most lines that may wait for publishing before the run waits for the monitor.
constexpr std::size_t unpublished_limit = 64;

/// Commits on their way at a time: what is being written, and what is gathered for the write that follows (decision 8).
constexpr std::size_t most_in_flight = 4;

double rounded(double value) { return std::round(value * 1'000.0) / 1'000.0; }

/// The first "# " line of a story's text, without the mark; "Untitled" for none.
std::string title_of(const std::string& text, const std::string& language) {
  if (text.rfind("# ", 0) == 0) return text.substr(2, text.find('\n') - 2);
  return language == "ko" ? "무제" : "Untitled";
}

} // namespace

run_loop::run_loop(std::shared_ptr<const run_setup> setup, run_start start, run_effects& effects, show world)
  : setup_(std::move(setup)), fx_(effects), show_(std::move(world)), start_(std::move(start)) {
  head_ = start_.loaded.head;
  published_ = start_.loaded.published;
  stored_published_ = published_;
  window_ = std::make_shared<repetition_window>();
}

result<std::unique_ptr<run_loop>> run_loop::make(std::shared_ptr<const run_setup> setup, run_start start,
                                                 run_effects& effects) {
  auto world = show::restore(*setup->config, setup->pack, start.loaded.state, setup->elsewhere, setup->lore);
  if (!world) return world.error();
  std::unique_ptr<run_loop> loop(new run_loop(setup, std::move(start), effects, std::move(world.value())));
  const auto& state = loop->start_.loaded.state;
  try {
    if (auto at = state.find("counters"); at != state.end()) at->second.get_to(loop->counters_);
    if (auto at = state.find("usage"); at != state.end()) at->second.get_to(loop->ledger_);
    if (auto at = state.find("judge"); at != state.end()) at->second.get_to(loop->judge_);
    if (auto at = state.find("gate"); at != state.end()) at->second.get_to(loop->gate_);
    if (auto at = state.find("streak"); at != state.end()) at->second.get_to(loop->streak_);
    if (auto at = state.find("checkpoint"); at != state.end()) at->second.get_to(loop->last_checkpoint_);
    loop->shown_checkpoint_ = loop->last_checkpoint_;
    for (auto& [name, text] : loop->each_)
      if (auto at = state.find(name); at != state.end()) text = at->second.dump();
  } catch (const nlohmann::json::exception& e) {
    return failure{error_code::store_damaged, "cannot resume run " + setup->config->run_id, e.what(),
                   "run `longwave repair`"};
  }
  for (auto& text : loop->start_.recent) loop->window_->add(std::move(text));
  loop->start_.recent.clear();
  loop->restore_rest();
  return loop;
}

// -- attempts ---------------------------------------------------------------------------------------------------------

void run_loop::proceed() {
  if (phase_ != run_phase::idle) return;
  if (!pending_.empty()) { // what follows waits for what is on its way
    phase_ = run_phase::committing;
    return;
  }
  if (aborting_) return leave(run_state::aborted, abort_reason_);
  if (stopping_) return leave(run_state::stopped, "stopped");
  if (pauses_.any()) return enter_pause();
  if (state_ == run_state::paused) return leave_pause();
  if (unpublished_.size() >= unpublished_limit) {
    phase_ = run_phase::publishing;
    return;
  }
  if (!open_)
    if (const auto why = reached_end()) return leave(run_state::completed, *why);
  if (!open_ && !interval_served_) {
    const auto left = interval_until_ms_ - elapsed_ms();
    if (left > 0 && !std::exchange(interval_told_, true)) fx_.tell("interval_waiting", std::to_string((left + 999) / 1'000));
    if (setup_->config->virtual_clock) {
      head_.virtual_ms += std::max<std::int64_t>(left, 0);
    } else if (left > 0) {
      phase_ = run_phase::interval;
      start_rest();
      return fx_.after_interval(std::min(left, rest_limits{}.store_ms), ++timer_number_);
    }
    interval_served_ = true;
    return proceed();
  }
  if (!open_) open_next();
  launch();
}

run_loop::open_segment::open_segment() = default;

void run_loop::open_next() {
  open_.emplace();
  open_->plan = ready_ && ready_->plan->seq == head_.seq + 1 ? ready_->plan
                                                              : show_.plan(head_.seq + 1, {window_.get(), setup_->rules.get()});
  segment_began_ms_ = elapsed_ms();
  if (!start_.loaded.open_attempt) return;
  // A process or an actor ended while this segment was open: go on with the same attempt (contract 8.3).
  const auto note = *start_.loaded.open_attempt;
  start_.loaded.open_attempt.reset();
  if (note.seq != open_->plan->seq) return;
  try {
    if (note.history.is_object()) note.history.get_to(open_->state);
  } catch (const nlohmann::json::exception&) {
    open_->state = {}; // a note is a hint; without it the segment starts at its first attempt
  }
  head_.calls = std::max(head_.calls, note.call);
  open_->state.actor_deaths = note.actor_deaths;
  open_->state.process_deaths = note.process_deaths;
  adapt_plan();
}

/// What the attempts so far make of the plan: a story that failed twice is dropped, a skeleton told twice is changed.
void run_loop::adapt_plan() {
  if (drops_story(open_->state) && open_->plan->beat) {
    open_->original = open_->plan;
    open_->plan = show_.without_story(*open_->plan);
    open_->story_dropped = true;
  }
  if (changes_template(open_->state) && !open_->template_changed) {
    open_->template_changed = true;
    if (auto other = show_.with_other_template(*open_->plan)) open_->plan = std::move(other);
  }
}

storage::attempt_note run_loop::note_of_open() const {
  storage::attempt_note note;
  note.seq = open_->plan->seq;
  note.attempt = open_->state.attempt;
  note.rejected = open_->state.rejected;
  note.call = open_->call;
  note.actor_deaths = open_->state.actor_deaths;
  note.process_deaths = open_->state.process_deaths;
  if (!open_->state.history.empty() || open_->state.attempt > 1) note.history = open_->state;
  return note;
}

void run_loop::launch() {
  if (const auto* why = show_.lore_failure()) { // told without its lore, the run would be another one
    if (pending_.empty()) return fail(*why);
    phase_ = run_phase::committing;
    return;
  }
  if (open_->state.actor_deaths >= recovery_limits{}.actor_deaths)
    return settle_skipped("poison", "an actor died three times over this segment", false);
  if (open_->state.process_deaths >= recovery_limits{}.process_deaths)
    return settle_skipped("poison", "the process died three times over this segment", false);
  if (open_->plan->told_before) return settle_skipped("duplicate_signature", "every skeleton was told before", false);
  open_->call = head_.calls + 1;
  const bool fits = stored_note_ && stored_note_->seq == open_->plan->seq && stored_note_->call == open_->call &&
                    stored_note_->attempt == open_->state.attempt &&
                    stored_note_->actor_deaths == open_->state.actor_deaths;
  head_.calls = open_->call;
  if (fits) return send_order();
  phase_ = run_phase::noting;
  stored_note_ = note_of_open();
  fx_.note(std::make_shared<storage::attempt_note>(*stored_note_), std::make_shared<storage::run_head>(head_),
           ++serial_);
}

void run_loop::noted(const attempt_noted& message) {
  if (!ahead_.empty() && ahead_.back().at == draft_ahead::stage::noting && message.serial == ahead_.back().serial)
    return noted_ahead(message.ok);
  if (phase_ != run_phase::noting || message.serial != serial_) return;
  phase_ = run_phase::idle;
  if (!message.ok) {
    stored_note_.reset();
    head_.calls -= 1;
    note_refused_ = true;
    add_pause("disk_low");
    return proceed(); // the commit of the pause tells whether the store takes anything, and waits until it does
  }
  if (must_halt()) {
    head_.calls -= 1; // noted but not made; the same number is used when it is
    return proceed();
  }
  send_order();
}

void run_loop::send_order() {
  auto order = std::make_shared<attempt_order>();
  order->setup = setup_;
  order->plan = open_->plan;
  order->state = open_->state;
  order->call = open_->call;
  order->window = window_;
  order->stories = show_.stories_before();
  if (setup_->faults && !setup_->faults->empty())
    order->fault = setup_->faults->find(open_->plan->seq, open_->state.attempt, open_->call, setup_->config->seed);
  order->scheduler = fx_.self_handle();
  open_->fault = order->fault;
  open_->judged.reset();
  open_->judge_waits = open_->made_before = noted_ahead_ = false;
  phase_ = run_phase::generating;
  ++serial_;
  if (ready_ && ready_->plan == order->plan && ready_->window == order->window && ready_->call == order->call &&
      order->state.attempt == 1 && order->state.history.empty())
    order->ready = ready_->ready;
  ready_.reset();
  if (!take_ahead(order)) fx_.generate({setup_->config->run_id, open_->plan->seq, serial_}, order);
}

void run_loop::moved(const attempt_moved& message, std::uint64_t current_generation) {
  if (message.ticket.serial != serial_) return;
  if (phase_ != run_phase::generating && phase_ != run_phase::validating) return;
  phase_ = message.holder == "validator" ? run_phase::validating : run_phase::retrying;
  if (phase_ == run_phase::retrying) drop_ahead("segment " + std::to_string(open_->plan->seq) + " did not pass");
  holder_generation_ = message.generation;
  if (current_generation <= message.generation) return;
  // It went to one that is already dead. Whose fault that was is told with its successor, which may be still to come.
  if (const auto told = deaths_.find(message.holder); told != deaths_.end() && told->second.generation > message.generation)
    queue_again(blames_us(told->second));
}

bool run_loop::blames_us(const actor_replaced& death) const { return death.over.empty() || death.over == setup_->config->run_id; }

/// @param counts false: it died over another run
void run_loop::queue_again(bool counts) {
  drop_ahead("an actor died");
  ++serial_;
  window_lent_ = true;
  waiting_decision_.reset();
  open_->state.actor_deaths += counts;
  fx_.tell("segment_queued_again", "segment " + std::to_string(open_->plan->seq));
  phase_ = run_phase::idle;
  proceed();
}

void run_loop::interrupt_attempt() {
  drop_ahead("segment " + std::to_string(open_->plan->seq) + " was interrupted");
  if (phase_ == run_phase::generating || phase_ == run_phase::validating)
    fx_.cancel({setup_->config->run_id, open_->plan->seq, serial_});
  if (phase_ == run_phase::retrying) fx_.forget_wait({setup_->config->run_id, open_->plan->seq, serial_});
  ++serial_; // answers that are still on their way are stale now
  window_lent_ = true;
  phase_ = run_phase::idle;
}

const std::string& run_loop::model_name(const std::string& of_answer) const {
  if (!of_answer.empty()) return of_answer;
  const auto& config = *setup_->config;
  return config.model.empty() ? config.backend : config.model;
}

void run_loop::count_usage(const draft& answer) {
  counters_.attempts += 1;
  count_tokens(answer);
  look_at_truncation(answer);
  if (answer.judge) count_judgement(*answer.judge);
}

/// Also of a draft that is thrown away: it was paid for.
void run_loop::count_tokens(const draft& answer) {
  if (answer.usage) { // what is known counts, also when the other half was not told
    counters_.input_tokens += answer.usage->input_tokens.value_or(0);
    counters_.output_tokens += answer.usage->output_tokens.value_or(0);
  }
  if (answer.usage && answer.usage->total()) {
    counters_.usage_known += 1;
  } else {
    counters_.usage_missing += 1;
    fx_.tell("usage_missing", answer.detail);
  }
  ledger_.add(model_name(answer.model), answer);
}

/// backends.md 3, row 9: a server that cut the prompt in silence reports far fewer tokens than were sent.
void run_loop::look_at_truncation(const draft& answer) {
  constexpr std::uint64_t least = 400;
  if (setup_->config->backend == "offline" || answer.prompt_tokens < least || !answer.usage || !answer.usage->input_tokens) return;
  if (*answer.usage->input_tokens * 10 >= answer.prompt_tokens * 7) return;
  if (std::any_of(warnings_.begin(), warnings_.end(), [](const auto& w) { return w.code == "prompt_truncated"; })) return;
  warnings_.push_back({"prompt_truncated",
                       "the server counted " + std::to_string(*answer.usage->input_tokens) + " prompt tokens where about " +
                         std::to_string(answer.prompt_tokens) + " were sent: it may have cut the prompt; see `longwave doctor`",
                       rfc3339(wall_us())});
}

void run_loop::count_judgement(const judge_report& judgement) {
  judge_.add(judgement);
  draft as_answer;
  as_answer.usage = judgement.usage;
  as_answer.estimated_usage = judgement.estimated_usage;
  const auto& config = *setup_->config;
  ledger_.add_judgement(
    judgement.model.empty() ? (config.validation_model.empty() ? model_name({}) : config.validation_model) : judgement.model, as_answer);
  std::erase_if(warnings_, [](const auto& w) { return w.code == "judge_unavailable"; });
  if (judgement.state == judge_state::unavailable)
    warnings_.push_back({"judge_unavailable", judgement.detail, rfc3339(wall_us())});
}

/// Looked at after every call that was paid for: the pause is in the same commit as what made it necessary.
void run_loop::look_at_budget() {
  const auto& config = *setup_->config;
  if (pauses_.has("budget") || !over_limit(ledger_, config.prices, {config.budget, config.budget_tokens})) return;
  add_pause("budget");
}

void run_loop::accepted(draft_accepted message) {
  if (message.ticket.serial != serial_ || (phase_ != run_phase::validating && phase_ != run_phase::generating)) return;
  if (!ahead_.empty() && ahead_.back().at == draft_ahead::stage::noting) ahead_.pop_back(); // too late: its turn has come
  if (!ahead_.empty()) ahead_.front().kept = true;
  head_.virtual_ms += setup_->config->virtual_clock ? message.answer.took_ms : 0;
  open_->generation_ms += message.answer.took_ms;
  count_usage(message.answer);
  note_backend(message.answer, "ok", 0);
  // The record has usage and time of a plain answer; the rest is kept beside it.
  if (!message.answer.endpoint.empty() || message.answer.judge || source_of(message.answer) != usage_source::reported)
    answer_evidence_ = evidence_of(message.answer, false);
  settle_accepted(std::move(message.answer), std::move(message.judgement));
}

void run_loop::waiting(const attempt_waiting& message) {
  if (message.ticket.serial != serial_ || phase_ == run_phase::idle) return;
  phase_ = run_phase::retrying;
  note_backend(message.answer, message.backend_state, message.wait_ms);
  fx_.tell("attempt_waiting", "segment " + std::to_string(message.ticket.seq) + " waits " +
                                std::to_string(message.wait_ms) + " ms");
  if (must_halt()) { // the failure counts, the wait does not: the next attempt follows after the pause
    fx_.forget_wait(message.ticket);
    return decided({message.ticket, message.decision, message.answer});
  }
  waiting_decision_ = attempt_decided{message.ticket, message.decision, message.answer};
  fx_.show_facts(facts(), true);
}

void run_loop::decided(const attempt_decided& message) {
  if (message.ticket.serial != serial_ || phase_ == run_phase::idle || phase_ == run_phase::committing) return;
  drop_ahead("segment " + std::to_string(open_->plan->seq) + " did not pass");
  waiting_decision_.reset();
  const auto& decision = *message.decision;
  if (setup_->config->virtual_clock) head_.virtual_ms += message.answer.took_ms + decision.wait_ms;
  open_->generation_ms += message.answer.took_ms;
  const bool spent = decision.after.history.size() > open_->state.history.size();
  if (spent) count_usage(message.answer);
  if (spent) look_at_budget();
  const auto deaths = open_->state.actor_deaths;
  open_->state = decision.after;
  open_->state.actor_deaths = deaths;
  ++serial_;
  phase_ = run_phase::idle;
  fx_.tell("attempt_failed", "segment " + std::to_string(open_->plan->seq) + " " +
                               std::string(to_string(message.answer.outcome)));
  backend_wait_until_ms_ = 0;
  if (message.answer.outcome == outcome_class::rejected) note_backend(message.answer, "ok", 0);
  adapt_plan();
  switch (decision.step) {
    case next_step::again:
    case next_step::wait_busy:
    case next_step::wait_outage: return proceed();
    case next_step::skip: {
      const auto& last = decision.after.history.back();
      const bool backend_class = last.outcome == outcome_class::transport || last.outcome == outcome_class::stall;
      return settle_skipped(decision.skip_reason, std::string(to_string(last.outcome)), backend_class);
    }
    case next_step::pause_config: add_pause("backend_config"); break;
    case next_step::pause_quota: add_pause("quota"); break;
    case next_step::pause_busy: add_pause("backend_busy"); break;
  }
  note_backend(message.answer, decision.step == next_step::pause_busy ? "waiting_on_backend" : "refuses", 0);
  std::erase_if(warnings_, [](const auto& w) { return w.code == "backend"; });
  warnings_.push_back({"backend", with_remedy(message.answer), rfc3339(wall_us())});
  proceed();
}

// -- terminal records -------------------------------------------------------------------------------------------------

segment_record run_loop::blank_record() const {
  segment_record record;
  record.seq = open_->plan->seq;
  record.run_id = setup_->config->run_id;
  record.type = std::string(to_string(open_->plan->type));
  record.position = open_->plan->position;
  record.attempts = static_cast<int>(open_->state.history.size());
  for (const auto& failed : open_->state.history) record.attempt_outcomes.emplace_back(to_string(failed.outcome));
  if (open_->plan->skeleton) record.template_id = open_->plan->skeleton->template_id;
  record.generation_ms = open_->generation_ms;
  record.accepted_at = rfc3339(wall_us());
  record.prev_hash = head_.hash;
  return record;
}

void run_loop::settle_accepted(draft answer, verdict judgement) {
  segment_record record = blank_record();
  record.attempts = static_cast<int>(open_->state.history.size()) + 1;
  record.violations = std::move(judgement.violations);
  record.variety = std::move(judgement.variety);
  record.text = std::move(answer.text);
  record.usage = answer.usage;
  answered_endpoint_ = answer.endpoint;
  answered_model_ = answer.model;
  if (open_->plan->beat)
    record.story = story_mark{open_->plan->beat->id, open_->plan->beat->line, open_->plan->beat->act,
                              open_->plan->beat->acts_total, rounded(judgement.incorporation)};
  if (open_->plan->skeleton) {
    record.title = title_of(record.text, open_->plan->language);
    record.file_stem = storage::story_file_stem(record.accepted_at, record.seq);
  }
  // In place: the attempt that looked at it has come back. One that was given up may look at it still.
  if (std::exchange(window_lent_, false)) window_ = std::make_shared<repetition_window>(*window_);
  digest_ = std::move(judgement.digest);
  if (!digest_) // judging is switched off, and the rules would not have taken it
    digest_ = std::make_shared<const recent_text>(
      digest_text(*setup_->rules, *open_->plan, record.text, record.variety));
  window_->add(digest_);
  similarity_ = judgement.similarity;
  settled_segment settled{true, &record.text, &record.variety, judgement.incorporation, open_->story_dropped, {}, {}, {}};
  if (open_->plan->skeleton) {
    settled.title = record.title;
    settled.file_stem = record.file_stem;
    settled.words = digest_->shingles;
  }
  show_.settle(open_->original ? *open_->original : *open_->plan, settled);
  finish_record(std::move(record), true);
}

void run_loop::settle_skipped(const std::string& reason, const std::string& detail, bool backend_class) {
  drop_ahead("segment " + std::to_string(open_->plan->seq) + " was skipped");
  segment_record record = blank_record();
  record.status = record_status::skipped;
  record.skip_reason = reason;
  if (!open_->state.history.empty()) record.violations = open_->state.history.back().violations;
  const variety_mark none;
  show_.settle(open_->original ? *open_->original : *open_->plan, {false, &record.text, &none, -1, open_->story_dropped, {}, {}, {}});
  counters_.failures_total += 1;
  counters_.last_failure = "segment " + std::to_string(record.seq) + ": " + detail;
  skipped_by_backend_ = backend_class;
  finish_record(std::move(record), false);
}

void run_loop::finish_record(segment_record record, bool accepted) {
  const bool judged = setup_->config->validation_enabled;
  (accepted ? counters_.accepted : counters_.skipped) += 1;
  const auto& history = open_->state.history;
  // A story told before is no fault of its text: the quality gate does not count it.
  const bool last_rejected = !accepted && !history.empty() && history.back().outcome == outcome_class::rejected &&
                             !is_duplicate_failure(history.back());
  if (judged && (accepted || last_rejected)) {
    counters_.evaluated += 1;
    counters_.passed += accepted;
    counters_.first_attempt_passed += accepted && history.empty();
  }
  counters_.segments_retried += !history.empty();
  for (const auto& v : record.violations) {
    counters_.by_severity[std::string(to_string(v.level))] += 1;
    counters_.by_category[v.category] += 1;
    counters_.critical_accepted += accepted && v.level == severity::critical;
  }
  counters_.variety_flagged += !record.variety.flags.empty();
  counters_.repeated += std::any_of(record.variety.flags.begin(), record.variety.flags.end(),
                                    [](const auto& flag) { return counts_as_repetition(flag); });
  if (judged) gate_verdict_ = accepted || last_rejected ? std::optional(last_rejected) : std::nullopt;
  commit_record(std::move(record));
}

std::shared_ptr<storage::commit_batch> run_loop::segment_batch(const segment_record& record) {
  auto batch = std::make_shared<storage::commit_batch>();
  batch->seq = record.seq;
  batch->prev_hash = record.prev_hash;
  batch->record_line = record_line(record);
  std::string metadata, answered_by;
  if (open_->plan->skeleton && record.status == record_status::accepted)
    metadata = compact_json(story_metadata(record, *open_->plan, *setup_->config, similarity_));
  if (!answered_endpoint_.empty())
    answered_by = compact_json({{"endpoint", std::exchange(answered_endpoint_, {})}, {"model", std::exchange(answered_model_, {})}});
  std::string discarded;
  if (const auto shown = discarded_.extract(record.seq))
    for (const auto& evidence : shown.mapped()) discarded.append(discarded.empty() ? "[" : ",").append(evidence);
  if (!discarded.empty()) discarded += ']';
  batch->provenance = provenance_text(*open_->plan, open_->state, open_->call, digest_.get(), metadata, answered_by,
                                      answer_evidence_, discarded);
  answer_evidence_.clear();
  digest_.reset();
  similarity_.reset();
  for (auto kind : show_.checkpoints_due(record.seq)) batch->checkpoints.push_back(make_checkpoint(kind));
  return batch;
}

void run_loop::commit_record(segment_record record) {
  record.hash = storage::chain_hash(record.prev_hash, canonical_json(record));
  head_.seq = record.seq;
  head_.hash = record.hash;
  head_.starts_without_commit = 0;
  look_at_limits(record.status == record_status::accepted);
  in_flight commit;
  commit.purpose = "segment";
  commit.batch = segment_batch(record);
  const auto& fault = open_->fault;
  commit.crash_committer = fault && fault->kind == "crash" && fault->actor == "committer";
  commit.crash_monitor = fault && fault->kind == "crash" && fault->actor == "monitor";
  commit.generation_ms = record.generation_ms;
  commit.accepted = record.status == record_status::accepted;
  commit.record = std::make_shared<const segment_record>(std::move(record));
  last_segment_ms_ = elapsed_ms() - segment_began_ms_;
  if (setup_->config->kind == run_kind::stories && setup_->config->interval_seconds > 0) {
    interval_until_ms_ = elapsed_ms() + setup_->config->interval_seconds * 1'000;
    if (setup_->config->duration_seconds)
      interval_until_ms_ = std::min(interval_until_ms_, *setup_->config->duration_seconds * 1'000);
    interval_served_ = false;
    interval_told_ = false;
  }
  open_.reset();
  commit.batch->next_attempt = next_note();
  send_batch(std::move(commit));
  work_ahead();
  make_ready();
}

/// Begins the next segment while commits are being written. Only where a call that is made in vain costs nothing: its
/// note is in a batch that may not be written yet (decision 8). While the judge reads, only a draft of it is made, and
/// the segment is begun when the judge is done (decision 17).
void run_loop::work_ahead() {
  if (open_ && open_->judged) return make_ahead();
  if (setup_->works_ahead) begin_behind();
}

/// Begins the segment that follows the commits on their way, if nothing stands between.
void run_loop::begin_behind() {
  if (phase_ != run_phase::committing || open_ || must_halt() || before_refusal_) return;
  if (pending_.size() >= most_in_flight || pending_.back().purpose != "segment") return;
  if (state_ != run_state::running || !stored_note_ || stored_note_->seq != head_.seq + 1) return;
  if (unpublished_.size() >= unpublished_limit) return;
  phase_ = run_phase::idle;
  open_next();
  launch();
}

/// While a commit is written nobody else has work: plan and prompt of the next segment are made meanwhile. Its call goes out
/// when the commit is there, so that a kill loses one call and no more.
void run_loop::make_ready() {
  ready_.reset();
  if (phase_ != run_phase::committing || open_ || must_halt() || before_refusal_ || !ahead_.empty()) return;
  if (state_ != run_state::running || !stored_note_ || stored_note_->seq != head_.seq + 1) return;
  ready_ = std::make_shared<attempt_order>();
  ready_->setup = setup_;
  ready_->plan = show_.plan(head_.seq + 1, {window_.get(), setup_->rules.get()});
  ready_->call = head_.calls + 1;
  ready_->window = window_;
  if (!show_.lore_failure() && !ready_->plan->told_before) ready_->ready = std::make_shared<const generation_call>(make_call(*ready_));
}

/// The next segment's first call, noted in this commit when nothing stands between: saves a write a segment.
std::optional<storage::attempt_note> run_loop::next_note() const {
  storage::attempt_note note;
  note.seq = head_.seq;
  if (must_halt() || !interval_served_ || reached_end()) return note; // stale on purpose: nothing is open
  note.seq = head_.seq + 1;
  note.call = head_.calls + 1;
  return note;
}

} // namespace longwave
