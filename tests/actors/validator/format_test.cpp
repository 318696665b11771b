// Lengths, end marks, required elements, stage wording, weather.
#include "actors/validator/format.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;

namespace {

std::string words_of(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i > 0 ? " word" : "word");
  return out + '.';
}

std::vector<violation> format_of(const std::string& text, const segment_plan& plan = {}, bool story = false) {
  std::vector<violation> out;
  judge_format(word_list(text), plan, story, out);
  return out;
}

bool has(const std::vector<violation>& violations, std::string_view rule) {
  return std::any_of(violations.begin(), violations.end(), [&](const violation& v) { return v.rule == rule; });
}

struct searched {
  explicit searched(const std::string& text) : words(text) {
    add_format_phrases(phrases);
    phrases.seal();
    phrases.find(words, hits);
  }
  phrase_set phrases;
  word_list words;
  std::vector<phrase_hit> hits;
};

std::vector<violation> stage_of(const std::string& stage, const std::string& text) {
  segment_plan plan;
  plan.type = segment_type::gossip;
  plan.gossip = gossip_topic{"g", "romance", "a light", stage};
  const searched s(text);
  std::vector<violation> out;
  judge_stage(s.phrases, s.hits, s.words, plan, out);
  return out;
}

bool weather_fits(const std::string& type, const std::string& text, segment_type kind = segment_type::weather) {
  segment_plan plan;
  plan.type = kind;
  plan.weather.type = type;
  const searched s(text);
  std::vector<violation> out;
  judge_weather(s.phrases, s.hits, plan, out);
  return out.empty();
}

} // namespace

TEST_CASE("format: word limits are 30 and 225, both allowed") {
  CHECK(has(format_of(words_of(29)), "too_short"));
  CHECK(format_of(words_of(30)).empty());
  CHECK(format_of(words_of(225)).empty());
  CHECK(has(format_of(words_of(226)), "too_long"));
  CHECK(format_of(words_of(226)).front().level == severity::warning);
}

TEST_CASE("format: a fragment is short whatever the plan says") {
  segment_plan plan;
  plan.min_words = 0;
  CHECK(has(format_of(words_of(4), plan), "too_short"));
  CHECK(format_of(words_of(5), plan).empty());
}

TEST_CASE("format: the end mark may stand inside quotes and brackets") {
  segment_plan plan;
  plan.min_words = 0;
  for (std::string_view end : {".", "!", "?", "…", ".\"", "!\u201D", ".)", "?' ", ".**\n", "다.", "。"}) {
    INFO(end);
    CHECK_FALSE(has(format_of("one two three four five" + std::string(end), plan), "no_end_mark"));
  }
  for (std::string_view end : {"", ",", " -", "\"", ":"}) {
    INFO(end);
    CHECK(has(format_of("one two three four five" + std::string(end), plan), "no_end_mark"));
  }
}

TEST_CASE("format: bracketed directions are pointed out") {
  CHECK(has(format_of(words_of(30) + " [music fades] Yes."), "stage_direction"));
  CHECK_FALSE(has(format_of(words_of(30) + " [] Yes."), "stage_direction"));
}

TEST_CASE("format: a time check names its hour") {
  segment_plan plan;
  plan.type = segment_type::time_check;
  plan.position.hour = 14;
  for (std::string_view hour : {"two", "14:00", "2:00", "2pm"}) {
    INFO(hour);
    CHECK_FALSE(has(format_of("It is " + std::string(hour) + " on the dot.", plan), "required_element"));
  }
  CHECK(has(format_of("It is three on the dot.", plan), "required_element"));
  plan.position.hour = 12;
  CHECK_FALSE(has(format_of("It is noon on the dot.", plan), "required_element"));
}

TEST_CASE("format: news comes to its subject") {
  segment_plan plan;
  plan.type = segment_type::news;
  plan.news = news_topic{"trade_route_update", 0.75, "according to reports", "the ferry crossing"};
  CHECK(has(format_of(words_of(30), plan), "required_element"));
  CHECK_FALSE(has(format_of(words_of(30) + " The ferry runs.", plan), "required_element"));
}

TEST_CASE("format: a story has a target length in characters") {
  segment_plan plan;
  plan.target_length = 100;
  CHECK(format_of("One two three four five " + std::string(85, 'x') + ".", plan, true).empty());
  CHECK(has(format_of("One two three four five " + std::string(86, 'x') + ".", plan, true), "too_long"));
  CHECK(has(format_of("One two three four five " + std::string(64, 'x') + ".", plan, true), "too_short"));
  CHECK(format_of("One two three four five " + std::string(65, 'x') + ".", plan, true).empty());
  plan.target_length = 0;
  CHECK(format_of(words_of(2000), plan, true).empty());
}

TEST_CASE("format: a rumour is worded for its stage") {
  CHECK(stage_of("rumor", "I heard about a light.").empty());
  CHECK(stage_of("spreading", "Reports indicate a light.").empty());
  CHECK(stage_of("spreading", "There are confirmed sightings of a light.").empty());
  CHECK(stage_of("confirmed", "It is confirmed: a light.").empty());
  CHECK(stage_of("resolved", "The matter has ended.").empty());
}

TEST_CASE("format: a missing or foreign stage word is a quality issue") {
  const auto missing = stage_of("rumor", "There is a light.");
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].rule == "story_progression");
  CHECK(missing[0].level == severity::quality);
  const auto foreign = stage_of("rumor", "I heard it was verified.");
  REQUIRE(foreign.size() == 1);
  CHECK(foreign[0].evidence == "verified");
  CHECK(stage_of("confirmed", "There are confirmed sightings.").size() == 2);
  CHECK(stage_of("confirmed", "Reports indicate a light.").size() == 2);
  CHECK(stage_of("no such stage", "There is a light.").empty());
}

TEST_CASE("format: a weather script names the planned weather") {
  CHECK(weather_fits("rainy", "A steady drizzle tonight."));
  CHECK_FALSE(weather_fits("rainy", "Sunshine tonight."));
  CHECK(weather_fits("rad_storm", "A rad storm is coming.", segment_type::emergency_weather));
  CHECK_FALSE(weather_fits("rad_storm", "A storm is coming.", segment_type::emergency_weather));
  CHECK(weather_fits("rainy", "Sunshine tonight.", segment_type::gossip));
  CHECK(weather_fits("unheard_of", "Sunshine tonight."));
}

TEST_CASE("format: a subject is mentioned by any of its content words") {
  const word_list words("the ferry runs");
  CHECK(mentions_subject(word_hash_set(words), "a Ferry crossing"));
  CHECK_FALSE(mentions_subject(word_hash_set(words), "an old bridge"));
  CHECK(mentions_subject(word_hash_set(words), "a b c"));
}
