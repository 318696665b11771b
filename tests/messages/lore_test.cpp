// Tests of lore records and passages as JSON.
#include "messages/lore.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("lore: a record reads back with all its fields, and leaves out what it has not") {
  lore_record r;
  r.id = "well-1";
  r.title = "The Well";
  r.text = "The well at Sutton ran dry.";
  r.region = "Appalachia";
  r.year_max = 2101;
  r.post_war = true;
  r.factions = {"Responders"};
  r.acts.resize(1);
  r.acts[0].summary = "The well runs dry.";
  r.line = timeline::weekly;
  r.layer = "strict";
  r.line_number = 7;
  const nlohmann::json j = r;
  CHECK_FALSE(j.contains("year_min"));
  CHECK_FALSE(j.contains("section"));
  const auto back = j.get<lore_record>();
  CHECK(nlohmann::json(back) == j);
  CHECK(back.year_max == 2101);
  CHECK_FALSE(back.year_min);
  CHECK(back.line == timeline::weekly);
  CHECK(back.acts.at(0).summary == "The well runs dry.");
}

TEST_CASE("lore: a record without an id is refused") {
  CHECK_THROWS_AS(nlohmann::json::object().get<lore_record>(), nlohmann::json::exception);
}

TEST_CASE("lore: a passage reads back") {
  const lore_passage p{"a", "The Well", "It ran dry.", "strict", "hearsay", "lore.jsonl:7", 0};
  CHECK(nlohmann::json(p).get<lore_passage>() == p);
}
