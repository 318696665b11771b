// Quest pool files: what `audit` writes and `--quest-pool` reads (domain 11, contract 8.38).
#pragma once

#include "actors/scheduler/story_audit.hpp"
#include "messages/error.hpp"
#include "messages/pack.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace longwave::cli {

/// A pool as read.
struct quest_pool {
  /// Full DJ name; empty when the file names none.
  std::string dj;
  std::vector<story_record> stories;
  /// SHA-256 of the file.
  std::string hash;
  /// What the file says of itself, for pools that hold names only.
  std::size_t listed_stories = 0;
  std::size_t listed_beats = 0;
};

/// "julie_2102_appalachia_quest_pool.json"
std::string quest_pool_name(const std::string& dj);

/// Reads a pool file: its `stories` whole, or those of `scored_stories` that `known` has by id.
/// Fails with bad_input, naming file and field; also when a listed story is not known.
/// @param resolve  false: names only, stories that are not known are counted and left out
result<quest_pool> read_quest_pool(const std::filesystem::path& file, const std::vector<story_record>& known, bool resolve = true);

/// Stories as a collection, for the audit of a pool that somebody else wrote.
story_collection collection_of(const quest_pool& pool);

} // namespace longwave::cli
