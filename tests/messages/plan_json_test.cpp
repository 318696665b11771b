// A plan survives its JSON: what `longwave why` renders is what was planned.
#include "messages/plan_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("plan json: a full plan comes back as it was written") {
  segment_plan p;
  p.seq = 9;
  p.type = segment_type::story;
  p.position = {2, 14, 1, "2102-10-24"};
  p.weather = {"rainy", "moderate", 48, true, "rainy@x", "foggy"};
  p.forecast = {{"snow", "minor", 20, false, "", ""}};
  p.gossip = gossip_topic{"g", "romance", "a letter", "rumor"};
  p.news = news_topic{"trade", 0.75, "word is", "a road"};
  p.beat = story_beat{};
  p.beat->id = "s";
  p.beat->so_far = {"one", "two"};
  p.structure = "c";
  p.catchphrase = "phrase";
  p.hints = {{"o"}, {"c"}, {"t"}, "b"};
  p.lore = {{"r1", "The Well", "It ran dry.", "strict", "archive", "lore.jsonl:7", 0}};
  p.session = {"day 2, 13:00, gossip: Morning."};
  const nlohmann::json j = p;
  CHECK(nlohmann::json(plan_from_json(j)) == j);
  segment_plan story;
  story.skeleton = story_skeleton{};
  story.skeleton->acts = {"one", "two", "three"};
  story.skeleton->acts_ko = {"하나", "둘", "셋"};
  story.language = "ko";
  story.target_length = 900;
  const nlohmann::json k = story;
  CHECK(nlohmann::json(plan_from_json(k)) == k);
  CHECK_THROWS_AS(plan_from_json(nlohmann::json{{"type", "opera"}}), nlohmann::json::exception);
}
