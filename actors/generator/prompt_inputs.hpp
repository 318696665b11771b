// What a prompt template may name: everything that is known of one attempt, as a flat table of short texts.
//
// Every input is text; what is not known is not in the table, so that a template's section on it is left out. Lists
// come joined with "; ". A yes-or-no input is "yes" or absent.
//
// Always: type type_words language seq min_words max_words. Broadcasts also hour clock ("7:00") time_band day.
// Who speaks: dj_name station role tone pacing prosody filler_words do_rules dont_rules system_prompt cutoff_year
//   year_min region forbidden_factions forbidden_topics known_factions foreign_names.
// Attempt: feedback (the block of domain 5).
// Variety: catchphrase recent_openings recent_catchphrases recent_topics structure structure_a structure_b structure_c
//   structure_d.
// Time: broadcast_date hourly (one segment an hour, which then has to tell the hour) first_slot.
// Weather: weather weather_words weather_<type> intensity temperature previous_weather weather_changed forecast
//   emergency.
// Rumours: gossip_subject gossip_category gossip_stage stage_<stage>.
// News: news_subject news_category news_wording.
// Stories in a broadcast: story (there is one) story_title story_act story_acts_total story_act_type story_act_title
//   story_summary story_entities story_themes story_framing framing_<framing> story_tone story_so_far story_first
//   story_last. Together at most `story_context_limit` tokens.
// World: lore (what the DJ may use of the catalogue, a line each), session (what the last segments said, a line each).
// Story runs: template_name setting primary_fear antagonist mechanism twist act_1 act_2 act_3 variation_axes
//   target_length korean english.
// The judge: script judge_rules.
#pragma once

#include "messages/profile.hpp"
#include "messages/segment.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwave {

/// A small flat table in order of insertion; looked up by name.
class prompt_inputs {
public:
  using entry = std::pair<std::string_view, std::string>;

  /// Adds an input; an empty text is left out. `name` must be one of `prompt_input_names` and outlive the table.
  void set(std::string_view name, std::string text);

  /// @return the text, or null when the input is absent.
  const std::string* find(std::string_view name) const noexcept;

  const std::vector<entry>& entries() const noexcept { return entries_; }

private:
  std::vector<entry> entries_;
};

/// Every name that a template may use, sorted.
const std::vector<std::string_view>& prompt_input_names();

/// Most tokens (estimated) that the story part of a prompt may have (domain 10: below 1,000 a segment).
inline constexpr std::uint64_t story_context_limit = 1'000;

/// Most tokens (estimated) of what earlier segments said.
inline constexpr std::uint64_t session_context_limit = 250;

/// Inputs about who speaks.
void add_profile(prompt_inputs& into, const dj_profile& profile);

/// Inputs about the slot. Older acts of a story are left out first, then its summary is cut, until the story part holds
/// to `story_context_limit`.
void add_plan(prompt_inputs& into, const segment_plan& plan);

/// A table with every name set to a sample text, for checking templates.
prompt_inputs sample_inputs();

} // namespace longwave
