// Keyword ranking: which records have the most telling of a query's words.
#pragma once

#include "messages/lore.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace longwave::storage {

/// Ranks records by the sum, over the query's words that they have, of log(1 + records / records with the word): a word
/// counts the more the rarer it is (inverse document frequency, Sparck Jones 1972). Words that more than a quarter of
/// the records (and more than 20) have count only when no rarer one found anything; of more than 16 words the rarest 16 count.
///
/// @param postings  for each word the numbers of the records that have it
/// @param total     records in the catalogue
/// @param allowed   says which numbers may come back; null for all
/// @return at most `limit` hits, best first, ties by number; the same input gives the same hits
std::vector<lore_hit> rank_postings(std::vector<std::vector<std::uint64_t>> postings, std::size_t total, std::size_t limit,
                                    const std::function<bool(std::uint64_t)>& allowed);

} // namespace longwave::storage
