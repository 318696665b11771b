// Retrieval for prompts: what a segment asks the catalogue, what of the answers is fresh, and what of it was told.
#pragma once

#include "actors/scheduler/retrieval_cache.hpp"
#include "messages/error.hpp"
#include "messages/lore.hpp"
#include "messages/segment.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwave {

/// Numbers of retrieval. Source: domain 4 ("lore_context", "Freshness").
struct retrieval_limits {
  /// Passages of a prompt, and their bytes together.
  std::size_t passages = 3;
  std::size_t bytes = 2'000;
  /// Hits asked for, so that some are left once those told lately are out.
  std::size_t candidates = 60;
  /// freshness = min(1, hours since the record was told / 168); never told = 1. Below .3 a record is not told again.
  double hours_until_fresh = 168;
  double least_freshness = 0.3;
};

/// What a segment asks: first what it is about (the rumour, the item, the story, the weather), then what its type always
/// may know of (the region's climate, events, people, music; domain 4's topics). A time check asks nothing.
std::vector<lore_query> lore_queries(const segment_plan& plan, std::string_view region, const retrieval_limits& limits = {});

/// min(1, hours / 168).
double freshness(std::int64_t seconds_since_told, const retrieval_limits& limits = {}) noexcept;

/// Fills `segment_plan::lore`, keeps the marks of use and the cache of one run. `find` follows from settled segments and
/// the catalogue alone, so that a run that was killed asks and finds the same. Not safe for several threads.
class lore_retrieval {
public:
  /// @param source  null: marks and counts can be read, and nothing is found
  lore_retrieval(std::shared_ptr<const lore_source> source, std::string region, std::uint64_t segments_per_day,
                 std::int64_t segment_seconds);

  /// Passages for a plan at `now` (simulated seconds), best first; at most three, fresh ones only. Changes nothing that
  /// is saved. Fails as the source.
  result<std::vector<lore_passage>> find(const segment_plan& plan, std::int64_t now) const;

  /// A segment ended: its queries count, and when it was accepted its passages were told.
  void settle(const segment_plan& plan, std::int64_t now, bool accepted);

  const retrieval_counts& counts() const noexcept { return cache_.counts(); }
  /// Records told within the last week.
  std::size_t told() const noexcept { return told_.size(); }

  std::vector<std::string> take_changed();
  std::vector<std::string> piece_names() const;
  /// Compact JSON with sorted names; "null" for what is not there.
  void append_piece(std::string& out, std::string_view name) const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const std::string& name, const nlohmann::json& piece);
  /// {"hits","misses","near_hits","evictions","hit_rate","told_lately"}
  nlohmann::json view() const;

private:
  struct telling {
    std::int64_t at = 0;
    std::vector<std::uint64_t> numbers;
  };

  result<std::vector<lore_hit>> hits_for(const lore_query& query, std::int64_t now) const;
  /// Appends what is fresh of one query's hits to `out`, until it has `most`.
  result<void> take_fresh(const lore_query& query, std::int64_t now, std::size_t most, std::vector<lore_passage>& out) const;
  void forget(const telling& old);

  std::shared_ptr<const lore_source> source_;
  std::string region_;
  retrieval_limits limits_;
  /// Places of the ring of tellings: eight days of segments, one more than a record needs to become fresh.
  std::uint64_t ring_;
  retrieval_cache cache_;
  std::map<std::uint64_t, telling> tellings_; ///< by place
  std::unordered_map<std::uint64_t, std::int64_t> told_; ///< record -> when last
  /// Hits of the segment being planned, until it settles.
  mutable std::vector<std::pair<lore_query, std::vector<lore_hit>>> planned_;
  std::vector<std::string> changed_;
};

} // namespace longwave
