// What the trial of a grammar finds, and that the packs that come with the program pass it.
#include "actors/generator/grammar_trial.hpp"

#include "actors/generator/facts.hpp"
#include "storage/pack_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace longwave;
using nlohmann::json;

namespace {

std::shared_ptr<content_pack> pack_named(const std::string& name) {
  auto pack = storage::load_pack(std::string(LONGWAVE_SOURCE_DIR) + "/packs/" + name);
  REQUIRE(pack);
  return std::make_shared<content_pack>(std::move(pack.value()));
}

} // namespace

TEST_CASE("grammar trial: the packs of the program have something to say for every DJ and plan") {
  for (const auto* name : {"appalachia", "mojave", "commonwealth", "capital", "midnight", "schema/starter"}) {
    INFO(name);
    for (const auto& fault : grammar_faults(pack_named(name))) FAIL_CHECK(fault);
  }
}

TEST_CASE("grammar trial: a rule that only one of two DJs can use is named with the other") {
  auto pack = pack_named("commonwealth");
  auto& greetings = pack->grammars.at("en")["rules"]["greet"];
  const auto nervous = [](const json& a) { return a.is_object() && a["when"].value("dj.name", "") == "Travis Miles (Nervous) (2287, Commonwealth)"; };
  for (auto it = greetings.begin(); it != greetings.end();) it = nervous(*it) ? greetings.erase(it) : it + 1;
  const auto faults = grammar_faults(pack);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].find("no alternative of rule greet fits (Travis Miles (Nervous) (2287, Commonwealth), ") == 0);
}

TEST_CASE("grammar trial: an unknown fact is named once per grammar, whether it stops anything or not") {
  auto pack = pack_named("schema/starter");
  auto& rules = pack->grammars.at("en")["rules"];
  rules["greet"].push_back("Hello, {gossip.subjekt}");
  rules["greet"].push_back(json::parse(R"({"text": "Hello", "when": {"gossip.subjekt": true}})"));
  CHECK(grammar_faults(pack) == std::vector<std::string>{"grammar en: there is no fact gossip.subjekt"});
}

TEST_CASE("facts: every fact that a plan has is a known one") {
  const auto pack = pack_named("appalachia");
  segment_plan plan;
  plan.seq = 3;
  plan.position = {1, 7, 1, "2102-10-23"};
  plan.weather = {"rad_storm", "severe", 48, true, "", "cloudy"};
  plan.forecast = {plan.weather, plan.weather};
  plan.gossip = gossip_topic{"g", "romance", "a bell", "rumor"};
  plan.news = news_topic{"military_action", 0.8, "confirmed", "a fort"};
  plan.catchphrase = "Be kind";
  story_beat beat;
  beat.id = "x";
  beat.title = "X";
  beat.act_type = "setup";
  beat.act_title = "One";
  beat.summary = "Somebody came.";
  beat.telling = "Somebody did come.";
  beat.framing = "direct";
  beat.emotional_tone = "calm";
  beat.entities = {"Nobody Here"};
  beat.themes = {"patience"};
  beat.so_far = {"Before: it began."};
  beat.callback = story_callback{"y", "Y", "Maud", "it ended", 3, 1};
  plan.beat = beat;
  plan.structure = "a";
  std::size_t found = 0;
  const auto facts = facts_of(plan, pack->profiles[0]);
  for (const auto& [name, value] : facts.entries()) {
    INFO(name);
    CHECK(is_known_fact(name));
    ++found;
  }
  CHECK(found > 45);
  segment_plan tale;
  tale.skeleton = pack_named("midnight")->skeletons.at(0);
  tale.target_length = 500;
  const auto tale_facts = facts_of(tale, {});
  for (const auto& [name, value] : tale_facts.entries()) {
    INFO(name);
    CHECK(is_known_fact(name));
  }
  for (const auto* name : {"rejected", "beat.plain"}) CHECK(is_known_fact(name)); // the offline backend's own
  for (const auto* name : {"", "bea", "beat", "beat.", "zzz"}) CHECK_FALSE(is_known_fact(name));
}
