// Tests of what a DJ may know, reason by reason, and of regions and factions.
#include "actors/scheduler/faction_eras.hpp"
#include "actors/scheduler/lore_filter.hpp"
#include "actors/scheduler/lore_regions.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

dj_profile julie() {
  dj_profile dj;
  dj.knowledge.temporal_cutoff_year = 2102;
  dj.knowledge.region = "Appalachia";
  dj.knowledge.forbidden_factions = {"NCR", "Institute", "Brotherhood of Steel"};
  dj.knowledge.forbidden_topics = {"west coast factions", "commonwealth"};
  dj.knowledge.lore.info_sources = {"vault-tec"};
  dj.knowledge.lore.tiers = {"common"};
  return dj;
}

lore_record at_home() {
  lore_record r;
  r.region = "Appalachia";
  r.year_min = r.year_max = 2100;
  return r;
}

lore_refusal judged(const dj_profile& dj, const lore_record& r) { return lore_filter(dj).judge(glance_at(r)); }

} // namespace

TEST_CASE("lore_filter: each reason is found, the first in order is named") {
  auto r = at_home();
  CHECK(judged(julie(), r) == lore_refusal::none);
  r.year_max = 2103;
  CHECK(judged(julie(), r) == lore_refusal::temporal);
  r.year_min = r.year_max = std::nullopt;
  CHECK(judged(julie(), r) == lore_refusal::undated);
  r = at_home();
  r.era = "Wastelanders";
  CHECK(judged(julie(), r) == lore_refusal::era);
  r = at_home();
  for (const auto* name : {"NCR", "caesar_legion", "Railroad", "Great Khans", "brotherhood of steel"}) {
    r.factions = {name};
    INFO(name);
    CHECK((judged(julie(), r) == lore_refusal::faction) == (find_faction(name) != nullptr));
  }
  r.factions = {"Responders"};
  CHECK(judged(julie(), r) == lore_refusal::none);
  r.tier = "classified";
  CHECK(judged(julie(), r) == lore_refusal::tier);
}

TEST_CASE("lore_filter: common knowledge and sources open what is neither home nor foreign") {
  auto r = at_home();
  r.region = "Capital Wasteland";
  CHECK(judged(julie(), r) == lore_refusal::regional);
  r.tier = "common";
  CHECK(judged(julie(), r) == lore_refusal::none);
  r.region = "Commonwealth";
  CHECK(judged(julie(), r) == lore_refusal::regional);
  r.region = "Elsewhere";
  r.tier = "regional";
  r.info_source = "Vault-Tec";
  CHECK(judged(julie(), r) == lore_refusal::none);
}

TEST_CASE("lore_filter: a DJ of the west coast knows it, restricted matters only those with informants") {
  dj_profile vegas;
  vegas.knowledge.temporal_cutoff_year = 2281;
  vegas.knowledge.region = "Mojave";
  vegas.knowledge.lore.region_types = {"West Coast"};
  vegas.knowledge.lore.restricted = true;
  auto r = at_home();
  r.region = "Shady Sands";
  CHECK(judged(vegas, r) == lore_refusal::regional);
  r.region_type = "west coast";
  CHECK(judged(vegas, r) == lore_refusal::none);
  r.tier = "restricted";
  CHECK(judged(vegas, r) == lore_refusal::none);
  CHECK(judged(julie(), r) == lore_refusal::tier);
}

TEST_CASE("lore_filter: tiers at home and post-war matters may be limited") {
  dj_profile travis;
  travis.knowledge.temporal_cutoff_year = 2287;
  travis.knowledge.region = "Commonwealth";
  travis.knowledge.lore.home_tiers = {"common", "regional"};
  travis.knowledge.lore.post_war = true;
  auto r = at_home();
  r.region = "Commonwealth";
  r.tier = "regional";
  CHECK(judged(travis, r) == lore_refusal::none);
  r.year_min = r.year_max = 2070;
  CHECK(judged(travis, r) == lore_refusal::temporal);
}

TEST_CASE("lore_regions: many names mean one region") {
  CHECK(normalised_region("West Virginia") == "Appalachia");
  CHECK(normalised_region("Flatwoods, appalachia") == "Appalachia");
  CHECK(normalised_region("mojave_wasteland") == "Mojave");
  CHECK(normalised_region("Boston") == "Commonwealth");
  CHECK(normalised_region("Washington, D.C.") == "Capital Wasteland");
  CHECK(normalised_region("  Zion Canyon ") == "Zion Canyon");
  CHECK(normalised_region("Bostonian") == "Bostonian");
  CHECK(same_region("New Vegas", "Mojave Wasteland"));
}

TEST_CASE("faction_eras: names in a text are whole words, capitalised as listed") {
  CHECK(factions_named_in("An NCR patrol met the Great Khans.") == std::vector<std::string>{"NCR", "Great Khans"});
  CHECK(factions_named_in("A railroad ran past the institute of arts.").empty());
  CHECK(factions_named_in("The Legion's camp").size() == 1);
  CHECK(find_faction("caesar's legion")->founded == 2247);
  CHECK(find_faction("the Brotherhood of Steel") != nullptr);
  CHECK(find_faction("Nobody") == nullptr);
}
