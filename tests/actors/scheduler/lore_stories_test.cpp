// Tests of stories made of records, and of the audit's numbers at their boundaries.
#include "actors/scheduler/lore_intake.hpp"
#include "actors/scheduler/lore_stories.hpp"
#include "actors/scheduler/story_audit.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

lore_record chunk(int index, const std::string& text) {
  lore_record r;
  r.id = "r" + std::to_string(index);
  r.title = "The Bell of Hollow";
  r.chunk_index = index;
  r.text = text;
  r.region = "Appalachia";
  r.year_min = r.year_max = 2100 + index;
  r.content_type = "quest";
  return r;
}

std::optional<story_record> story_of(const std::vector<lore_record>& records) {
  std::vector<const lore_record*> chunks;
  for (const auto& r : records) chunks.push_back(&r);
  return make_story(chunks);
}

} // namespace

TEST_CASE("lore_stories: one chunk makes one act, two make setup and resolution, three an arc of five") {
  const auto one = story_of({chunk(0, "The bell was lost in a storm.")});
  REQUIRE(one);
  CHECK(one->acts.size() == 1);
  CHECK(one->line == timeline::daily);
  const auto two = story_of({chunk(1, "A child found it again."), chunk(0, "The bell was lost in a storm.")});
  REQUIRE(two->acts.size() == 2);
  CHECK(two->acts[0].act_type == "setup");
  CHECK(two->acts[0].summary == "The bell was lost in a storm.");
  CHECK(two->acts[1].act_type == "resolution");
  CHECK(two->year_min == 2100);
  CHECK(two->year_max == 2101);
  const auto three = story_of({chunk(0, "The bell was lost. Nobody slept."), chunk(1, "They searched. They argued."), chunk(2, "It was found.")});
  REQUIRE(three->acts.size() == 5);
  CHECK(is_valid_arc(*three));
  const double expected[] = {.2, .5, .8, .5, .3};
  for (std::size_t i = 0; i < 5; ++i) CHECK(three->acts[i].conflict_level == Approx(expected[i]));
  CHECK(three->acts[4].summary == "It was found.");
}

TEST_CASE("lore_stories: a text of fighting raises rising and climax alone, headings are not aired") {
  const auto fought = story_of({chunk(0, "The raiders attacked at dawn."), chunk(1, "The town defended the bell."), chunk(2, "It rang at noon.")});
  REQUIRE(fought);
  CHECK(fought->acts[1].conflict_level == Approx(.7));
  CHECK(fought->acts[2].conflict_level == Approx(1));
  CHECK(fought->acts[3].conflict_level == Approx(.5));
  CHECK(story_of({chunk(0, "The warm towards wind blew gently."), chunk(1, "A warden slept soundly."), chunk(2, "It rang.")})->acts.size() == 2);
  CHECK_FALSE(story_of({chunk(0, "The Bell of Hollow")}));
}

TEST_CASE("lore_stories: sentences end at their marks, not at titles and initials") {
  CHECK(sentences_of("Mr. House waited. He lost! Why? \"Luck.\"") == std::vector<std::string>{"Mr. House waited.", "He lost!", "Why?", "\"Luck.\""});
  CHECK(sentences_of("no end") == std::vector<std::string>{"no end."});
  CHECK(sentences_of(" \n\n ").empty());
}

TEST_CASE("lore_stories: the timeline follows from weight and acts") {
  CHECK(timeline_for_story(9, 7) == timeline::yearly);
  CHECK(timeline_for_story(8, 6) == timeline::monthly);
  CHECK(timeline_for_story(7.9, 5) == timeline::monthly);
  CHECK(timeline_for_story(6, 4) == timeline::weekly);
  CHECK(timeline_for_story(5.9, 3) == timeline::weekly);
  CHECK(timeline_for_story(3, 2) == timeline::daily);
  CHECK(timeline_for_story(2.9, 9) == timeline::daily);
}

TEST_CASE("story_audit: A13 and A33 grades at their boundaries") {
  CHECK(false_positive_grade(0.049) == "PASS");
  CHECK(false_positive_grade(0.05) == "WARN");
  CHECK(false_positive_grade(0.10) == "WARN");
  CHECK(false_positive_grade(0.101) == "FAIL");
  CHECK(beats_status(399) == "INSUFFICIENT");
  CHECK(beats_status(400) == "ACCEPTABLE");
  CHECK(beats_status(575) == "ACCEPTABLE");
  CHECK(beats_status(576) == "EXCELLENT");
}

TEST_CASE("story_audit: one chunk that the DJ may not know refuses the whole title") {
  dj_profile dj;
  dj.name = "Tess (2101, Appalachia)";
  dj.knowledge.temporal_cutoff_year = 2101;
  dj.knowledge.region = "Appalachia";
  std::vector<lore_record> records{chunk(0, "The bell was lost in a storm."), chunk(1, "A child found it again."), chunk(2, "It rang at noon, later.")};
  for (auto& r : records) r.layer = "fuzzy";
  const lore_list all(records, "h");
  auto found = collect_stories(dj, {}, "pack", &all);
  REQUIRE(found);
  CHECK(found.value().stories.empty());
  CHECK(found.value().refused == std::map<std::string, std::size_t>{{"temporal", 1}});
  records.pop_back();
  const lore_list fewer(records, "h");
  auto told = collect_stories(dj, {}, "pack", &fewer);
  REQUIRE(told);
  REQUIRE(told.value().stories.size() == 1);
  CHECK(told.value().stories[0].layer == "fuzzy");
  const auto verdict = audit_stories(dj, told.value());
  CHECK(verdict.beats == 2);
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.temporal_violations == 0);
}

TEST_CASE("story_audit: a pool that somebody else wrote is counted for what it breaks") {
  dj_profile dj;
  dj.name = "Tess (2101, Appalachia)";
  dj.knowledge.temporal_cutoff_year = 2101;
  dj.knowledge.region = "Appalachia";
  story_collection pool;
  for (const auto& [region, year] : {std::pair("Appalachia", 2101), std::pair("Mojave", 2101), std::pair("Appalachia", 2102), std::pair("", 2100)}) {
    story_record s;
    s.story_id = std::string(region) + std::to_string(year);
    s.region = region;
    s.year_min = s.year_max = year;
    s.acts.resize(1);
    pool.stories.push_back(weighed(s, "pool", "pool"));
  }
  const auto verdict = audit_stories(dj, pool);
  CHECK(verdict.temporal_violations == 1);
  CHECK(verdict.regional_violations == 1);
}
