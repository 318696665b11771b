// The run's state machine where it speculates: a draft that is made before its turn, and what becomes of it.
#include "actors/generator/prompt.hpp"
#include "actors/retry/evidence.hpp"
#include "actors/scheduler/run_loop.hpp"

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

void run_loop::judging(const judgement_begun& message) {
  if (message.ticket.serial != serial_ || phase_ != run_phase::validating) return;
  open_->judged = message;
  work_ahead();
}

/// The next segment on the world as it will be when the judge takes this draft: the judge may add violations to the
/// record, and nothing else of the world depends on it. Everything happens on copies; the call is noted before it is made.
void run_loop::speculate() {
  const auto& config = *setup_->config;
  const auto seq = open_->plan->seq;
  const auto planned = config.planned_segments();
  if (!config.speculate || phase_ != run_phase::validating || ahead_ || alone_seq_ == seq) return;
  if (must_halt() || before_refusal_ || state_ != run_state::running) return;
  if (!pending_.empty()) return; // the note would overtake the commit before it; asked again when that is there
  if (planned && seq >= *planned) return;
  auto window = std::make_shared<repetition_window>(*window_);
  auto world = show_;
  const auto& text = open_->judged->answer->text;
  const auto& found = *open_->judged->found;
  window->add(found.digest ? found.digest
                           : std::make_shared<const recent_text>(digest_text(*setup_->rules, *open_->plan, text, found.variety)));
  world.settle(open_->original ? *open_->original : *open_->plan,
               {true, &text, &found.variety, found.incorporation, open_->story_dropped, {}, {}, {}});
  auto order = std::make_shared<attempt_order>();
  order->plan = world.plan(seq + 1, {window.get(), setup_->rules.get()});
  if (world.lore_failure() || order->plan->told_before) return;
  order->setup = setup_;
  order->call = head_.calls + 1; // the number that it has when it is kept; one that is thrown away has none
  order->window = std::move(window);
  if (setup_->faults && !setup_->faults->empty())
    order->fault = setup_->faults->find(seq + 1, order->state.attempt, order->call, config.seed);
  if (kills_somebody(order->fault)) return;
  order->ahead = true;
  order->scheduler = fx_.self_handle();
  ahead_.emplace();
  ahead_->serial = ++ahead_serial_;
  ahead_->order = std::move(order);
  auto note = note_of_open();
  note.ahead = seq + 1;
  fx_.note(std::make_shared<storage::attempt_note>(std::move(note)), std::make_shared<storage::run_head>(head_), ahead_->serial);
}

void run_loop::made_ahead(draft_made_ahead message) {
  if (!ahead_ || ahead_->at != draft_ahead::stage::calling || message.ticket.serial != ahead_->serial) return; // thrown away
  ahead_->at = draft_ahead::stage::answered;
  ahead_->answer = std::move(message.answer);
  if (ahead_->taken) hand_over_ahead();
}

/// True when the call that is about to be made was made already: word for word, or it is thrown away.
bool run_loop::take_ahead(const order_ptr& order) {
  if (!ahead_) return false;
  const auto& made = *ahead_->order;
  const bool first = order->state.history.empty() && order->state.attempt == 1;
  if (!ahead_->kept || !first || order->call != made.call || !same_plan(*order->plan, *made.plan)) {
    drop_ahead("segment " + std::to_string(order->plan->seq) + " became another one");
    return false;
  }
  ahead_->taken = true;
  ahead_->order = order;
  fx_.take_up({setup_->config->run_id, order->plan->seq, serial_});
  if (ahead_->at == draft_ahead::stage::answered) hand_over_ahead();
  return true;
}

void run_loop::hand_over_ahead() {
  auto made = std::move(*ahead_);
  ahead_.reset();
  const attempt_ticket ticket{setup_->config->run_id, made.order->plan->seq, serial_};
  fx_.hand_over(ticket, std::move(made.order), std::move(made.answer));
}

/// What was asked for is paid for: its tokens count, and the segment that it was for tells of it.
void run_loop::drop_ahead(const std::string& why) {
  if (!ahead_) return;
  auto gone = std::move(*ahead_);
  ahead_.reset();
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
  if (std::exchange(discarded_for_, seq) != seq) discarded_.clear();
  discarded_.push_back(nlohmann::json{{"evidence", nlohmann::json::parse(evidence_of(gone.answer, true))}, {"reason", why}}.dump());
}

} // namespace longwave
