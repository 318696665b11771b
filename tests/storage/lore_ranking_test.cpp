// Tests of keyword ranking: rare words count more, common ones only alone, ties by number.
#include "storage/lore_ranking.hpp"

#include <catch2/catch.hpp>

#include <numeric>

using namespace longwave;
using storage::rank_postings;

namespace {

std::vector<std::uint64_t> numbers(const std::vector<lore_hit>& hits) {
  std::vector<std::uint64_t> out;
  for (const auto& h : hits) out.push_back(h.number);
  return out;
}

} // namespace

TEST_CASE("ranking: a rare word outweighs a frequent one, ties go by number") {
  CHECK(numbers(rank_postings({{1, 2, 3, 4}, {4, 9}, {9}}, 100, 10, nullptr)) == std::vector<std::uint64_t>{9, 4, 1, 2, 3});
  CHECK(numbers(rank_postings({{5, 2, 8}}, 100, 2, nullptr)) == std::vector<std::uint64_t>{2, 5});
}

TEST_CASE("ranking: words of every fourth record count only where nothing rarer found anything") {
  std::vector<std::uint64_t> half(50);
  std::iota(half.begin(), half.end(), 1);
  CHECK(numbers(rank_postings({half, {77}}, 100, 10, nullptr)) == std::vector<std::uint64_t>{77});
  CHECK(numbers(rank_postings({half}, 100, 3, nullptr)) == std::vector<std::uint64_t>{1, 2, 3});
  // The rare word has no record that may come back: the common one is all there is.
  CHECK(numbers(rank_postings({half, {77}}, 100, 2, [](std::uint64_t n) { return n < 10; })) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("ranking: the score is the sum of log(1 + records / records with the word)") {
  const auto hits = rank_postings({{1}, {1, 2}}, 10, 5, nullptr);
  REQUIRE(hits.size() == 2);
  CHECK(hits[0].score == 4'189'655); // ln 11 + ln 6, in millionths
  CHECK(hits[1].score == 1'791'759);
  CHECK(rank_postings({}, 10, 5, nullptr).empty());
}
