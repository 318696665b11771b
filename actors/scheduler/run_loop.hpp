// The strict order inside a run as a state machine: what happens at each event, and what is asked of others.
//
//   idle -> noting -> generating -> validating -> (retrying -> noting ...) -> committing -> idle -> ...
//                                                                         \-> interval (story runs) -/
//
// It knows no actor, no store and no clock: what it wants done goes out through `run_effects`, what happened comes in
// through the members below. The scheduler actor is the thin shell around it; tests drive it directly.
//
// Guarantees: every planned slot ends in exactly one terminal record; nothing is published before it is committed;
// at most one attempt is in flight; an event with an old ticket or serial changes nothing. Commits are sent in order and
// taken in order. One is in flight, or two where the run works ahead: then segment N+1 is made on the world after N
// while N is being written (decision 8). What N decided (pause, limits, end) is known before N+1 is begun. Where a call
// costs something, N+1 is begun when N is written and only its sync is still to come (decision 21).
// A run that speculates has the first draft of N+1 made while the judge still reads N, on a copy of the world as it will
// be when N passes; it is taken when N did and N+1 is begun, and thrown away otherwise (decision 17). With `--judge-batch`
// the drafts of an hour are made so, one on the other, before the judge reads the first (decision 18, run_ahead.cpp).
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/scheduler/rest.hpp"
#include "actors/scheduler/show.hpp"
#include "actors/supervisor/abort_rules.hpp"
#include "actors/supervisor/failure_streak.hpp"
#include "actors/supervisor/pause_reasons.hpp"
#include "actors/validator/quality_gate.hpp"
#include "messages/record.hpp"
#include "messages/status.hpp"
#include "storage/store.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// What a run asks of the world. All calls return at once.
class run_effects {
public:
  virtual ~run_effects() = default;

  virtual void generate(const attempt_ticket& ticket, order_ptr order) = 0;
  virtual void cancel(const attempt_ticket& ticket) = 0;
  /// The segment of this ticket is the open one now, though its call was made before.
  virtual void take_up(const attempt_ticket& ticket) = 0;
  /// With `--judge-batch`: the judge may read the draft that it was said to begin with.
  virtual void begin_judgement(const attempt_ticket& ticket) = 0;
  /// Gives a draft that was made before its turn to who comes next, as the generator does.
  virtual void hand_over(const attempt_ticket& ticket, order_ptr order, draft answer) = 0;
  virtual void forget_wait(const attempt_ticket& ticket) = 0;
  virtual void note(std::shared_ptr<const storage::attempt_note> note, std::shared_ptr<const storage::run_head> head,
                    std::uint64_t serial) = 0;
  /// @param tell_written wanted is `written` as well, before `committed`
  virtual void commit(std::shared_ptr<const storage::commit_batch> batch, std::uint64_t serial, bool crash, bool tell_written) = 0;
  virtual void prune() = 0;
  virtual void publish(publish_segment message) = 0;
  virtual void show_facts(std::shared_ptr<const run_facts> facts, bool state_changed) = 0;
  virtual void tell(std::string type, std::string detail) = 0;
  virtual void finish(run_outcome outcome) = 0;
  virtual void probe(order_ptr order) = 0;
  /// Timers; `number` comes back with the timer.
  virtual void after_interval(std::int64_t wait_ms, std::uint64_t number) = 0;
  virtual void after_grace(std::int64_t wait_ms, std::uint64_t number) = 0;
  virtual void after_commit_pause(std::int64_t wait_ms, std::uint64_t serial) = 0;
  virtual void after_probe_pause(std::int64_t wait_ms, std::uint64_t number) = 0;
  virtual void after_rest(std::int64_t wait_ms, std::uint64_t number) = 0;
  /// The run stands still and need not be in memory.
  virtual void offer_rest() = 0;
  /// A run that was parked stands where it stood.
  virtual void awake() = 0;
  /// The scheduler's own handle, for the orders.
  virtual scheduler_actor self_handle() = 0;
};

/// Where the open segment is.
enum class run_phase { idle, noting, generating, validating, retrying, committing, interval, publishing, over };

/// What a run starts from besides its setup.
struct run_start {
  storage::loaded_run loaded;
  /// What the last texts were like, oldest first: rebuilds the repetition window.
  std::vector<recent_text> recent;
  /// Reasons that hold at the start ("pause_file").
  std::vector<std::string> pauses;
  /// The segment that the last process held when it died of itself; 0 = it did not.
  std::uint64_t crashed_segment = 0;
  /// Deaths over the open segment that its note does not count yet: a revived scheduler's predecessor.
  int actor_deaths = 0;
  /// True when an actor was revived, not a process started.
  bool revived = false;
  /// True when a person asked for the run to go on whatever was stored (`--on-failure-limit exit`).
  bool clear_pauses = false;
  /// Of a run that was parked: what the store does not know. It is `revived` as well.
  std::shared_ptr<const rested_run> rested;
};

class run_loop {
public:
  /// Fails with store_damaged when the stored pieces do not fit together.
  static result<std::unique_ptr<run_loop>> make(std::shared_ptr<const run_setup> setup, run_start start,
                                                run_effects& effects);

  // -- from the supervisor ---------------------------------------------------------------------------------------
  void begin();
  void pause(const std::string& reason, const std::string& detail);
  void resume(const std::string& reason);
  void stop(stop_mode mode);
  void checkpoint_now();
  /// From the first segment that is not planned yet; stored with the next commit. Story runs have no weather.
  void order_weather(const weather_order& order);
  void replaced(const actor_replaced& message);

  // -- from the pipeline -----------------------------------------------------------------------------------------
  void moved(const attempt_moved& message, std::uint64_t current_generation);
  /// The judge begins to read the open attempt's draft.
  void judging(const judgement_begun& message);
  void made_ahead(draft_made_ahead message);
  void accepted(draft_accepted message);
  void decided(const attempt_decided& message);
  void waiting(const attempt_waiting& message);
  void written(const segment_written& message);
  void committed(const segment_committed& message);
  void noted(const attempt_noted& message);
  /// @param complete segments whose readable files are written as well
  void published(std::uint64_t seq, std::uint64_t complete);
  void probed(bool sound, const std::string& detail);
  /// Somebody wants to know how the run stands: answered at once, or with the next commit that is being written.
  void facts_asked();

  // -- timers ----------------------------------------------------------------------------------------------------
  void interval_over(std::uint64_t number);
  void grace_over(std::uint64_t number);
  void commit_again(std::uint64_t serial);
  void probe_again(std::uint64_t number);
  void rest_over(std::uint64_t number);

  /// The run is to leave the memory: what of it the store does not have, or null when it has moved since it was offered.
  /// Nothing may be asked of the loop after that.
  std::shared_ptr<const rested_run> unload();

  /// The run as it stands on disk.
  std::shared_ptr<const run_facts> facts();
  /// True while a segment is being made.
  bool attempt_open() const noexcept { return open_.has_value(); }
  run_state state() const noexcept { return state_; }
  run_phase phase() const noexcept { return phase_; }
  const storage::run_head& head() const noexcept { return head_; }
  /// What the open attempt was sent to: pool place and generation, to know whether a dead actor held it.
  std::uint64_t generator_generation = 0;

private:
  run_loop(std::shared_ptr<const run_setup> setup, run_start start, run_effects& effects, show world);
  struct world_ahead; // run_ahead.cpp

  struct open_segment {
    open_segment(); // defined outside: clang 14 does not find an implicit one inside of run_loop
    std::shared_ptr<const segment_plan> plan;
    /// With its story, when `plan` is told without it.
    std::shared_ptr<const segment_plan> original;
    attempt_state state;
    std::uint64_t call = 0;
    bool story_dropped = false;
    bool template_changed = false;
    /// What the fault plan has for the attempt in flight.
    std::optional<planned_fault> fault;
    std::int64_t generation_ms = 0;
    token_usage spent;
    /// The draft that the judge is reading, where the run makes drafts ahead.
    std::optional<judgement_begun> judged;
    /// It does not read yet: the drafts of its batch are being made.
    bool judge_waits = false;
    /// The attempt's draft was made before its turn.
    bool made_before = false;
  };

  /// The first draft of a segment after the open one, made before its turn.
  struct draft_ahead {
    enum class stage { noting, calling, answered };
    stage at = stage::noting;
    /// Of its note and its call; no attempt in turn has such a number.
    std::uint64_t serial = 0;
    order_ptr order;
    draft answer;
    /// What the rules found in it, once they have read it.
    std::shared_ptr<const verdict> found;
    /// What it was made for has come true: the segment before is accepted. Of the first one only.
    bool kept = false;
    /// Its segment is open and waits for it; `order` is that attempt's own.
    bool taken = false;
  };

  void proceed();
  void open_next();
  void adapt_plan();
  void launch();
  void send_order();
  void queue_again(bool counts);
  bool blames_us(const actor_replaced& death) const;
  void settle_accepted(draft answer, verdict judgement);
  void settle_skipped(const std::string& reason, const std::string& detail, bool backend_class);
  void finish_record(segment_record record, bool accepted);
  void look_at_limits(bool accepted);
  void commit_record(segment_record record);
  struct in_flight;
  std::shared_ptr<storage::commit_batch> segment_batch(const segment_record& record);
  void commit_head(const std::string& purpose, std::optional<checkpoint_kind> kind);
  void send_batch(in_flight commit);
  void send_again();
  void work_ahead();
  void begin_behind();
  void make_ready();
  void make_ahead();
  std::shared_ptr<attempt_order> plan_ahead();
  bool spends_the_budget() const;
  void noted_ahead(bool ok);
  void end_ahead();
  void cut_ahead(const std::string& why);
  bool take_ahead(const std::shared_ptr<attempt_order>& order);
  void hand_over_ahead();
  void drop_ahead(const std::string& why);
  void drop_last_ahead(const std::string& why);
  void after_commit(in_flight& done);
  void after_segment(in_flight& done);
  void apply_state(run_state next, const std::string& reason);
  void enter_pause();
  void leave_pause();
  void leave(run_state final_state, const std::string& reason);
  void interrupt_attempt();
  void end(run_outcome outcome);
  void fail(const failure& why);
  void store_failed(const failure& why);
  void add_changes(storage::commit_batch& batch);
  void start_grace();
  void store_works();
  void give_up_store();
  void count_usage(const draft& answer);
  void count_tokens(const draft& answer);
  void count_judgement(const judge_report& judgement);
  void look_at_truncation(const draft& answer);
  void look_at_budget();
  const std::string& model_name(const std::string& of_answer) const;
  void add_pause(const std::string& reason);
  /// By what the run is done: "count" or "duration"; nothing when it is not.
  std::optional<std::string> reached_end() const;
  bool must_halt() const { return stopping_.has_value() || pauses_.any() || aborting_; }
  void start_probe();
  void start_rest(std::int64_t wait_ms = rest_limits{}.after_ms);
  bool stands_still() const;
  bool may_rest() const;
  void restore_rest();
  void show_committed(const in_flight& done);
  void answer_facts(const in_flight& done);
  void exit_paused();
  void tell_settled(const in_flight& done);
  void note_backend(const draft& answer, const std::string& state, std::int64_t wait_ms);
  checkpoint_record make_checkpoint(checkpoint_kind kind) const;
  std::optional<storage::attempt_note> next_note() const;
  storage::attempt_note note_of_open() const;
  segment_record blank_record() const;

  std::int64_t elapsed_ms() const;
  void stop_clock();
  void start_clock();
  std::int64_t wall_us() const;

  std::shared_ptr<const run_setup> setup_;
  run_effects& fx_;
  show show_;
  storage::run_head head_;
  run_counters counters_;
  usage_ledger ledger_;
  judge_tally judge_;
  quality_gate gate_;
  failure_streak streak_;
  pause_reasons pauses_;
  /// Shared with the attempt in flight. Changed in place only when that attempt has come back.
  std::shared_ptr<repetition_window> window_;
  bool window_lent_ = false; ///< an attempt that was given up may still look at it

  run_state state_ = run_state::starting;
  std::string state_reason_;
  run_phase phase_ = run_phase::idle;
  std::optional<stop_mode> stopping_;
  bool aborting_ = false;
  run_state leaving_ = run_state::stopped;
  std::string leaving_reason_;
  std::string abort_reason_;
  std::optional<open_segment> open_;
  std::shared_ptr<attempt_order> ready_; ///< the next segment's first order, made while commits are on their way
  std::deque<draft_ahead> ahead_;        ///< of the segments that follow the open one, in order; only the last may be out
  std::shared_ptr<world_ahead> world_ahead_; ///< after all of them but the last, while more are made
  std::uint64_t ahead_until_ = 0;        ///< the last segment that a draft is made for while the open one is judged
  std::uint64_t ahead_serial_ = 0;
  bool noted_ahead_ = false;             ///< the open segment's note on disk names another one
  std::uint64_t alone_until_ = 0;        ///< nothing is made before its turn while a segment up to this one is open
  std::map<std::uint64_t, std::vector<std::string>> discarded_; ///< evidence of drafts thrown away, by the segment they were for
  std::optional<storage::attempt_note> stored_note_; ///< the note on disk for the next launch, if it fits
  std::uint64_t serial_ = 0;
  std::uint64_t timer_number_ = 0;
  std::uint64_t probe_number_ = 0;
  std::uint64_t grace_number_ = 0;
  std::uint64_t grace_serial_ = 0; ///< the attempt that the grace is for

  /// Generation of the validator or retry actor that has the attempt; only the death of that one concerns it.
  std::uint64_t holder_generation_ = 0;
  /// The last death that it was told of, by kind of actor.
  std::map<std::string, actor_replaced, std::less<>> deaths_;

  /// A batch that is on its way into the store, and what follows once it is there.
  struct in_flight {
    std::shared_ptr<storage::commit_batch> batch;
    std::string purpose;
    std::uint64_t serial = 0;
    /// The fault plan kills the committer, or the monitor, with it.
    bool crash_committer = false;
    bool crash_monitor = false;
    /// The next call goes out when it is written, and does not wait for the sync.
    bool tell_written = false;
    // Of a segment.
    std::int64_t generation_ms = 0;
    bool accepted = true;
    std::shared_ptr<const segment_record> record;
    // What the status may show once it is on disk.
    run_counters counters;
    usage_ledger ledger;
    judge_tally judge;
    std::uint64_t consecutive = 0;
    checkpoint_record checkpoint;
    /// The story engine's view; only when somebody asked.
    status_part stories;
    retrieval_counts cache;
  };
  std::deque<in_flight> pending_;
  bool checkpoint_asked_ = false;
  /// The store refused a write and has not taken one since: what the run was before.
  std::optional<run_state> before_refusal_;
  bool clock_ran_before_refusal_ = false;
  bool note_refused_ = false;
  bool unsaved_ = false;  ///< something has changed that no batch has: stored before the run leaves the memory
  bool waking_ = false;   ///< got back after it was parked; its first commit is not there yet
  std::uint64_t rest_number_ = 0;
  std::optional<run_outcome> outcome_; ///< set when everything is over

  struct unpublished_line {
    std::uint64_t seq;
    publish_segment message;
  };
  std::deque<unpublished_line> unpublished_;
  std::uint64_t published_ = 0;

  bool clock_runs_ = false;
  std::int64_t clock_from_ms_ = 0;
  std::int64_t interval_until_ms_ = 0; ///< on the elapsed clock; 0 = no wait open
  bool interval_served_ = true;
  bool interval_told_ = false;         ///< the wait was announced
  std::optional<std::int64_t> last_segment_ms_;
  std::int64_t segment_began_ms_ = 0;
  checkpoint_record last_checkpoint_;
  run_counters shown_counters_;       ///< as of the last committed segment: what the status may count
  usage_ledger shown_ledger_;
  judge_tally shown_judge_;
  std::uint64_t shown_seq_ = 0;
  std::uint64_t shown_consecutive_ = 0;
  checkpoint_record shown_checkpoint_;
  status_part shown_stories_, shown_weather_;
  retrieval_counts shown_cache_;
  bool facts_wanted_ = false;
  std::string backend_state_ = "ok";
  std::string backend_detail_;             ///< what it said last when it was not ok
  std::int64_t backend_wait_until_ms_ = 0; ///< on the host's steady clock; 0 = no wait in progress
  std::string answered_endpoint_, answered_model_; ///< of the text being settled
  std::optional<attempt_decided> waiting_decision_; ///< what the back-off in progress will end in
  std::optional<bool> gate_verdict_;                ///< of the record being settled: rejected by validation or not
  bool skipped_by_backend_ = false;
  std::string answer_evidence_;                     ///< of the accepted answer being settled (retry/evidence.hpp)
  std::shared_ptr<const recent_text> digest_;       ///< of the text being settled
  std::optional<similarity_observation> similarity_; ///< of the story being settled
  /// Pieces that change with every segment, as JSON by name; all of them are in every batch.
  std::map<std::string, std::string, std::less<>> each_{{"show", {}}, {"variety", {}}};
  std::uint64_t stored_published_ = 0; ///< the publishing mark that the store has
  std::vector<status_warning> warnings_;
  run_start start_;
};

} // namespace longwave
