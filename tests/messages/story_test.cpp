// Tests of stories, beats and skeletons as JSON.
#include "messages/story.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

nlohmann::json sample_record() {
  return nlohmann::json::parse(R"({
    "story_id": "well", "title": "The Well", "timeline": "weekly", "summary": "A well is dug.",
    "content_type": "event", "themes": ["water"], "factions": ["Responders"], "locations": ["Sutton"],
    "characters": ["Tess"], "region": "Appalachia", "year_min": 2096, "year_max": 2102,
    "knowledge_tier": "common", "suggested_framing": "report",
    "acts": [{"act_number": 1, "act_type": "setup", "title": "Dry", "summary": "No water is left.",
              "tellings": ["One.", "Two."], "entities": ["Sutton"], "themes": ["water"],
              "conflict_level": 0.25, "emotional_tone": "worried"}]})");
}

} // namespace

TEST_CASE("story: timelines have names that read back") {
  for (timeline t : all_timelines) CHECK(parse_timeline(to_string(t)) == t);
  CHECK_FALSE(parse_timeline("hourly"));
}

TEST_CASE("story: a record is read with all its fields") {
  const auto s = sample_record().get<story_record>();
  CHECK(s.story_id == "well");
  CHECK(s.line == timeline::weekly);
  CHECK(s.factions == std::vector<std::string>{"Responders"});
  CHECK(s.year_max == 2102);
  REQUIRE(s.acts.size() == 1);
  CHECK(s.acts[0].tellings.size() == 2);
  CHECK(s.acts[0].conflict_level == Approx(0.25));
  CHECK(s.acts[0].emotional_tone == "worried");
}

TEST_CASE("story: a missing or wrong field is named") {
  const auto message = [](nlohmann::json j) -> std::string {
    try {
      (void)j.get<story_record>();
    } catch (const nlohmann::json::exception& e) {
      return e.what();
    }
    return "";
  };
  auto j = sample_record();
  j.erase("title");
  CHECK(message(j).find("title") != std::string::npos);
  j = sample_record();
  j["year_min"] = "soon";
  CHECK(message(j).find("year_min") != std::string::npos);
  j = sample_record();
  j["timeline"] = "hourly";
  CHECK(message(j).find("timeline") != std::string::npos);
  j = sample_record();
  j["acts"][0]["summary"] = 5;
  CHECK(message(j).find("summary") != std::string::npos);
}

TEST_CASE("story: a beat goes through JSON unchanged") {
  story_beat b;
  b.id = "well#2";
  b.title = "The Well";
  b.line = timeline::monthly;
  b.act = 2;
  b.acts_total = 5;
  b.act_type = "rising";
  b.act_title = "Digging";
  b.summary = "They dig.";
  b.telling = "So they dig.";
  b.entities = {"Sutton"};
  b.themes = {"water"};
  b.conflict_level = 0.75;
  b.emotional_tone = "tense";
  b.framing = "rumor";
  b.so_far = {"Dry: No water is left."};
  const nlohmann::json j = b;
  CHECK(nlohmann::json(j.get<story_beat>()) == j);
  CHECK(j.at("timeline") == "monthly");
}

TEST_CASE("story: a skeleton is read with and without its Korean part") {
  auto j = nlohmann::json::parse(R"({
    "template_id": "T-X-001", "template_name": "The Door",
    "canonical_core": {"setting": "apartment", "primary_fear": "isolation", "antagonist": "unknown",
                       "mechanism": "confinement", "twist": "ambiguity"},
    "story_skeleton": {"act_1": "A door.", "act_2": "It opens.", "act_3": "It shuts."},
    "variation_axes": ["who lives there"]})");
  auto s = j.get<story_skeleton>();
  CHECK(s.mechanism == "confinement");
  CHECK(s.acts == std::vector<std::string>{"A door.", "It opens.", "It shuts."});
  CHECK(s.acts_ko.empty());
  CHECK(nlohmann::json(s) == j);
  j["template_name_ko"] = "문";
  j["story_skeleton_ko"] = {{"act_1", "문이 있다."}, {"act_2", "열린다."}, {"act_3", "닫힌다."}};
  s = j.get<story_skeleton>();
  CHECK(s.acts_ko.size() == 3);
  CHECK(nlohmann::json(s) == j);
  j["story_skeleton"].erase("act_2");
  CHECK_THROWS_AS(j.get<story_skeleton>(), nlohmann::json::exception);
}
