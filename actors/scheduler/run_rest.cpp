// The run's state machine where it stands still: when it may leave the memory, and how it is got back.
#include "actors/scheduler/run_loop.hpp"

#include <utility>

namespace longwave {

void run_loop::start_rest(std::int64_t wait_ms) { fx_.after_rest(wait_ms, ++rest_number_); }

bool run_loop::stands_still() const {
  return phase_ == run_phase::interval || (phase_ == run_phase::idle && state_ == run_state::paused && pauses_.any());
}

/// Everything that matters is in the store or in `rested_run`. A run that probes its backend stays: it moves every 30 s.
bool run_loop::may_rest() const {
  if (!stands_still() || stopping_ || aborting_ || before_refusal_ || note_refused_) return false;
  if (!pending_.empty() || !unpublished_.empty() || checkpoint_asked_ || pauses_.has("backend_down")) return false;
  // Of drafts that were made ahead: what is not stored until the segment is that they were for.
  if (!ahead_.empty() || !discarded_.empty() || alone_until_ > head_.seq) return false;
  return phase_ != run_phase::interval || interval_until_ms_ - elapsed_ms() >= rest_limits{}.least_ms;
}

void run_loop::rest_over(std::uint64_t number) {
  if (number != rest_number_ || !stands_still()) return; // standing still again, it begins anew
  if (unsaved_ && may_rest()) return commit_head("rest", std::nullopt);
  start_rest(); // until it is taken
  if (may_rest()) fx_.offer_rest();
}

std::shared_ptr<const rested_run> run_loop::unload() {
  if (!may_rest() || unsaved_) return nullptr;
  auto rested = std::make_shared<rested_run>();
  rested->state = state_;
  rested->reasons = pauses_;
  rested->backend_state = std::move(backend_state_);
  rested->backend_detail = std::move(backend_detail_);
  rested->warnings = std::move(warnings_);
  rested->last_segment_ms = last_segment_ms_;
  rested->elapsed_ms = elapsed_ms();
  rested->since_ms = setup_->clock->steady_ms();
  if (phase_ == run_phase::interval) rested->wait_ms = interval_until_ms_ - rested->elapsed_ms;
  phase_ = run_phase::over;
  return rested;
}

/// What was shown before the run was parked is shown from the first moment on.
void run_loop::restore_rest() {
  if (!start_.rested) return;
  const auto& rested = *start_.rested;
  waking_ = true;
  state_ = rested.state;
  if (rested.reasons.any()) state_reason_ = rested.reasons.list().front();
  pauses_ = rested.reasons;
  backend_state_ = rested.backend_state;
  backend_detail_ = rested.backend_detail;
  warnings_ = rested.warnings;
  last_segment_ms_ = rested.last_segment_ms;
  interval_told_ = rested.wait_ms > 0;
  shown_counters_ = counters_;
  shown_ledger_ = ledger_;
  shown_judge_ = judge_;
  shown_seq_ = head_.seq;
  shown_consecutive_ = streak_.consecutive;
}

} // namespace longwave
