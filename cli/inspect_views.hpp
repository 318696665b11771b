// What `longwave inspect` shows, as JSON: each view read from a store, written by nobody.
#pragma once

#include "messages/error.hpp"
#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace longwave::cli {

using view_json = nlohmann::ordered_json;

/// Which records to list.
struct segment_filter {
  /// First segment.
  std::uint64_t from = 1;
  /// Only the last so many of those that fit.
  std::optional<std::uint64_t> last;
  /// "accepted" or "skipped"; empty for both.
  std::string status;
};

/// One object a run: run_id, kind, state, segments_done, segments_planned, started_at.
result<view_json> runs_view(const storage::store& store);
/// Configuration, head, counters and what else the run keeps about itself.
result<view_json> run_view(const storage::store& store, const std::string& run);
/// Calls `each` with the stored line of every record that fits, in order.
result<void> segments_view(const storage::store& store, const std::string& run, const segment_filter& filter,
                           const std::function<void(const std::string& line)>& each);
/// {"id","kind","seq","position","at","valid"} each, oldest first.
result<view_json> checkpoints_view(const storage::store& store, const std::string& run);
/// {"metadata","broadcast_state","story_state","session_context"}; fails with not_found for an unknown id.
result<view_json> checkpoint_view(const storage::store& store, const std::string& run, const std::string& id);

/// Views that need the run's pack. Where it is not found or has changed, the stored pieces are shown as they are and
/// `note` says why.
result<view_json> stories_view(const storage::store& store, const std::string& run, std::string& note);
result<view_json> world_view(const storage::store& store, const std::string& run, std::string& note);
result<view_json> variety_view(const storage::store& store, const std::string& run);
/// Stories of pack, catalogue and pool that the run does not tell: {"story_id","title","reason","why","source"}.
result<view_json> refused_view(const storage::store& store, const std::string& run);
/// One airing by its id, or all airings of a story; with the segments that told it.
result<view_json> story_view(const storage::store& store, const std::string& run, const std::string& id,
                             std::string& note);

} // namespace longwave::cli
