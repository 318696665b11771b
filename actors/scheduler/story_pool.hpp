// Which stories of the pack a DJ may tell, and which of them comes next on a timeline (domain 10, 11).
#pragma once

#include "messages/profile.hpp"
#include "messages/story.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace longwave {

/// Whether a DJ can know a story: region, years, tier and forbidden factions.
bool may_tell(const dj_profile& dj, const story_record& story);

/// How a DJ came to know a story: the story's own framing, or speculation about a faction that the DJ does not know.
std::string framing_for(const dj_profile& dj, const story_record& story);

/// Broadcast days before a story may be told again: 7, 14, 30, 30 by timeline.
int reuse_cooldown_days(timeline line) noexcept;

/// Factions x 2 + characters + acts x 0.5.
double story_complexity(const story_record& story) noexcept;
/// Stories that may run at a time at a mean complexity: 4 below 5, 3 below 10, else 2.
int concurrent_limit(double mean_complexity) noexcept;

/// The tellable stories of one pack by timeline, in a seeded order, with what was told of them.
/// Stories are named by their place in the pack's list. Not safe for use by several threads at a time.
class story_pool {
public:
  /// @param stories must outlive the pool
  story_pool(std::uint64_t seed, const dj_profile& dj, const std::vector<story_record>& stories);

  const story_record& story(std::size_t index) const { return (*stories_)[index]; }
  /// Place of a story id; empty when the pack lacks it.
  std::optional<std::size_t> find(const std::string& story_id) const;

  /// The next story for a timeline on a broadcast day: the first never told, else the one rested longest.
  /// @param excluded says which stories are out of the question
  std::optional<std::size_t> next(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const;

  /// An airing of a story ended.
  /// @param telling_offsets where each act's tellings go on the next time
  void ended(std::size_t index, int airing, int day, std::vector<int> telling_offsets);

  /// Airings of a story that ended.
  int airings(std::size_t index) const noexcept { return told_[index].airings; }
  const std::vector<int>& telling_offsets(std::size_t index) const noexcept { return told_[index].offsets; }

  std::size_t initial(timeline line) const noexcept { return lines_[static_cast<std::size_t>(line)].size(); }
  /// Stories that could be started on that day.
  std::size_t remaining(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const;
  /// Acts of those.
  std::size_t remaining_acts(timeline line, int day, const std::function<bool(std::size_t)>& excluded) const;

private:
  struct told_story {
    int airings = 0;
    int last_day = 0;
    std::vector<int> offsets;
  };

  bool available(std::size_t index, int day) const noexcept;

  const std::vector<story_record>* stories_;
  std::array<std::vector<std::size_t>, 4> lines_;
  std::vector<told_story> told_;
};

} // namespace longwave
