// Scores by inverse document frequency.
#include "storage/lore_ranking.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace longwave::storage {

namespace {

/// A word that more than one record in so many has tells nothing, unless the others find nothing.
constexpr std::size_t common_share = 4;
/// Of a small catalogue everything may be looked at.
constexpr std::size_t few_records = 20;
/// Words of a query that are looked up, the rarest first.
constexpr std::size_t most_terms = 16;

} // namespace

std::vector<lore_hit> rank_postings(std::vector<std::vector<std::uint64_t>> postings, std::size_t total, std::size_t limit,
                                    const std::function<bool(std::uint64_t)>& allowed) {
  std::stable_sort(postings.begin(), postings.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  if (postings.size() > most_terms) postings.resize(most_terms);
  const auto common = std::max(total / common_share, few_records);
  std::unordered_map<std::uint64_t, double> scores;
  for (const auto& numbers : postings) {
    if (!scores.empty() && numbers.size() > common) break; // the rarer ones have found something
    const double telling = std::log(1 + static_cast<double>(total) / static_cast<double>(std::max<std::size_t>(numbers.size(), 1)));
    for (const auto n : numbers)
      if (!allowed || allowed(n)) scores[n] += telling;
  }
  std::vector<lore_hit> hits;
  hits.reserve(scores.size());
  for (const auto& [n, score] : scores) hits.push_back({n, std::llround(score * 1e6)});
  const auto better = [](const lore_hit& a, const lore_hit& b) {
    return a.score != b.score ? a.score > b.score : a.number < b.number;
  };
  const auto wanted = std::min(limit, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(wanted), hits.end(), better);
  hits.resize(wanted);
  return hits;
}

} // namespace longwave::storage
