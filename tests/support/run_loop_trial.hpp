// Drives a run's state machine without actors, store or clock: what it asks for is kept, answers are given by hand.
#pragma once

#include "actors/retry/outcome.hpp"
#include "actors/scheduler/run_loop.hpp"
#include "tests/actors/scheduler/sample_pack.hpp"

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace longwave::test {

/// A clock that only a test moves.
class hand_clock final : public host_clock {
public:
  std::int64_t wall_us() const override { return 1'800'000'000'000'000 + ms * 1'000; }
  std::int64_t steady_ms() const override { return ms; }
  std::int64_t ms = 1;
};

/// A story run that never ends: the cheapest to plan.
inline run_config endless_stories() {
  run_config c;
  c.run_id = "trial";
  c.kind = run_kind::stories;
  c.seed = 3;
  c.validation_enabled = true;
  return c;
}

inline std::shared_ptr<const content_pack> skeleton_pack() {
  static const auto shared = [] {
    auto pack = std::make_shared<content_pack>();
    pack->kind = "stories";
    for (int i = 0; i < 8; ++i) {
      story_skeleton s;
      s.template_id = "T" + std::to_string(i);
      s.template_name = "Template " + std::to_string(i);
      s.setting = "setting " + std::to_string(i);
      s.primary_fear = "fear " + std::to_string(i % 3);
      s.antagonist = "antagonist";
      s.mechanism = "mechanism";
      s.twist = "twist " + std::to_string(i % 4);
      s.acts = {"One.", "Two.", "Three."};
      pack->skeletons.push_back(s);
    }
    return pack;
  }();
  return shared;
}

/// A run loop with its world: a store in memory and lists of everything that was asked for.
class loop_trial : public run_effects {
public:
  explicit loop_trial(run_config config = endless_stories(),
                      std::shared_ptr<const content_pack> pack = skeleton_pack()) {
    auto s = std::make_shared<run_setup>();
    s->pack = std::move(pack);
    if (config.kind == run_kind::broadcast) {
      s->profile = std::make_shared<dj_profile>(s->pack->profiles.front());
      s->rules = std::make_shared<rule_context>(*s->profile);
    } else {
      static const auto rules = std::make_shared<rule_context>();
      s->rules = rules;
    }
    s->clock = clock;
    s->config = std::make_shared<run_config>(std::move(config));
    setup = s;
    stored.head.hash = std::string(zero_hash);
    stored.head.state = "starting";
  }

  // -- a process or an actor starts ------------------------------------------------------------------------------
  void start(bool revived = false, std::vector<std::string> pauses = {}, int actor_deaths = 0) {
    run_start from;
    from.loaded = stored;
    from.loaded.config = *setup->config;
    if (from.loaded.open_attempt && from.loaded.open_attempt->seq != stored.head.seq + 1) from.loaded.open_attempt.reset();
    from.revived = revived;
    from.pauses = std::move(pauses);
    from.actor_deaths = actor_deaths;
    order = nullptr;
    commits.clear();
    notes.clear();
    outcome.reset();
    auto made = run_loop::make(setup, std::move(from), *this);
    loop = std::move(made.value());
    loop->begin();
  }

  // -- answers ---------------------------------------------------------------------------------------------------
  /// Answers notes and commits until something else must happen.
  void serve() {
    while (!commits.empty() || !notes.empty()) {
      if (!notes.empty()) {
        const auto [note, head, serial] = notes.front();
        notes.erase(notes.begin());
        stored.open_attempt = *note;
        stored.head = *head;
        loop->noted({serial, true, {}});
      } else {
        commit_one();
      }
    }
  }
  void commit_one() {
    const auto [batch, serial] = commits.front();
    commits.erase(commits.begin());
    stored.head = batch->head;
    stored.head.epoch = batch->epoch;
    for (const auto& change : batch->changes) {
      const auto piece = nlohmann::json::parse(change.json);
      if (piece.is_null())
        stored.state.erase(change.name);
      else if (change.name == storage::bundle_piece) // read back as pieces of their own names
        for (const auto& [name, part] : piece.items()) stored.state[name] = part;
      else
        stored.state[change.name] = piece;
    }
    if (batch->next_attempt) stored.open_attempt = batch->next_attempt;
    if (!batch->record_line.empty()) lines.push_back(batch->record_line);
    for (const auto& c : batch->checkpoints) checkpoints.push_back(c);
    loop->committed({serial, true, {}});
  }
  void refuse_commit(error_code code = error_code::disk_full) {
    const auto serial = commits.front().second;
    commits.erase(commits.begin());
    loop->committed({serial, false, {code, "cannot write", "no space", ""}});
  }
  void to_validator() { loop->moved({ticket, "validator", 1}, 1); }
  /// The attempt that is out is the segment.
  void accept() {
    to_validator();
    draft answer;
    answer.text = "# Title\n\nText of segment " + std::to_string(order->plan->seq) + ".";
    verdict good;
    good.variety.opening = "text of segment " + std::to_string(order->plan->seq);
    loop->accepted({ticket, answer, good});
  }
  retry_decision decision(outcome_class how, const std::string& detail = "", std::int64_t retry_after_ms = 0) const {
    const auto& c = *setup->config;
    return decide_retry(order->state, {order->state.attempt, how, detail, {}}, c.max_attempts, c.validation_enabled,
                        retry_after_ms, c.stall_after_s * 1'000, c.outage_wait_s * 1'000, detail.rfind("refused:", 0) == 0);
  }
  /// The attempt that is out failed and the wait that follows is over.
  void fail(outcome_class how = outcome_class::stall, const std::string& detail = "", std::int64_t retry_after_ms = 0) {
    loop->moved({ticket, "retry", 1}, 1);
    draft answer;
    answer.outcome = how;
    answer.detail = detail;
    loop->decided({ticket, std::make_shared<retry_decision>(decision(how, detail, retry_after_ms)), answer});
  }
  /// Fails the open segment to its last attempt.
  void skip(outcome_class how = outcome_class::stall) {
    const auto seq = order->plan->seq;
    for (bool last = false; !last && order->plan->seq == seq;) {
      last = order->state.attempt >= setup->config->max_attempts;
      fail(how);
      if (!last) serve();
    }
  }
  bool told(const std::string& type) const {
    for (const auto& [t, detail] : events)
      if (t == type) return true;
    return false;
  }
  segment_record record(std::size_t at) const { return nlohmann::json::parse(lines.at(at)).get<segment_record>(); }
  bool out() const { return loop->phase() == run_phase::generating || loop->phase() == run_phase::validating; }

  // -- run_effects -----------------------------------------------------------------------------------------------
  void generate(const attempt_ticket& t, order_ptr o) override {
    if (o->ahead) {
      ahead_calls.emplace_back(t, std::move(o));
      return;
    }
    ticket = t;
    order = std::move(o);
    ++generated;
  }
  void cancel(const attempt_ticket& t) override { cancelled.push_back(t); }
  void take_up(const attempt_ticket& t) override { taken_up.push_back(t); }
  void hand_over(const attempt_ticket& t, order_ptr o, draft answer) override {
    ticket = t;
    order = std::move(o);
    handed_over.push_back(std::move(answer));
  }
  void begin_judgement(const attempt_ticket& t) override { judged.push_back(t); }
  void forget_wait(const attempt_ticket& t) override { forgotten.push_back(t); }
  void note(std::shared_ptr<const storage::attempt_note> n, std::shared_ptr<const storage::run_head> h,
            std::uint64_t serial) override {
    notes.emplace_back(std::move(n), std::move(h), serial);
  }
  void commit(std::shared_ptr<const storage::commit_batch> b, std::uint64_t serial, bool, bool tell_written) override {
    commits.emplace_back(std::move(b), serial);
    wanted_written = tell_written;
  }
  void prune() override { ++prunes; }
  void publish(publish_segment m) override {
    if (keep_unpublished) published.push_back(m.seq);
    else loop->published(m.seq, m.seq);
  }
  void show_facts(std::shared_ptr<const run_facts> f, bool) override { facts = std::move(f); }
  void tell(std::string type, std::string detail) override {
    if (keep_events) events.emplace_back(std::move(type), std::move(detail));
  }
  void finish(run_outcome how) override {
    outcome = std::move(how);
    ++finishes;
  }
  void probe(order_ptr) override { ++probes; }
  void after_interval(std::int64_t wait, std::uint64_t number) override { intervals.emplace_back(wait, number); }
  void after_grace(std::int64_t wait, std::uint64_t serial) override { graces.emplace_back(wait, serial); }
  void after_commit_pause(std::int64_t wait, std::uint64_t serial) override { commit_waits.emplace_back(wait, serial); }
  void after_probe_pause(std::int64_t wait, std::uint64_t number) override { probe_waits.emplace_back(wait, number); }
  void after_rest(std::int64_t wait, std::uint64_t number) override { rest_waits.emplace_back(wait, number); }
  void offer_rest() override { ++rests_offered; }
  void awake() override { ++awakenings; }
  scheduler_actor self_handle() override { return {}; }

  std::shared_ptr<hand_clock> clock = std::make_shared<hand_clock>();
  std::shared_ptr<const run_setup> setup;
  std::unique_ptr<run_loop> loop;
  storage::loaded_run stored;

  attempt_ticket ticket;
  order_ptr order;
  std::uint64_t generated = 0;
  std::vector<attempt_ticket> cancelled;
  std::vector<attempt_ticket> forgotten;
  /// Calls made before their turn, attempts that such a call was taken for, and its drafts that were passed on.
  std::vector<std::pair<attempt_ticket, order_ptr>> ahead_calls;
  std::vector<attempt_ticket> taken_up;
  std::vector<draft> handed_over;
  /// Attempts whose draft the judge was told to read.
  std::vector<attempt_ticket> judged;
  std::vector<std::tuple<std::shared_ptr<const storage::attempt_note>, std::shared_ptr<const storage::run_head>,
                         std::uint64_t>>
    notes;
  std::vector<std::pair<std::shared_ptr<const storage::commit_batch>, std::uint64_t>> commits;
  /// Of the last commit.
  bool wanted_written = false;
  std::vector<std::string> lines;
  std::vector<checkpoint_record> checkpoints;
  std::vector<std::uint64_t> published;
  bool keep_unpublished = false;
  bool keep_events = true;
  std::shared_ptr<const run_facts> facts;
  std::vector<std::pair<std::string, std::string>> events;
  std::optional<run_outcome> outcome;
  int finishes = 0;
  int prunes = 0;
  int probes = 0;
  std::vector<std::pair<std::int64_t, std::uint64_t>> intervals;
  std::vector<std::pair<std::int64_t, std::uint64_t>> graces;
  std::vector<std::pair<std::int64_t, std::uint64_t>> commit_waits;
  std::vector<std::pair<std::int64_t, std::uint64_t>> probe_waits;
  std::vector<std::pair<std::int64_t, std::uint64_t>> rest_waits;
  int rests_offered = 0;
  int awakenings = 0;
};

} // namespace longwave::test
