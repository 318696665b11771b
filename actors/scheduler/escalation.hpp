// When a story that has ended grows into a longer one, and what that one is made of (domain 10, "Escalation").
#pragma once

#include "messages/story.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

struct escalation_rules {
  /// Escalations in one chain.
  int most_in_chain = 2;
  double least_engagement = 0.75;
  /// Simulated hours since the chain's last escalation.
  std::int64_t cooldown_hours = 48;
  /// Beats that must have been aired, from daily to monthly.
  std::array<int, 3> least_broadcasts{2, 5, 15};
  /// Chance at the least engagement and without bonus, from daily to monthly. A yearly story does not escalate.
  std::array<double, 3> base_chance{0.20, 0.15, 0.10};
  double most_chance = 0.95;
  /// Added to each act's conflict when becoming weekly, monthly, yearly.
  std::array<double, 3> more_conflict{0.10, 0.15, 0.0};
  /// Broadcasts an act that the sequel is expected to take.
  std::array<int, 3> broadcasts_per_act{3, 5, 10};
};

/// `natural` rolls the dice; `always` is for rehearsals: engagement 1 and chance 1, all other conditions as they are.
enum class escalation_mode { natural, always, never };

std::string_view to_string(escalation_mode m) noexcept;
std::optional<escalation_mode> parse_escalation_mode(std::string_view text) noexcept;

/// A story that has aired its last act.
struct escalation_input {
  timeline line = timeline::daily;
  /// Escalations behind it: 0 for a story of the pack.
  int count = 0;
  double engagement = 0;
  int broadcasts = 0;
  /// Simulated hours since the chain's last escalation; empty when there was none.
  std::optional<std::int64_t> hours_since_last;
  std::span<const std::string> factions;
  /// Places and the region.
  std::span<const std::string> locations;
};

/// The chance that it grows, 0..0.95 (1 when forced); 0 when a condition forbids it. Pure.
double escalation_chance(const escalation_input& story, escalation_mode mode) noexcept;

/// The next longer timeline; empty for yearly.
std::optional<timeline> escalated_line(timeline line) noexcept;

/// "<id>_escalated_<timeline>".
std::string escalated_id(const std::string& story_id, timeline to);

/// A sequel's id taken apart: the story before it, and its timeline. Empty for an id that is no sequel's.
struct sequel_name {
  std::string parent;
  timeline line = timeline::weekly;
};
std::optional<sequel_name> parse_sequel(std::string_view id);

/// A record that is no story of its own but what stories grow into: content type sequel (whole, setup to resolution),
/// complication or thread (one act to put between others). Its texts hold {hero}, {place} and {title}.
bool is_plot(const story_record& record) noexcept;

/// Makes the sequel of a story: a plot of the pack filled with its names (without plots: its own acts again), conflict
/// raised; becoming monthly a complication after every act but the last and resolutions; becoming yearly a thread
/// beside every act but setup and resolution. Pure; the choice of plots follows from `choice` alone.
/// @param catalogue the pack's stories, of which the plots are taken
/// @param choice    any number, the same for the same sequel: a hash of seed and id
story_record make_sequel(const story_record& story, timeline to, std::span<const story_record> catalogue,
                         std::uint64_t choice);

} // namespace longwave
