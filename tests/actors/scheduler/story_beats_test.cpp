// Tests of beats and of the limits of acts.
#include "actors/scheduler/story_beats.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

TEST_CASE("story beats: airings of an act never exceed its tellings") {
  const auto limits = [](timeline line, int tellings) {
    const auto l = limits_of(line, sample_story("x", line, 1, tellings).acts[0]);
    return std::pair{l.least, l.most};
  };
  CHECK(limits(timeline::daily, 3) == std::pair{1, 3});
  CHECK(limits(timeline::daily, 9) == std::pair{1, 3});
  CHECK(limits(timeline::weekly, 3) == std::pair{2, 3});
  CHECK(limits(timeline::monthly, 2) == std::pair{2, 2});
  CHECK(limits(timeline::yearly, 3) == std::pair{3, 3});
  CHECK(limits(timeline::yearly, 0) == std::pair{5, 30});
}

TEST_CASE("story beats: a beat knows its act, its telling and what came before") {
  const auto story = sample_story("well", timeline::weekly, 3);
  const auto b = make_beat(story, sample_dj(), 2, 2, 4);
  CHECK(b.id == "well#2");
  CHECK(b.act == 3);
  CHECK(b.acts_total == 3);
  CHECK(b.act_type == "resolution");
  CHECK(b.telling == "well act 3 telling 2");
  CHECK(b.framing == "report");
  CHECK(b.so_far == std::vector<std::string>{"Act 1: In act 1 of well something happens.",
                                             "Act 2: In act 2 of well something happens."});
  CHECK(airing_id("well", 1) == "well");
}

TEST_CASE("story beats: what came before stays short") {
  auto story = sample_story("long", timeline::yearly, 16);
  for (auto& a : story.acts) {
    a.summary.clear();
    for (int i = 0; i < 100; ++i) a.summary += "word ";
  }
  const auto b = make_beat(story, sample_dj(), 1, 15, 0);
  CHECK(b.so_far.size() == 12);
  CHECK(b.so_far.back().rfind("Act 15: ", 0) == 0);
  for (const auto& line : b.so_far) CHECK(line.size() < 200);
}
