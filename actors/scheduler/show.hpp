// The show: everything that decides what each segment of a run is, and the world that its segments leave behind.
#pragma once

#include "actors/scheduler/calendar.hpp"
#include "actors/scheduler/gossip.hpp"
#include "actors/scheduler/lore_retrieval.hpp"
#include "actors/scheduler/news.hpp"
#include "actors/scheduler/session_memory.hpp"
#include "actors/scheduler/slot_choice.hpp"
#include "actors/scheduler/story_arcs.hpp"
#include "actors/scheduler/story_loop.hpp"
#include "actors/scheduler/story_registry.hpp"
#include "actors/scheduler/variety.hpp"
#include "actors/scheduler/weather_outlook.hpp"
#include "actors/validator/rules.hpp"
#include "messages/checkpoint.hpp"
#include "messages/error.hpp"
#include "messages/pack.hpp"
#include "messages/run_config.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwave {

/// How a segment ended.
struct settled_segment {
  bool accepted = false;
  /// The accepted text; null when skipped.
  const std::string* text = nullptr;
  /// What the text really used; null when nobody looked (then the plan counts) or when skipped.
  const variety_mark* variety = nullptr;
  /// 0..1, -1 without a beat.
  double incorporation = -1;
  /// Told without its story: the type became gossip, the beat was not aired.
  bool story_dropped = false;
  /// Story runs: title and file stem of the accepted story, and its distinct word hashes, ascending.
  std::string title = {};
  std::string file_stem = {};
  std::vector<std::uint32_t> words = {};
};

/// What was on the air before, for the planner's choices. Both outlive the call.
struct heard_before {
  const repetition_window* window = nullptr;
  const rule_context* rules = nullptr;
};

/// Plans segments and keeps the world of one run. Everything follows from the configuration, the pack and the settled
/// segments; there is no clock and no running random generator. Not safe for use by several threads at a time: plans
/// may fill caches.
class show {
public:
  /// A clean world. A DJ that the pack lacks becomes one without limits or catch-phrases (checked before a run starts).
  /// @param elsewhere stories of other runs that count as told; for story runs with `--registry shared`
  /// @param lore what the DJ may know of the run's catalogue; without it plans have no lore, and its marks stay readable
  show(const run_config& config, std::shared_ptr<const content_pack> pack, story_memory elsewhere = {},
       std::shared_ptr<const lore_source> lore = nullptr);

  /// The world as its pieces were saved; names that are no pieces of a show are left alone.
  /// Fails with store_damaged when a piece is malformed or does not fit the pack.
  static result<show> restore(const run_config& config, std::shared_ptr<const content_pack> pack,
                              const std::map<std::string, nlohmann::json>& state, story_memory elsewhere = {},
                              std::shared_ptr<const lore_source> lore = nullptr);

  /// Plans segment `seq`, which must be the last settled one plus one. Changes nothing that is saved.
  /// @param heard  rumours about places and factions that rest are left for later where there are others
  std::shared_ptr<const segment_plan> plan(std::uint64_t seq, const heard_before& heard = {}) const;

  /// The same plan told without its story: type gossip, no beat, a rumour instead.
  std::shared_ptr<const segment_plan> without_story(const segment_plan& plan) const;

  /// A story run's plan on another skeleton than those that were told before, when there is one.
  std::shared_ptr<const segment_plan> with_other_template(const segment_plan& plan) const;

  /// The stories before the next one; null for broadcasts.
  std::shared_ptr<const story_memory> stories_before() const;

  /// Why the catalogue could not be read when the last plan was made: its lore is not what it would be. Null when it could.
  const failure* lore_failure() const noexcept { return lore_failure_ ? &*lore_failure_ : nullptr; }

  /// The retrieval cache's counts; null for a run without a catalogue.
  const retrieval_counts* cache_counts() const noexcept { return lore_ ? &lore_->counts() : nullptr; }

  /// Moves the world on by a terminal record. Takes the plan with its story also when the story was dropped.
  void settle(const segment_plan& plan, const settled_segment& result);

  /// Orders the weather from segment `from` on, which must not be planned yet; see weather_overrides. Broadcasts only.
  void override_weather(const weather_order& order, std::uint64_t from);

  /// Pieces that changed since the last call as (name, compact JSON), "null" for one that is gone; each name once.
  std::vector<std::pair<std::string, std::string>> take_changes();

  /// The whole world, for tests and exports.
  std::map<std::string, nlohmann::json> all_pieces() const;

  /// Last settled segment, 0 at the start.
  std::uint64_t settled() const noexcept { return seq_; }

  /// Kinds of checkpoints that are due once segment `seq` is settled: hourly every checkpoint_interval_hours, daily at
  /// the day's last slot, weekly at every seventh day's end. None for story runs.
  std::vector<checkpoint_kind> checkpoints_due(std::uint64_t seq) const;

  slot_position position_of(std::uint64_t seq) const;

  /// {"active":[{"id","timeline","act","acts_total","progress"}],"completed","abandoned","due",
  ///  "pools":{"daily":{"remaining","initial","pct"},...},"beats_remaining","callbacks"}
  nlohmann::json story_status() const;

  /// {"region","type","intensity","temperature_f","emergency","order":{"type","intensity","temperature_f","from"}|null}: the
  /// weather of the last settled segment, and the order that holds until further notice. Null for story runs.
  nlohmann::json weather_status() const;

  /// Every airing, ended ones first: id, story_id, title, timeline, status, acts aired with their segments.
  nlohmann::json stories_view() const;

  /// The world for a person: counts, weather, rumours, news, variety, memory.
  nlohmann::json world_view() const;

private:
  bool is_stories() const noexcept { return config_.kind == run_kind::stories; }
  std::shared_ptr<const segment_plan> plan_story_run(std::uint64_t seq) const;
  void set_weather(segment_plan& plan) const;
  void set_forecast(segment_plan& plan) const;
  void set_lore(segment_plan& plan) const;
  /// Simulated seconds since the run's first midnight.
  std::int64_t seconds_at(std::uint64_t seq) const noexcept;
  /// Fills what depends on the type: rumour or news, pattern, phrase and hints.
  void dress(segment_plan& plan, const heard_before& heard = {}) const;
  /// Says of a subject whether it names something that rests; null when nothing does.
  std::function<bool(const std::string&)> resting_subjects(const segment_plan& plan, const heard_before& heard) const;
  /// `told`: the plan as told; `beat`: what was planned, null for none.
  void settle_broadcast(const segment_plan& told, const story_beat* beat, const settled_segment& result);
  arc_moment moment(std::uint64_t seq, bool planning) const;
  bool load(const std::string& name, const nlohmann::json& piece);
  nlohmann::json piece(const std::string& name) const;
  /// The same as compact JSON with sorted names; pieces that change often are written without a document.
  std::string piece_text(const std::string& name) const;
  std::string counts_text() const;

  run_config config_;
  std::shared_ptr<const content_pack> pack_;
  std::shared_ptr<const dj_profile> dj_;
  broadcast_calendar calendar_;
  weather_outlook weather_;
  slot_table slots_;
  gossip_tracker gossip_;
  news_desk news_;
  variety_table variety_;
  session_memory memory_;
  story_arcs arcs_;
  story_loop loop_;
  story_registry registry_;
  /// Empty for a run without a catalogue: nothing is done for it then.
  std::optional<lore_retrieval> lore_;
  mutable std::optional<failure> lore_failure_;
  /// Its backend reads prompts, which then tell what was said before.
  bool reads_prompts_ = false;

  /// Names in the pack's subjects, found when first asked for.
  mutable std::unordered_map<std::string, std::vector<std::string>> named_;

  std::uint64_t seq_ = 0;
  std::uint64_t accepted_ = 0;
  /// Accepted segments by type, as told.
  std::array<std::uint64_t, 7> by_type_{};
  std::vector<std::string> changed_;
};

} // namespace longwave
