// Which stories of the pack a DJ may tell, and which of them comes next on a timeline (domain 10, 11).
#pragma once

#include "messages/profile.hpp"
#include "messages/story.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwave {

/// Whether a DJ can know a story: region, years, tier and forbidden factions.
bool may_tell(const dj_profile& dj, const story_record& story);

/// How a DJ came to know a story: the story's own framing, or speculation about a faction that the DJ does not know.
std::string framing_for(const dj_profile& dj, const story_record& story);

/// How sure the DJ is of a story told so (domain 6.6): direct high, report medium, rumor and speculation low.
std::string_view confidence_of(std::string_view framing) noexcept;

/// Broadcast days before a story of a timeline may be told again: 7, 14, 30, 30.
int reuse_cooldown_days(timeline line) noexcept;
/// The same for one story: by timeline, or by tier (minor 7, major 14, epic 30) where that is longer (domain 10, Q14).
int reuse_cooldown_days(const story_record& story);

/// Factions x 2 + characters + acts x 0.5.
double story_complexity(const story_record& story) noexcept;
/// Stories that may run at a time at a mean complexity: 4 below 5, 3 below 10, else 2.
int concurrent_limit(double mean_complexity) noexcept;

/// The tellable stories of one pack by timeline, in a seeded order, with what was told of them, and the sequels that
/// they grew into. Stories are named by their place: first the pack's list, then sequels as they are asked for.
/// No call looks at all stories but the constructor and the first `available` of a day. Not safe for use by several
/// threads at a time.
class story_pool {
public:
  /// @param stories must outlive the pool; plots among them are told as sequels only
  story_pool(std::uint64_t seed, const dj_profile& dj, const std::vector<story_record>& stories);

  const story_record& story(std::size_t index) const {
    return index < stories_->size() ? (*stories_)[index] : sequels_[index - stories_->size()];
  }
  bool is_sequel(std::size_t index) const noexcept { return index >= stories_->size(); }
  /// Place of a story id, of a sequel's too; empty when the pack lacks it.
  std::optional<std::size_t> find(const std::string& story_id) const;

  /// The next story for a timeline on a broadcast day: the first never told, else the one rested longest.
  /// @param excluded says which stories are out of the question
  std::optional<std::size_t> next(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const;

  /// An airing of a story ended.
  /// @param seq the segment in which it did
  /// @param telling_offsets where each act's tellings go on the next time
  void ended(std::size_t index, int airing, int day, std::uint64_t seq, bool completed,
             std::vector<int> telling_offsets);

  /// Airings of a story that ended.
  int airings(std::size_t index) const noexcept { return told_[index].airings; }
  /// Whether its last airing was told to its end.
  bool completed(std::size_t index) const noexcept { return told_[index].completed; }
  const std::vector<int>& telling_offsets(std::size_t index) const noexcept { return told_[index].offsets; }

  /// Stories of the pack on a timeline.
  std::size_t initial(timeline line) const noexcept { return lines_[static_cast<std::size_t>(line)].size(); }
  /// Whether one story could be started on that day.
  bool available(std::size_t index, int day) const noexcept;

  struct stock {
    std::size_t stories = 0;
    std::size_t acts = 0;
  };
  /// Stories of the pack that could be started on that day, and their acts.
  stock available(timeline line, int day) const;

private:
  struct told_story {
    int airings = 0;
    int last_day = 0;
    std::uint64_t ended_seq = 0;
    bool completed = false;
    std::vector<int> offsets;
  };

  std::size_t make_sequel_of(std::size_t parent, timeline line) const;

  std::uint64_t seed_;
  const std::vector<story_record>* stories_;
  std::array<std::vector<std::size_t>, 4> lines_;
  mutable std::vector<int> cooldown_days_; ///< 0 = not asked for yet: weighing all stories is half of a run's start
  /// Made when first asked for: everything about a sequel follows from its id.
  mutable std::deque<story_record> sequels_;
  mutable std::unordered_map<std::string, std::size_t> by_id_;
  mutable std::vector<told_story> told_;
  /// Place in `lines_` before which everything was told.
  std::array<std::size_t, 4> untold_from_{};
  /// Stories of the pack that were told, longest rested first.
  std::array<std::vector<std::size_t>, 4> rested_;
  mutable std::array<stock, 4> stock_{};
  mutable int stock_day_ = 0;
};

} // namespace longwave
