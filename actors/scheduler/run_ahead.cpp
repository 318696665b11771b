// The run's state machine where it makes drafts before their turn (`--speculate`, `--judge-batch`), and what becomes of them.
#include "actors/generator/prompt.hpp"
#include "actors/retry/evidence.hpp"
#include "actors/scheduler/run_loop.hpp"
#include "actors/validator/judge_batch.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace longwave {

namespace {

/// Two plans are the same when they are written alike: there is one form, and it has everything.
bool same_plan(const segment_plan& a, const segment_plan& b) {
  std::string one, other;
  append_json(one, a);
  append_json(other, b);
  return one == other;
}

/// A fault that ends an actor or the process is met in its turn only, where its death is counted.
bool kills_somebody(const std::optional<planned_fault>& fault) {
  return fault && (fault->kind == "crash" || fault->kind == "abort");
}

} // namespace

/// World and window after a draft, as they will be when the judge takes it: it may add violations to the record, and
/// nothing else of the world depends on it.
struct run_loop::world_ahead {
  show world;
  std::shared_ptr<repetition_window> window;

  void settle(const run_setup& setup, const segment_plan& as_told, const segment_plan& planned, const std::string& text,
              const verdict& found, bool story_dropped) {
    auto after = std::make_shared<repetition_window>(*window); // the call that was made with it may look at it still
    after->add(found.digest ? found.digest
                            : std::make_shared<const recent_text>(digest_text(*setup.rules, as_told, text, found.variety)));
    window = std::move(after);
    world.settle(planned, {true, &text, &found.variety, found.incorporation, story_dropped, {}, {}, {}});
  }
};

void run_loop::judging(const judgement_begun& message) {
  if (message.ticket.serial != serial_ || phase_ != run_phase::validating) return;
  open_->judged = message;
  open_->judge_waits = judges_in_batches(*setup_->config);
  ahead_until_ = alone_until_ >= open_->plan->seq ? 0 : last_drafted_before(*setup_->config, open_->plan->seq, open_->made_before);
  if (open_->judge_waits) fx_.show_facts(facts(), false); // nothing is committed for the time of a batch
  work_ahead();
}

/// Makes the next draft before its turn, or lets the judge begin when there is none to make.
void run_loop::make_ahead() {
  if (phase_ != run_phase::validating || (!ahead_.empty() && ahead_.back().at != draft_ahead::stage::answered)) return;
  const bool may = open_->plan->seq + ahead_.size() < ahead_until_ && !must_halt() && !before_refusal_ && state_ == run_state::running;
  if (may && !pending_.empty()) return; // the note would overtake the commit before it; asked again when that is there
  auto order = may ? plan_ahead() : nullptr;
  if (!order) return end_ahead();
  const auto seq = order->plan->seq;
  ahead_.emplace_back();
  ahead_.back().serial = ++ahead_serial_;
  ahead_.back().order = std::move(order);
  auto note = note_of_open();
  note.ahead = seq;
  noted_ahead_ = true;
  fx_.note(std::make_shared<storage::attempt_note>(std::move(note)), std::make_shared<storage::run_head>(head_), ahead_serial_);
}

/// The call for the segment after the last draft, on the world as it will be when the judge takes that draft and all
/// before it. Everything happens on copies. Null when that draft is not sound, or the next segment is better made in its turn.
std::shared_ptr<attempt_order> run_loop::plan_ahead() {
  const auto& config = *setup_->config;
  if (ahead_.empty()) {
    world_ahead_ = std::make_shared<world_ahead>(world_ahead{show_, window_});
    const auto& found = *open_->judged->found;
    world_ahead_->settle(*setup_, *open_->plan, open_->original ? *open_->original : *open_->plan, open_->judged->answer->text, found,
                         open_->story_dropped);
  } else {
    auto& last = ahead_.back();
    if (!world_ahead_ || last.answer.outcome != outcome_class::ok) return nullptr;
    last.found = std::make_shared<const verdict>(first_reading(*last.order, last.answer));
    if (!last.found->accepted()) return nullptr;
    world_ahead_->settle(*setup_, *last.order->plan, *last.order->plan, last.answer.text, *last.found, false);
  }
  if (spends_the_budget()) return nullptr;
  auto order = std::make_shared<attempt_order>();
  const auto seq = open_->plan->seq + ahead_.size() + 1;
  order->plan = world_ahead_->world.plan(seq, {world_ahead_->window.get(), setup_->rules.get()});
  if (world_ahead_->world.lore_failure() || order->plan->told_before) return nullptr;
  order->setup = setup_;
  order->call = head_.calls + ahead_.size() + 1; // the number that it has when it is kept; one that is thrown away has none
  order->window = world_ahead_->window;
  if (setup_->faults && !setup_->faults->empty())
    order->fault = setup_->faults->find(seq, order->state.attempt, order->call, config.seed);
  if (kills_somebody(order->fault)) return nullptr;
  order->ahead = true;
  order->scheduler = fx_.self_handle();
  return order;
}

/// Whether what was asked for and is not counted yet uses the budget up: then nothing more is asked for in advance.
bool run_loop::spends_the_budget() const {
  const auto& config = *setup_->config;
  if (config.budget <= 0 && config.budget_tokens == 0) return false;
  auto with = ledger_;
  with.add(model_name(open_->judged->answer->model), *open_->judged->answer);
  for (const auto& made : ahead_) with.add(model_name(made.answer.model), made.answer);
  return over_limit(with, config.prices, {config.budget, config.budget_tokens});
}

/// No more is made before its turn while this segment is open; a judge that waited for it reads.
void run_loop::end_ahead() {
  ahead_until_ = 0;
  world_ahead_.reset();
  if (!open_ || phase_ != run_phase::validating || !std::exchange(open_->judge_waits, false)) return;
  // From here on a death can only be this segment's fault: the note says so again.
  if (std::exchange(noted_ahead_, false) && !before_refusal_)
    fx_.note(std::make_shared<storage::attempt_note>(note_of_open()), std::make_shared<storage::run_head>(head_), ++ahead_serial_);
  fx_.begin_judgement({setup_->config->run_id, open_->plan->seq, serial_});
}

/// A halt was asked for: a judge that waits for drafts is not kept waiting, and does not share its server with one.
void run_loop::cut_ahead(const std::string& why) {
  if (!open_ || phase_ != run_phase::validating || !open_->judge_waits) return;
  if (!ahead_.empty() && ahead_.back().at != draft_ahead::stage::answered) drop_last_ahead(why);
  end_ahead();
}

/// @param ok false: the store did not take the note
void run_loop::noted_ahead(bool ok) {
  if (!ok || must_halt()) { // nothing was asked yet
    ahead_.pop_back();
    return end_ahead();
  }
  auto& next = ahead_.back();
  next.at = draft_ahead::stage::calling;
  fx_.generate({setup_->config->run_id, next.order->plan->seq, next.serial}, next.order);
}

void run_loop::made_ahead(draft_made_ahead message) {
  if (ahead_.empty()) return;
  auto& last = ahead_.back();
  if (last.at != draft_ahead::stage::calling || message.ticket.serial != last.serial) return; // thrown away
  last.at = draft_ahead::stage::answered;
  last.answer = std::move(message.answer);
  if (open_ && open_->judge_waits) fx_.show_facts(facts(), false);
  if (ahead_.front().taken) return hand_over_ahead();
  if (open_ && open_->judged) make_ahead();
}

/// True when the call that is about to be made was made already: word for word, or it is thrown away with all after it.
bool run_loop::take_ahead(const std::shared_ptr<attempt_order>& order) {
  if (ahead_.empty()) return false;
  auto& next = ahead_.front();
  const auto& made = *next.order;
  const bool first = order->state.history.empty() && order->state.attempt == 1;
  if (!next.kept || !first || order->call != made.call || !same_plan(*order->plan, *made.plan)) {
    drop_ahead("segment " + std::to_string(order->plan->seq) + " became another one");
    return false;
  }
  next.taken = true;
  order->found = next.found; // the rules have read it as they would now
  next.order = order;
  open_->made_before = true;
  fx_.take_up({setup_->config->run_id, order->plan->seq, serial_});
  if (next.at == draft_ahead::stage::answered) hand_over_ahead();
  return true;
}

void run_loop::hand_over_ahead() {
  auto made = std::move(ahead_.front());
  ahead_.pop_front();
  const attempt_ticket ticket{setup_->config->run_id, made.order->plan->seq, serial_};
  fx_.hand_over(ticket, std::move(made.order), std::move(made.answer));
}

void run_loop::drop_ahead(const std::string& why) {
  world_ahead_.reset();
  while (!ahead_.empty()) drop_last_ahead(why);
}

/// What was asked for is paid for: its tokens count, and the segment that it was for tells of it.
void run_loop::drop_last_ahead(const std::string& why) {
  auto gone = std::move(ahead_.back());
  ahead_.pop_back();
  if (gone.at == draft_ahead::stage::noting) return;
  const auto seq = gone.order->plan->seq;
  if (gone.at == draft_ahead::stage::calling) {
    fx_.cancel({setup_->config->run_id, seq, gone.serial});
    gone.answer.outcome = outcome_class::interrupted;
    if (setup_->config->backend != "offline") { // the prompt was sent; what was written until now is not known
      gone.answer.prompt_tokens = prompt_tokens(make_call(*gone.order));
      gone.answer.estimated_usage.emplace().input_tokens = gone.answer.prompt_tokens;
    }
  }
  counters_.discarded_drafts += 1;
  count_tokens(gone.answer);
  look_at_budget();
  fx_.tell("draft_discarded", "segment " + std::to_string(seq) + ": " + why);
  auto& shown = discarded_[seq];
  if (shown.size() == judge_batch_limits{}.shown_discards) shown.erase(shown.begin());
  shown.push_back(nlohmann::json{{"evidence", nlohmann::json::parse(evidence_of(gone.answer, true))}, {"reason", why}}.dump());
}

} // namespace longwave
