// Tests of segment names, bands and plans as JSON.
#include "messages/segment.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("segment: every type has a name that reads back") {
  for (int i = 0; i < 7; ++i) {
    const auto type = static_cast<segment_type>(i);
    CHECK(parse_segment_type(to_string(type)) == type);
  }
  CHECK(to_string(segment_type::emergency_weather) == "emergency_weather");
  CHECK_FALSE(parse_segment_type("Gossip"));
  CHECK_FALSE(parse_segment_type(""));
}

TEST_CASE("segment: bands of the day meet without a gap") {
  CHECK(time_band(5) == "night");
  CHECK(time_band(6) == "morning");
  CHECK(time_band(9) == "morning");
  CHECK(time_band(10) == "midday");
  CHECK(time_band(13) == "midday");
  CHECK(time_band(14) == "afternoon");
  CHECK(time_band(17) == "afternoon");
  CHECK(time_band(18) == "evening");
  CHECK(time_band(21) == "evening");
  CHECK(time_band(22) == "night");
  CHECK(time_band(0) == "night");
}

TEST_CASE("segment: a position goes through JSON unchanged") {
  const slot_position p{3, 17, 2, "2102-10-25"};
  CHECK(nlohmann::json(p).get<slot_position>() == p);
  CHECK_THROWS_AS(nlohmann::json::parse(R"({"day":1})").get<slot_position>(), nlohmann::json::exception);
}

TEST_CASE("segment: a plan shows only what it has") {
  segment_plan p;
  p.seq = 4;
  p.type = segment_type::news;
  p.news = news_topic{"creature_alert", 0.65, "word is", "something in the timber"};
  const nlohmann::json j = p;
  CHECK(j.at("type") == "news");
  CHECK(j.at("news").at("wording") == "word is");
  CHECK_FALSE(j.contains("gossip"));
  CHECK_FALSE(j.contains("story"));
  CHECK_FALSE(j.contains("skeleton"));
  CHECK_FALSE(j.contains("weather"));
  p.beat = story_beat{};
  p.beat->id = "well#2";
  CHECK(nlohmann::json(p).at("story").at("id") == "well#2");
}
