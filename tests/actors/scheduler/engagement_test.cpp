// Engagement: its values spread, and a fresh, well-paced story can pass the escalation minimum (F-08, C6).
#include "actors/scheduler/engagement.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("engagement: a table computed by hand") {
  // .8 x novelty x (.6 + .4 variety) x (.6 + .4 pacing) x (1 + .25 progress)
  CHECK(engagement_score({timeline::daily, 1, 1, 1, 0}) == Approx(0.8));
  CHECK(engagement_score({timeline::daily, 4, 1, 1, 1}) == Approx(0.85));       // .8 x .85 x 1.25
  CHECK(engagement_score({timeline::daily, 3, 0.5, 1, 1}) == Approx(0.72));     // .8 x .9 x .8 x 1.25
  CHECK(engagement_score({timeline::daily, 3, 1, 0.5, 0.5}) == Approx(0.648));  // .8 x .9 x .8 x 1.125
  CHECK(engagement_score({timeline::daily, 30, 0, 0, 0}) == Approx(0.144));     // .8 x .5 x .6 x .6
  CHECK(engagement_score({timeline::weekly, 11, 1, 1, 1}) == Approx(0.88));     // .8 x .88 x 1.25
  CHECK(engagement_score({timeline::monthly, 21, 1, 1, 1}) == Approx(0.88));    // .8 x .88 x 1.25
}

TEST_CASE("engagement: every timeline can pass the minimum of escalation with its least number of beats") {
  CHECK(engagement_score({timeline::daily, 3, 0.9, 1, 1}) >= 0.75);
  CHECK(engagement_score({timeline::weekly, 8, 0.9, 1, 1}) >= 0.75);
  CHECK(engagement_score({timeline::monthly, 18, 0.9, 1, 1}) >= 0.75);
}

TEST_CASE("engagement: crowded beats and shared names cost") {
  CHECK(beat_pacing(timeline::daily, 0) == 1);
  CHECK(beat_pacing(timeline::daily, 1) == Approx(0.5));
  CHECK(beat_pacing(timeline::daily, 2) == 1);
  CHECK(beat_pacing(timeline::yearly, 5) == Approx(0.5));
  story_act a, b;
  a.entities = {"Cass", "Junie"};
  a.themes = {"hope"};
  b.entities = {"cass", "Orrin"};
  b.themes = {"fear"};
  CHECK(beat_diversity(beat_marks(a), {}) == 1);
  const std::vector<std::vector<std::uint32_t>> same{beat_marks(a)}, other{beat_marks(b)};
  CHECK(beat_diversity(beat_marks(a), same) == Approx(0));
  CHECK(beat_diversity(beat_marks(a), other) == Approx(0.8)); // one name of five
}

TEST_CASE("engagement: a long story that nobody follows is told faster, a daily one is not") {
  CHECK(must_deescalate(timeline::weekly, 5, 0.44));
  CHECK_FALSE(must_deescalate(timeline::weekly, 4, 0.44));
  CHECK_FALSE(must_deescalate(timeline::weekly, 5, 0.45));
  CHECK_FALSE(must_deescalate(timeline::daily, 9, 0.1));
}
