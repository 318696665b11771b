// Tests of the setting's rules over stories: wars, eras, years, events; and that no pack breaks them.
#include "actors/scheduler/story_audit.hpp"
#include "actors/scheduler/story_canon.hpp"
#include "storage/pack_folder.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;

namespace {

story_record story(std::vector<std::string> factions, const std::string& summary, int from = 0, int to = 0) {
  story_record s;
  s.story_id = "s";
  s.title = "A Story";
  s.factions = std::move(factions);
  s.summary = summary;
  s.year_min = from;
  s.year_max = to;
  return s;
}

std::string rules_of(const story_record& s) {
  std::string out;
  for (const auto& f : check_canon(s)) out += (out.empty() ? "" : " ") + (f.error ? "!" + f.rule : f.rule);
  return out;
}

} // namespace

TEST_CASE("canon: factions at war do not cooperate") {
  CHECK(rules_of(story({"NCR", "Caesar's Legion"}, "They form an alliance at the dam.")) == "!hostile_alliance");
  CHECK(rules_of(story({"caesars_legion", "new california republic"}, "The two work Together.")) == "!hostile_alliance");
  CHECK(rules_of(story({}, "The Institute and the Railroad cooperated for a week.")) == "!hostile_alliance");
  CHECK(rules_of(story({"NCR", "Caesar's Legion"}, "They fight for the dam.")).empty());
  CHECK(rules_of(story({"NCR", "Boomers"}, "An alliance is made.")).empty());
  CHECK(rules_of(story({"NCR", "Caesar's Legion"}, "The altogether unallied scouts meet.")).empty()); // no whole word
  CHECK(are_hostile("Legion", "ncr"));
  CHECK_FALSE(are_hostile("NCR", "NCR"));
  CHECK_FALSE(are_hostile("NCR", "nobody"));
}

TEST_CASE("canon: an act counts where one sentence names both and speaks of cooperation") {
  auto s = story({"NCR", "Caesar's Legion"}, "A war.");
  s.acts.resize(2);
  s.acts[0].summary = "The NCR holds the bridge. A family walks home together. Caesar's Legion waits.";
  CHECK(rules_of(s).empty());
  s.acts[1].summary = "Mr. House and Caesar's Legion are allied now.";
  CHECK(rules_of(s) == "!hostile_alliance");
}

TEST_CASE("canon: a faction is not there before it was founded, and rarely after it ended") {
  CHECK(rules_of(story({"Railroad"}, "x", 2200, 2265)) == "!before_founding");
  CHECK(rules_of(story({"Railroad"}, "x", 2200, 2266)).empty());
  CHECK(rules_of(story({"Responders"}, "x", 2097, 2102)) == "after_end");
  CHECK(rules_of(story({"Responders"}, "x", 2096, 2102)).empty());
  CHECK(rules_of(story({"Minutemen"}, "x", 2250, 2260)) == "after_end");
  CHECK(rules_of(story({"Minutemen"}, "x", 2286, 2287)).empty()); // they came back
  CHECK(rules_of(story({"Railroad", "Nobody Known"}, "x")).empty()); // no years: nothing follows
}

TEST_CASE("canon: years and events") {
  CHECK(rules_of(story({}, "x", 2102, 2100)) == "!contradictory_years");
  CHECK(rules_of(story({}, "x", 2076, 2080)) == "before_war");
  CHECK(rules_of(story({}, "On Reclamation Day the door opened.", 2096, 2101)) == "event_outside_years");
  CHECK(rules_of(story({}, "On Reclamation Day the door opened.", 2096, 2102)).empty());
  CHECK(canon_error(story({}, "x", 2102, 2100)) == "contradictory_years: it begins in 2102 and ends in 2100");
  CHECK(canon_error(story({}, "x", 2076, 2080)).empty());
}

TEST_CASE("canon: no story of the packs contradicts the setting") {
  for (const auto* name : {"appalachia", "mojave", "commonwealth", "capital"}) {
    auto pack = storage::load_pack(std::string(LONGWAVE_SOURCE_DIR) + "/packs/" + name);
    REQUIRE(pack);
    const auto before = pack.value().stories.size();
    for (const auto& refused : take_out_contradictions(pack.value().stories, name)) FAIL_CHECK(name << " " << refused.title << ": " << refused.why);
    CHECK(pack.value().stories.size() == before);
  }
}

TEST_CASE("canon: a refused story is named with its reason, and leaves the list") {
  std::vector<story_record> stories{story({}, "fine", 2090, 2100), story({"NCR", "Enclave"}, "A partnership of the two.", 2240, 2242)};
  stories[1].story_id = "bad";
  const auto refused = take_out_contradictions(stories, "lore.jsonl");
  REQUIRE(stories.size() == 1);
  REQUIRE(refused.size() == 1);
  const auto j = refused_json(refused);
  CHECK(j[0]["story_id"] == "bad");
  CHECK(j[0]["reason"] == "hostile_alliance");
  CHECK(j[0]["why"] == "NCR and Enclave are at war, and it speaks of \"partnership\"");
  CHECK(j[0]["source"] == "lore.jsonl");
}
