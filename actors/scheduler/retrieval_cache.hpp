// The retrieval cache: which searches of the catalogue were made lately, on the simulated clock (domain 4, contract 8.21).
#pragma once

#include "messages/lore.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// Numbers of the cache.
struct retrieval_cache_limits {
  /// domain 4: LRU of 100 entries.
  std::size_t entries = 100;
  /// domain 4: 1,800 s. There it ran on the host's clock, in which that was about 200 segments of some 9 s; on the
  /// simulated clock, where a segment may be an hour, it is the time that so many segments take when that is longer.
  std::int64_t ttl_seconds = 1'800;
  std::int64_t ttl_segments = 200;
  /// domain 4: word Jaccard of a near-hit.
  double near = 0.8;
};

/// What the cache did so far.
struct retrieval_counts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  /// Misses for which an entry of nearly the same words was there. Counted, never answered: a cache must not change what
  /// a prompt says.
  std::uint64_t near_hits = 0;
  std::uint64_t evictions = 0;

  bool operator==(const retrieval_counts&) const = default;
};

/// Least-recently-used entries with a time to live. Two halves: `find` answers and changes nothing, `look_up` counts and
/// moves on. Only the second is saved, with the segment whose prompt asked; so the counts of a run are the same whatever
/// was killed and resumed. A loaded entry has no hits yet: they are searched again when they are asked for, and are the
/// same. Keys are the query as it stands: DJ, year and region are those of the run. Not safe for several threads.
class retrieval_cache {
public:
  /// @param segment_seconds  simulated length of one segment
  explicit retrieval_cache(std::int64_t segment_seconds, retrieval_cache_limits limits = {});

  /// The hits kept for a query that is not too old at `now` (simulated seconds); null for none.
  const std::vector<lore_hit>* find(const lore_query& query, std::int64_t now) const;

  /// Notes that a prompt asked at `now`.
  /// @param known  `hits` are what the search gave; false: they are not at hand, and are searched when they are wanted
  /// @return the place that changed, 0 .. entries-1
  std::size_t look_up(const lore_query& query, std::int64_t now, std::vector<lore_hit> hits, bool known = true);

  const retrieval_counts& counts() const noexcept { return counts_; }
  void set_counts(const retrieval_counts& counts) { counts_ = counts; }

  /// Places in use are 0 .. size()-1.
  std::size_t size() const noexcept { return entries_.size(); }
  /// Appends an entry as compact JSON with sorted names.
  void append_entry(std::string& out, std::size_t place) const;
  /// Throws nlohmann::json::exception when the entry is malformed.
  void load_entry(std::size_t place, const nlohmann::json& entry);

private:
  struct entry {
    lore_query query;
    /// Sorted distinct words.
    std::vector<std::string> words;
    /// When it was filled, simulated seconds.
    std::int64_t since = 0;
    /// Rank of its last use; 0 = nothing there.
    std::uint64_t used = 0;
    bool known = false;
    std::vector<lore_hit> hits;
  };

  bool fresh(const entry& e, std::int64_t now) const noexcept { return e.used > 0 && now - e.since < ttl_; }
  bool has_near(const std::vector<std::string>& words, std::int64_t now) const;
  std::size_t place_for_new();

  retrieval_cache_limits limits_;
  std::int64_t ttl_;
  std::vector<entry> entries_;
  std::uint64_t uses_ = 0;
  retrieval_counts counts_;
};

} // namespace longwave
