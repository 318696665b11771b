// Tests of story filters, order and reuse.
#include "actors/scheduler/story_pool.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace longwave;
using namespace longwave::test;

namespace {

bool nothing(std::size_t) { return false; }

} // namespace

TEST_CASE("story pool: a DJ tells nothing beyond region, years, tier and forbidden factions") {
  const auto dj = sample_dj();
  auto s = sample_story("x", timeline::daily, 3);
  CHECK(may_tell(dj, s));
  const auto with = [&](auto change) {
    story_record t = s;
    change(t);
    return may_tell(dj, t);
  };
  CHECK_FALSE(with([](auto& t) { t.region = "Mojave"; }));
  CHECK(with([](auto& t) { t.region = "appalachia"; }));
  CHECK_FALSE(with([](auto& t) { t.year_max = 2103; }));
  CHECK_FALSE(with([](auto& t) { t.factions = {"Responders", "ncr"}; }));
  CHECK(with([](auto& t) { t.factions = {"Responders"}; }));
  CHECK(with([](auto& t) { t.knowledge_tier = "regional"; }));
  CHECK_FALSE(with([](auto& t) { t.knowledge_tier = "restricted"; }));
  CHECK_FALSE(with([](auto& t) { t.knowledge_tier = "classified"; }));
  CHECK_FALSE(with([](auto& t) { t.acts.clear(); }));
}

TEST_CASE("story pool: an unknown faction makes a story speculation") {
  auto s = sample_story("x", timeline::daily, 3);
  CHECK(framing_for(sample_dj(), s) == "report");
  s.factions = {"Responders"};
  CHECK(framing_for(sample_dj(), s) == "report");
  s.factions = {"Blood Eagles"};
  CHECK(framing_for(sample_dj(), s) == "speculation");
}

TEST_CASE("story pool: all stories are told before one is told again, and then only after its rest") {
  const auto pack = sample_pack();
  story_pool pool(1, pack->profiles[0], pack->stories);
  CHECK(pool.initial(timeline::daily) == 40);
  std::set<std::size_t> seen;
  for (int i = 0; i < 40; ++i) {
    const auto next = pool.next(timeline::daily, 1 + i / 10, nothing);
    REQUIRE(next);
    seen.insert(*next);
    pool.ended(*next, 1, 1 + i / 10, static_cast<std::uint64_t>(i) + 1, true, {1, 1, 1});
  }
  CHECK(seen.size() == 40);
  CHECK_FALSE(pool.next(timeline::daily, 7, nothing));
  CHECK(pool.available(timeline::daily, 8).stories == 0);
  CHECK(pool.available(timeline::daily, 9).stories == 10);
  const auto again = pool.next(timeline::daily, 11, nothing);
  REQUIRE(again);
  CHECK(pool.airings(*again) == 1);
  CHECK(pool.available(timeline::daily, 12).stories == 40);
  CHECK(pool.available(timeline::weekly, 1).acts == 50);
}

TEST_CASE("story pool: the order differs between seeds") {
  const auto pack = sample_pack();
  std::set<std::size_t> firsts;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    firsts.insert(*story_pool(seed, pack->profiles[0], pack->stories).next(timeline::daily, 1, nothing));
  }
  CHECK(firsts.size() > 5);
}

TEST_CASE("story pool: complexity limits how many stories run at a time") {
  auto s = sample_story("x", timeline::daily, 4);
  CHECK(story_complexity(s) == Approx(3.0));
  s.factions = {"A", "B"};
  CHECK(story_complexity(s) == Approx(7.0));
  CHECK(concurrent_limit(4.9) == 4);
  CHECK(concurrent_limit(5) == 3);
  CHECK(concurrent_limit(10) == 2);
}
