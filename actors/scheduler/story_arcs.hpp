// The stories that are being told: at most one a timeline, act after act, brought to their end before the run ends.
#pragma once

#include "actors/scheduler/engagement.hpp"
#include "actors/scheduler/escalation.hpp"
#include "actors/scheduler/story_beats.hpp"
#include "actors/scheduler/story_callbacks.hpp"
#include "actors/scheduler/story_pool.hpp"
#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwave {

/// Where the run stands, as far as stories care.
struct arc_moment {
  std::uint64_t seq = 0;
  int day = 1;
  /// Simulated hours since midnight of day 0: day * 24 + hour of day.
  std::int64_t hour = 24;
  std::uint64_t segments_per_day = 16;
  /// Slots that a story may fill up to the run's end. When planning, with the slot itself; when settling, after it.
  std::uint64_t open_slots = 0;
  /// Segments of the run after this one; very large when the end is unknown.
  std::uint64_t segments_left = 0;
};

/// Reserve, then commit: `choose` changes nothing, and only `settle` of a beat that was really aired moves a story on.
/// Not safe for use by several threads at a time.
class story_arcs {
public:
  /// @param dj, stories must outlive the object
  story_arcs(std::uint64_t seed, const dj_profile& dj, const std::vector<story_record>& stories,
             escalation_mode mode = escalation_mode::natural);

  /// The beat to tell in an open slot; empty when the slot is for gossip. Pure in state and argument.
  std::optional<story_beat> choose(const arc_moment& now) const;

  /// A segment ended. `beat` null: it told no story. `aired`: accepted with the story in it. `called_back`: its text really
  /// refers to the beat's callback.
  void settle(const arc_moment& now, const story_beat* beat, bool aired, bool called_back = false);

  std::vector<std::string> take_changed();
  std::vector<std::string> piece_names() const;
  /// A piece as JSON; null when it is gone.
  nlohmann::json piece(const std::string& name) const;
  /// The same piece appended as compact JSON with sorted names; "null" when it is gone. What a commit stores.
  void append_piece(std::string& out, std::string_view name) const;
  /// Throws nlohmann::json::exception when the piece is malformed or names a story that the pack lacks.
  void load(const std::string& name, const nlohmann::json& piece);

  /// See show::story_status.
  nlohmann::json status(const arc_moment& now) const;
  /// See show::stories_view.
  nlohmann::json view() const;

private:
  struct airing {
    std::size_t story = 0;
    /// 1 = told for the first time.
    int number = 1;
    /// 0-based act that is told next.
    std::size_t act = 0;
    /// Segments that aired each act.
    std::vector<std::vector<std::uint64_t>> aired;
    /// First telling of each act, so that a story told again starts with other wordings.
    std::vector<int> offsets;
    std::uint64_t started = 0;
    std::uint64_t last = 0;
    /// Planned beats in a row that were not aired.
    int misses = 0;
    int broadcasts = 0;
    /// Sums over the beats, in thousandths: whole numbers, so that a saved story goes on exactly.
    std::int64_t variety = 0;
    std::int64_t pacing = 0;
    /// Tells its remaining acts at the pace of the next shorter timeline.
    bool slowed = false;
    /// Of a sequel: the hour of the escalation that made it. -1: a story of the pack.
    std::int64_t born_hour = -1;
    /// Id of the sequel that it grew into; empty for none.
    std::string escalated_to;
    /// Past stories that its beats referred to: segment and airing, oldest first; at most one an act.
    std::vector<std::pair<std::uint64_t, std::string>> callbacks;
    /// Ended ones only.
    bool completed = false;
    std::uint64_t ended = 0;
    int ended_day = 0;
  };

  /// A story that is not begun and could not be aired when planned.
  struct false_start {
    std::string story;
    int misses = 0;
  };

  struct candidate {
    timeline line = timeline::daily;
    /// Null for a story to begin.
    const airing* arc = nullptr;
    std::size_t story = 0;
    std::size_t act = 0;
    bool overdue = false;
  };

  /// A sequel that waits for its timeline to be free.
  struct waiting_sequel {
    std::size_t story = 0;
    std::int64_t hour = 0;
  };

  std::vector<candidate> candidates(const arc_moment& now, bool tight) const;
  std::optional<std::size_t> story_to_begin(timeline line, const arc_moment& now) const;
  bool fits_in(std::size_t story, const arc_moment& now) const;
  const candidate& draw(const std::vector<candidate>& from, const arc_moment& now, bool tight) const;
  story_beat beat_of(const candidate& c) const;
  std::optional<story_callback> callback_for(const candidate& c, const arc_moment& now) const;
  const story_names& names_of(std::size_t story) const;
  bool rests(const std::string& past, int day) const;
  void note_callback(airing& a, const arc_moment& now, const story_callback& callback);

  std::size_t acts_left(const airing& a) const;
  std::size_t all_acts_left() const;
  bool is_tight(const arc_moment& now) const;
  std::uint64_t deadline(const airing& a, const arc_moment& now) const;
  bool excluded(std::size_t story) const;

  double engagement_of(const airing& a) const;
  act_limits limits_of_act(const airing& a) const;
  void note_beat(airing& a, const arc_moment& now);
  void maybe_escalate(airing& a, const arc_moment& now);

  void air(const arc_moment& now, const story_beat& beat, bool called_back);
  void miss(const story_beat& beat);
  void end(timeline line, const arc_moment& now, bool completed);
  void file(airing a);
  void prune();

  std::string id_of(const airing& a) const;
  void append_json(std::string& out, const airing& a) const;
  void append_counts(std::string& out) const;
  airing from_json(const nlohmann::json& j) const;
  std::size_t saved_story(const std::string& id, const nlohmann::json& where) const;
  story_pool::stock stock_left(timeline line, const arc_moment& now) const;
  std::string_view stage_of(const airing& a) const;
  nlohmann::json describe(const airing& a, std::string_view status) const;

  std::uint64_t seed_;
  const dj_profile* dj_;
  escalation_mode mode_;
  story_pool pool_;
  std::array<std::optional<airing>, 4> active_;
  /// Segment in which a timeline was last freed; 0 = never used.
  std::array<std::uint64_t, 4> freed_{};
  std::array<false_start, 4> false_starts_;
  std::uint64_t last_beat_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t abandoned_ = 0;
  std::uint64_t escalated_ = 0;
  std::array<std::optional<waiting_sequel>, 4> waiting_;
  /// A past story that was referred to.
  struct referred {
    std::string id;
    int day = 0;
  };
  /// Those of the last `rest_days`, oldest first.
  std::vector<referred> referred_;
  std::uint64_t callbacks_ = 0;
  /// Segment of the last callback; 0 = none yet.
  std::uint64_t last_callback_ = 0;
  mutable std::unordered_map<std::size_t, story_names> names_;
  /// Stock of the pools when this piece last changed, for reports.
  std::array<story_pool::stock, 4> left_{};
  /// Story and 0-based act of the last beats of the show, oldest first: what the next one is compared with.
  std::vector<std::pair<std::size_t, std::size_t>> last_beats_;
  /// Ended airings, oldest first; see `prune`.
  std::vector<airing> archive_;
  std::vector<std::string> changed_;
};

} // namespace longwave
