// Forecasts: ends of pools with their range, and what a run needs before it starts.
#include "actors/monitor/forecast.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("forecast: a pool that is used up evenly ends where the line meets zero") {
  // 36 of 64 used in 200 segments: 28 left last 28 / 36 x 200 = 155.6 more.
  const auto end = exhaustion(28, 36, 200);
  REQUIRE(end);
  CHECK(end->likely == Approx(355.6).margin(0.1));
  CHECK(end->low < end->likely);
  CHECK(end->high > end->likely);
  CHECK_FALSE(exhaustion(28, 0, 200));
  CHECK_FALSE(exhaustion(28, 3, 9));
}

TEST_CASE("forecast: it says which pool ends before the run does, in words") {
  forecast_input in;
  in.done = 200;
  in.planned = 480;
  in.pools = {{"daily", 28, 64}, {"weekly", 20, 24}, {"yearly", 3, 3}};
  in.arcs_completed = 15;
  in.mean_ms = 100;
  in.deviation_ms = 10;
  in.disk_free_bytes = 1'000'000;
  const auto f = forecast(in);
  CHECK(f["pools"][0]["ends_at"]["segment"] == 356);
  CHECK(f["pools"][0]["level"] == "green");
  CHECK(f["pools"][1]["ends_at"].is_null());
  CHECK(f["pools"][2]["ends_at"].is_null());
  CHECK(f["messages"][0].get<std::string>().find("daily pool ends at segment 356 of 480") == 0);
  CHECK(f["arcs"]["expected"]["likely"] == 36);
  CHECK(f["arcs"]["expected"]["low"].get<int>() >= 15);
  CHECK(f["eta_seconds"]["likely"] == Approx(28));
  CHECK(f["eta_seconds"]["low"].get<double>() < 28);
  CHECK(f["disk"]["fits"] == false);
}

TEST_CASE("forecast: what is not known is null") {
  const auto f = forecast({});
  CHECK(f["pools"].empty());
  CHECK(f["eta_seconds"].is_null());
  CHECK(f["disk"].is_null());
  CHECK(f["arcs"]["expected"].is_null());
}

TEST_CASE("forecast: a run that cannot finish has a fatal obstacle, one that lacks stories has not") {
  run_means m;
  m.planned_segments = 480;
  m.stories_enabled = true;
  m.stories = {64, 24, 10, 6};
  m.acts = {220, 120, 60, 45};
  m.gossip_subjects = 128;
  m.news_subjects = 120;
  CHECK(obstacles(m).empty());
  m.acts = {6, 0, 0, 0};
  auto found = obstacles(m);
  REQUIRE(found.size() == 1);
  CHECK(found[0].code == "pool_daily");
  CHECK_FALSE(found[0].fatal);
  CHECK(found[0].message.find("of 480") != std::string::npos);
  m.stories = {};
  m.gossip_subjects = 0;
  m.disk_free_bytes = 1'000;
  m.seconds_per_segment = 600;
  found = obstacles(m);
  CHECK(found.size() == 4);
  for (const auto& o : found) CHECK(o.fatal);
}
