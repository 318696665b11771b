// Tests of the retrieval cache: exact keys, time to live on the simulated clock, eviction, near-hits, saving.
#include "actors/scheduler/retrieval_cache.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

lore_query about(const std::string& words) { return {words, 5}; }

const std::vector<lore_hit> some{{7, 900}, {3, 100}};

} // namespace

TEST_CASE("retrieval cache: an exact key is answered, another order or limit is not") {
  retrieval_cache cache(60);
  cache.look_up(about("river bell"), 0, some);
  REQUIRE(cache.find(about("river bell"), 10));
  CHECK(*cache.find(about("river bell"), 10) == some);
  CHECK_FALSE(cache.find(about("bell river"), 10));
  CHECK_FALSE(cache.find({"river bell", 6}, 10));
}

TEST_CASE("retrieval cache: near-hits are counted and not answered") {
  retrieval_cache cache(60);
  cache.look_up(about("river bell lamp ridge"), 0, some);
  cache.look_up(about("bell river lamp ridge"), 1, {});         // the same words: Jaccard 1
  cache.look_up(about("river bell lamp ridge road"), 2, {});    // 4 of 5: .8, the line itself
  cache.look_up(about("river bell lamp market road"), 3, {});   // 4 of 6 with the last one: .67
  CHECK(cache.counts().near_hits == 2);
  CHECK(cache.counts().misses == 4);
  CHECK(cache.counts().hits == 0);
}

TEST_CASE("retrieval cache: an entry lives 200 segments of simulated time, 1,800 s at least") {
  for (const auto& [segment_seconds, ttl] : {std::pair<std::int64_t, std::int64_t>{3'600, 720'000}, {180, 36'000}, {5, 1'800}}) {
    retrieval_cache cache(segment_seconds);
    cache.look_up(about("bell"), 100, some);
    CHECK(cache.find(about("bell"), 100 + ttl - 1));
    CHECK_FALSE(cache.find(about("bell"), 100 + ttl));
    // Used again, it is not younger: it lives from the search that filled it.
    cache.look_up(about("bell"), 100 + ttl - 1, {});
    CHECK(cache.counts().hits == 1);
    CHECK_FALSE(cache.find(about("bell"), 100 + ttl));
    cache.look_up(about("bell"), 100 + ttl, some);
    CHECK(cache.counts().misses == 2);
    CHECK(cache.size() == 1);
  }
}

TEST_CASE("retrieval cache: the hundred and first entry takes the place of the one used longest ago") {
  retrieval_cache cache(60);
  for (int i = 0; i < 100; ++i) cache.look_up(about("word" + std::to_string(i)), i, some);
  cache.look_up(about("word0"), 100, {}); // now word1 is the oldest
  CHECK(cache.counts().evictions == 0);
  const auto place = cache.look_up(about("another"), 101, some);
  CHECK(place == 1);
  CHECK(cache.counts().evictions == 1);
  CHECK(cache.size() == 100);
  CHECK(cache.find(about("word0"), 102));
  CHECK_FALSE(cache.find(about("word1"), 102));
}

TEST_CASE("retrieval cache: a loaded one counts as the saved one would have") {
  retrieval_cache whole(60), loaded(60);
  for (int i = 0; i < 130; ++i) whole.look_up(about("word" + std::to_string(i * 7 % 110)), i, some);
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string text;
    whole.append_entry(text, place);
    CHECK(nlohmann::json::parse(text).dump() == text);
    loaded.load_entry(place, nlohmann::json::parse(text));
  }
  loaded.set_counts(whole.counts());
  CHECK_FALSE(loaded.find(about("word7"), 131)); // what it found is searched again
  for (int i = 130; i < 400; ++i) {
    const auto query = about("word" + std::to_string(i * 13 % 150));
    CHECK(whole.look_up(query, i, some) == loaded.look_up(query, i, some));
  }
  CHECK(whole.counts() == loaded.counts());
}
