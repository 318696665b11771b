// Narrative weight against a table that was computed by hand (acceptance A32).
#include "actors/scheduler/narrative_weight.hpp"

#include <catch2/catch.hpp>

#include <numeric>

using namespace longwave;

namespace {

struct golden {
  const char* why;
  narrative_input story;
  double weight;
  const char* category;
};

narrative_input text(const char* title) {
  narrative_input in;
  in.title = title;
  return in;
}

// Each sum stands beside its row: start 5.0, then the terms in the table's order.
const std::vector<golden> table{
  {"5.0 - 0.5 collect - 1.0 acts", text("Collect 10 wood"), 3.5, "minor"},
  {"5.0 + 0.7 save - 1.0 acts", text("Save settlement from raiders"), 4.7, "minor"},
  {"5.0 - 2.0 (five trivial words, limit) - 1.0 acts - 0.5 calm",
   {"Gather, fetch and deliver", "Find a simple spring; an easy walk.", "", {{}}, {}, 1, 0.3}, 1.5, "trivial"},
  {"5.0 - 2.0 - 1.0 - 0.5, with nothing to raise it, stays above the lower clamp",
   {"Pick up and talk to", "Return to the small camp. Retrieve it.", "", {{}}, {}, 0, 0.0}, 1.5, "trivial"},
  {"5.0 + 0.7 rescue + 0 two acts", {"Rescue at the ford", "", "", {{}}, {}, 2, {}}, 5.7, "minor"},
  {"5.0 + 0.8 faction + 0.5 acts + 0.8 conflict + 0.5 quest = 7.6",
   {"The lamp", "A patrol walks home.", "quest", {{"Responders"}}, {}, 3, 0.6}, 7.6, "significant"},
  {"5.0 + 2.0 (three factions, limit) + 1.5 acts + 1.5 conflict = 10.0",
   {"The table", "They sit down.", "", {{"NCR", "Enclave", "Minutemen"}}, {}, 5, 0.8}, 10.0, "epic"},
  {"5.0 + 3.0 (five significant words, limit) + 2.0 + 1.5 + 0.3 event + 1.5 themes, upper clamp",
   {"The final war", "Battle to save and defend the ridge.", "event", {{}},
    {"sacrifice", "betrayal", "redemption", "survival"}, 8, 0.9}, 10.0, "epic"},
  {"5.0 + 0.8 two themes + 0.5 acts = 6.3", {"A quiet trade", "Salt for seed.", "", {{}}, {"Redemption", "war"}, 4, 0.5},
   6.3, "significant"},
  {"5.0 + 0.5 acts + 0.5 quest = 6.0, the edge of minor", {"A lamp", "It burns.", "quest", {{}}, {}, 3, 0.5}, 6.0,
   "minor"},
  {"5.0 + 1.4 two words + 2.0 acts + 0.3 event + 0.3: 9.0 needs no more; 5.0+1.4+2.0+0.3+0.4 = 9.1",
   {"Reveal", "They defeat the flood.", "event", {{}}, {"survival"}, 7, 0.5}, 9.1, "epic"},
  {"5.0 - 1.5 three words - 0.5 calm + 0 = 3.0, the edge of trivial",
   {"Find, gather", "and fetch", "", {{}}, {}, 2, 0.2}, 3.0, "trivial"},
};

} // namespace

TEST_CASE("narrative weight: test_scoring_differentiates (A32), a table computed by hand") {
  for (const auto& row : table) {
    INFO(row.why);
    const auto w = weigh_narrative(row.story);
    CHECK(w.weight == row.weight);
    CHECK(w.category == row.category);
    const double sum = std::accumulate(w.terms.begin(), w.terms.end(), 0.0,
                                       [](double s, const narrative_term& t) { return s + t.points; });
    CHECK(sum == Approx(w.weight));
  }
  CHECK(weigh_narrative(table[0].story).weight < weigh_narrative(table[1].story).weight);
}

TEST_CASE("narrative weight: the lower clamp holds and shows as a term") {
  // No table row sums below 1.0 (5.0 - 2.0 - 1.0 - 0.5 = 1.5), so the clamp is looked at from the rule struct.
  const narrative_rules rules;
  CHECK(rules.start + rules.trivial_limit + rules.acts_one_or_none + rules.conflict_low >= rules.least);
  const auto top = weigh_narrative(table[7].story);
  REQUIRE(top.terms.back().name == "clamp");
  CHECK(top.terms.back().points < 0);
}

TEST_CASE("narrative weight: words match whole, in any case, and count once") {
  CHECK(weigh_narrative(text("Warm toward warning")).weight == weigh_narrative(text("Lamp")).weight);
  CHECK(weigh_narrative(text("SAVE, save; Save!")).weight == weigh_narrative(text("save")).weight);
  CHECK(weigh_narrative(text("Collecting savers")).weight == weigh_narrative(text("Lamp")).weight);
  CHECK(weigh_narrative(text("hold\u2014save\u2014run")).weight == weigh_narrative(text("save")).weight);
}

TEST_CASE("narrative weight: a listed faction decides, a text without a list is searched") {
  auto story = text("The Brotherhood of Steel and Caesar\u2019s Legion");
  CHECK(weigh_narrative(story).weight == 5.6);
  story.factions = std::vector<std::string>{};
  CHECK(weigh_narrative(story).weight == 4.0);
  story.factions = std::vector<std::string>{"caesars_legion", "the Free States", "free_states"};
  CHECK(weigh_narrative(story).weight == 5.6);
}

TEST_CASE("narrative weight: each timeline begins at its least weight") {
  const std::vector<std::pair<double, timeline>> edges{{1.0, timeline::daily},  {2.9, timeline::daily},
                                                       {3.0, timeline::weekly}, {5.9, timeline::weekly},
                                                       {6.0, timeline::monthly}, {7.9, timeline::monthly},
                                                       {8.0, timeline::yearly}, {10.0, timeline::yearly}};
  for (const auto& [weight, line] : edges) CHECK(timeline_for(weight) == line);
}

TEST_CASE("narrative weight: daily, repeatable and tutorial make no story") {
  CHECK(weigh_narrative(text("Repeatable: the daily round")).rejected_by == "daily");
  CHECK(weigh_narrative(text("A tutorial")).rejected_by == "tutorial");
  CHECK(weigh_narrative(text("Dailyness")).rejected_by.empty());
}
