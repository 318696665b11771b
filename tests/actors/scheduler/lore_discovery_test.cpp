// Tests of layers, title exclusion and boilerplate.
#include "actors/scheduler/lore_discovery.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

TEST_CASE("lore_discovery: titles of game pages are excluded in any case, their likenesses are not") {
  for (const auto* title : {"Fallout 3 Perks", "fallout 76 quests", "Fallout: New Vegas Weapons", "Fallout New Vegas achievements"}) {
    INFO(title);
    CHECK(title_exclusion(title) == "game_page");
  }
  for (const auto* title : {"Walkthrough:X", "category:X", "List of X", "LIST OF", "Template: X", "Portal :X"}) {
    INFO(title);
    CHECK(title_exclusion(title) == "prefix");
  }
  for (const auto* title : {"X (perk)", "X (Weapon)", "X (armor) ", "X (item)"}) {
    INFO(title);
    CHECK(title_exclusion(title) == "suffix");
  }
  for (const auto* title : {"Beyond the Beef", "The List", "Perks of the Job", "Listless", "Fallout of a Quarrel", "Fallout Shelter Stories", "The Portal", "X (person)", ""}) {
    INFO(title);
    CHECK(title_exclusion(title).empty());
  }
}

TEST_CASE("lore_discovery: the first layer that fits is named") {
  lore_record r;
  r.title = "Bell";
  r.text = "A bell hung in the hollow.";
  CHECK(discovery_layer(r, {}).empty());
  curated_titles curated;
  curated.add("  BELL ");
  CHECK(discovery_layer(r, curated) == "curated");
  r.text = "Speak to the miller. The reward is a bell.";
  CHECK(discovery_layer(r, curated) == "content");
  r.content_type = "Side Quest";
  CHECK(discovery_layer(r, curated) == "fuzzy");
  r.infobox_type = "infobox_quest";
  CHECK(discovery_layer(r, curated) == "strict");
  r.infobox_type = r.content_type = "questionable";
  CHECK(discovery_layer(r, {}) == "content");
}

TEST_CASE("lore_discovery: a heading or the title again is boilerplate") {
  CHECK(is_boilerplate("", "Bell", ""));
  CHECK(is_boilerplate("== Behind the scenes ==", "Bell", "Behind the scenes"));
  CHECK(is_boilerplate("The Bell of Hollow.", "The Bell of Hollow", ""));
  CHECK_FALSE(is_boilerplate("The bell rang at noon.", "Bell", "Story"));
}
