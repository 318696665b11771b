// Forbidden factions and topics.
#include "actors/validator/lore.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace longwave;

namespace {

std::vector<violation> found_in(std::string_view text) {
  knowledge_limits limits;
  limits.forbidden_factions = {"NCR", "Institute", "Railroad", "Brotherhood of Steel"};
  limits.forbidden_topics = {"synths", "west coast factions", "commonwealth", "sole survivor", "vault 111"};
  phrase_set phrases;
  add_lore_phrases(phrases, limits);
  phrases.seal();
  const word_list words(text);
  std::vector<phrase_hit> hits;
  phrases.find(words, hits);
  std::vector<violation> out;
  judge_lore(phrases, hits, words, out);
  return out;
}

} // namespace

TEST_CASE("lore: a forbidden faction is critical and named") {
  const auto found = found_in("Word is the NCR's patrols came by, and the NCR stayed.");
  REQUIRE(found.size() == 1);
  CHECK(found[0].rule == "forbidden_faction");
  CHECK(found[0].category == "lore");
  CHECK(found[0].level == severity::critical);
  CHECK(found[0].message.find("NCR") != std::string::npos);
  CHECK(found[0].evidence.find("NCR") != std::string::npos);
}

TEST_CASE("lore: a listed capital matches only so capitalised") {
  CHECK(found_in("He would institute a rule by the old railroad.").empty());
  CHECK(found_in("The Institute watches the Railroad.").size() == 2);
  CHECK(found_in("the Brotherhood of Steel").size() == 1);
  CHECK(found_in("a brotherhood of miners").empty());
}

TEST_CASE("lore: topics in small letters match in any case and in the plural") {
  CHECK(found_in("Up in the Commonwealth.").size() == 1);
  CHECK(found_in("two commonwealths").size() == 1);
  CHECK(found_in("SOLE SURVIVOR").size() == 1);
  CHECK(found_in("West Coast factions").size() == 1);
  CHECK(found_in("Vault 111 opened").size() == 1);
  CHECK(found_in("Vault 1110 and Vault 11").empty());
}

TEST_CASE("lore: a listed plural matches the plural alone") {
  CHECK(found_in("a synth song").empty());
  CHECK(found_in("synths again").size() == 1);
  CHECK(found_in("Synths again").size() == 1);
  CHECK(found_in("photosynths").empty());
}

TEST_CASE("lore: a name joined to digits is no word") {
  CHECK(found_in("form NCR-7").empty());
  CHECK(found_in("7-NCR").empty());
  CHECK(found_in("the anti-NCR crowd").size() == 1);
}
