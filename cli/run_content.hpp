// What a run tells from: its pack, with the stories of a catalogue added or those of a quest pool in their place.
#pragma once

#include "actors/scheduler/story_audit.hpp"
#include "messages/error.hpp"
#include "messages/lore.hpp"
#include "messages/pack.hpp"
#include "messages/profile.hpp"
#include "messages/run_config.hpp"

#include <memory>
#include <vector>

namespace longwave::cli {

struct run_content {
  content_pack pack;
  /// Empty for story runs.
  std::shared_ptr<const dj_profile> dj;
  /// Null without a catalogue.
  std::shared_ptr<const lore_catalogue> catalogue;
  /// Stories that are not told because they contradict the setting (check_canon), and those of the catalogue that the DJ
  /// may not tell; at most `most_listed_stories`.
  std::vector<refused_story> refused;
};

/// Loads everything that `config` names. The pack's content hash covers catalogue and pool, so that a run goes on only
/// with the same ones. Fails with bad_pack, unknown_dj, bad_input (pool, catalogue file), not_found (catalogue).
result<run_content> load_run_content(const run_config& config);

/// Every story of pack, catalogue and pool that the run does not tell, with the reason: what `inspect refused` shows.
/// Fails as `load_run_content`.
result<std::vector<refused_story>> stories_not_told(const run_config& config);

/// Most stories that a run takes from a catalogue, the weightiest first.
inline constexpr std::size_t most_catalogue_stories = 5'000;

} // namespace longwave::cli
