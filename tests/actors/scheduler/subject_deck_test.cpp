// Tests of seeded dealing.
#include "actors/scheduler/subject_deck.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace longwave;

TEST_CASE("subject deck: every round deals every subject once and none twice running") {
  for (std::size_t size : {1u, 2u, 3u, 10u, 57u}) {
    const subject_deck deck(9, "test", size);
    for (std::uint64_t round = 0; round < 20; ++round) {
      std::set<std::size_t> seen;
      for (std::uint64_t i = 0; i < size; ++i) seen.insert(deck.at(round * size + i));
      CHECK(seen.size() == size);
      if (size > 1 && round > 0) CHECK(deck.at(round * size) != deck.at(round * size - 1));
    }
  }
}

TEST_CASE("subject deck: order follows from seed and name, and an empty deck is harmless") {
  const subject_deck a(1, "x", 50), b(1, "x", 50), c(1, "y", 50);
  bool differs = false;
  for (std::uint64_t k = 0; k < 50; ++k) {
    CHECK(a.at(k) == b.at(k));
    differs = differs || a.at(k) != c.at(k);
  }
  CHECK(differs);
  CHECK(subject_deck(1, "x", 0).at(7) == 0);
}
