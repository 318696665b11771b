// Names of other regions.
#include "actors/validator/region.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace longwave;

namespace {

std::vector<violation> found_in(const knowledge_limits& limits, std::string_view text) {
  phrase_set phrases;
  add_region_phrases(phrases, limits);
  phrases.seal();
  const word_list words(text);
  std::vector<phrase_hit> hits;
  phrases.find(words, hits);
  std::vector<violation> out;
  judge_region(phrases, hits, words, out);
  return out;
}

knowledge_limits home(std::string region) {
  knowledge_limits limits;
  limits.region = std::move(region);
  return limits;
}

} // namespace

TEST_CASE("region: each region has its own foreign names") {
  CHECK(found_in(home("Appalachia"), "The Mojave and New Vegas and the Minutemen").size() == 3);
  CHECK(found_in(home("Appalachia"), "Appalachia, Flatwoods, Vault 76").empty());
  CHECK(found_in(home("Mojave"), "New Vegas, NCR").empty());
  CHECK(found_in(home("Mojave Wasteland"), "Diamond City and Appalachia").size() == 2);
  CHECK(found_in(home("Commonwealth"), "Mr. House and Caesar's Legion, Vault 76").size() == 3);
  CHECK(found_in(home("Commonwealth"), "the Railroad and the Institute").empty());
}

TEST_CASE("region: a foreign name is critical and regional") {
  const auto found = found_in(home("Appalachia"), "a rider from the Mojave's edge");
  REQUIRE(found.size() == 1);
  CHECK(found[0].level == severity::critical);
  CHECK(found[0].category == "regional");
  CHECK(found[0].rule == "foreign_name");
}

TEST_CASE("region: ordinary nouns are not names") {
  CHECK(found_in(home("Appalachia"), "along the railroad, to institute a commonwealth of minutemen").empty());
}

TEST_CASE("region: an unknown region only warns") {
  const auto found = found_in(home("Capital Wasteland"), "the Mojave, they say");
  REQUIRE(found.size() == 1);
  CHECK(found[0].level == severity::warning);
  CHECK(found_in(home("Moon Base"), "Diamond City").at(0).level == severity::warning);
}

TEST_CASE("region: a profile's own list replaces the table") {
  knowledge_limits limits = home("Appalachia");
  limits.foreign_names = {"Ronto"};
  CHECK(found_in(limits, "the Mojave").empty());
  CHECK(found_in(limits, "a letter from Ronto").at(0).level == severity::critical);
}

TEST_CASE("region: a faction that the DJ knows is not foreign") {
  knowledge_limits limits = home("Appalachia");
  limits.known_factions = {"Minutemen"};
  CHECK(found_in(limits, "the Minutemen").empty());
  CHECK(found_in(limits, "the Railroad").size() == 1);
}

TEST_CASE("region: known regions have places, others none") {
  CHECK_FALSE(home_places("Appalachia").empty());
  CHECK_FALSE(home_places("Mojave Wasteland").empty());
  CHECK(home_places("Moon Base").empty());
  CHECK(home_places("").empty());
}
