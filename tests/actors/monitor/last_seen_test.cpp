// The flat table says what a map that forgets nothing says, however often it makes room.
#include "actors/monitor/last_seen.hpp"

#include "messages/random.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace longwave;

TEST_CASE("last_seen: agrees with a map over 2,000 texts of words that come, go and come back", "[drift]") {
  random_stream random(7, 0, 0, "last_seen_test");
  constexpr std::uint32_t window = 5;
  last_seen table(window);
  std::map<std::uint32_t, std::uint32_t> all;
  for (std::uint32_t text = 1; text <= 2'000; ++text) {
    const auto words = random.below(60);
    // Neighbouring numbers and such that differ in their high bits alone: both would meet in a careless table.
    for (std::uint64_t i = 0; i < words; ++i) {
      const auto word = static_cast<std::uint32_t>(random.below(400)) << (i % 2 == 0 ? 0 : 22);
      const auto at = all.find(word);
      const auto expected = at != all.end() && text - at->second <= window ? at->second : 0;
      REQUIRE(table.note(word, text) == expected);
      all[word] = text;
    }
  }
  table.clear();
  CHECK(table.note(1, 1) == 0);
  CHECK(table.note(1, 1) == 1);
  CHECK(table.note(0, 2) == 0);
  CHECK(table.note(0, 3) == 2);
}
