// Callbacks: what a beat may refer back to, when, and that only what was really said counts.
#include "actors/scheduler/story_callbacks.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace longwave;
using namespace longwave::test;

namespace {

story_record named(const std::string& id, std::vector<std::string> characters, std::vector<std::string> locations = {},
                   std::vector<std::string> factions = {}) {
  auto s = sample_story(id, timeline::daily, 3);
  s.characters = std::move(characters);
  s.locations = std::move(locations);
  s.factions = std::move(factions);
  return s;
}

std::optional<callback_link> tie(const story_record& now, const story_record& past) {
  callback_link link;
  if (!story_names(now).tie_to(past, story_names(past), link)) return std::nullopt;
  return link;
}

struct uttered {
  std::uint64_t seq = 0;
  int day = 0;
  std::string from;
  int act = 0;
  story_callback to;
};

/// Settles as accepted with a text that says of the callback what a DJ would, or nothing of it.
std::shared_ptr<const segment_plan> tell(show& s, std::uint64_t seq, bool say_callback = true) {
  const auto plan = s.plan(seq);
  std::string text = "Words of segment number " + std::to_string(seq) + " on the air.";
  if (plan->beat && plan->beat->callback && say_callback) {
    const auto& c = *plan->beat->callback;
    text += " You remember " + c.title + " and " + c.entity + ". " + c.outcome;
  }
  variety_mark mark;
  mark.structure = plan->structure;
  s.settle(*plan, {true, &text, &mark, plan->beat ? 0.8 : -1.0, false});
  return plan;
}

std::vector<uttered> callbacks_in(show& s, std::uint64_t to) {
  std::vector<uttered> out;
  for (std::uint64_t seq = 1; seq <= to; ++seq) {
    const auto plan = tell(s, seq);
    if (plan->beat && plan->beat->callback)
      out.push_back({seq, plan->position.day, plan->beat->id, plan->beat->act, *plan->beat->callback});
  }
  return out;
}

std::string story_of(const std::string& airing) { return airing.substr(0, airing.find('#')); }

} // namespace

TEST_CASE("story callbacks: stories are tied by what both name, people before places before factions", "[callbacks]") {
  const auto now = named("now", {"Tess"}, {"Sutton", "Appalachia"}, {"Responders"});
  CHECK_FALSE(tie(now, named("p", {"Hob"}, {"Grafton"}, {"Raiders"})));
  CHECK(tie(now, named("p", {"Hob"}, {"Sutton"}, {"Responders"}))->tie == callback_tie::place);
  CHECK(tie(now, named("p", {"TESS"}, {"Sutton"}))->entity == "TESS");
  CHECK(tie(now, named("p", {}, {}, {"responders"}))->tie == callback_tie::faction);
  CHECK_FALSE(tie(now, named("p", {"Hob"}, {"Appalachia"}))); // home names everything
  auto past = named("p", {"Hob"});
  past.acts.back().entities = {"Tess"};
  CHECK(tie(now, past)->tie == callback_tie::entity);
}

TEST_CASE("story callbacks: an author's link needs no name in common and comes first", "[callbacks]") {
  auto now = named("now", {"Tess"});
  now.callbacks = {"p"};
  const auto link = tie(now, named("p", {"Hob"}, {"Grafton"}));
  REQUIRE(link);
  CHECK(link->tie == callback_tie::linked);
  CHECK(link->entity == "Hob");
  now.callbacks = {"Title of q"};
  CHECK(tie(now, named("q", {"Hob"})));
  CHECK_FALSE(tie(now, named("r", {"Hob"})));
}

TEST_CASE("story callbacks: an outcome is whole sentences", "[callbacks]") {
  CHECK(told_outcome("The well runs clear. Nobody is thirsty! And so on for ever.", 6) == "The well runs clear.");
  CHECK(told_outcome("The well runs clear. Nobody is thirsty! And so on.", 7) == "The well runs clear. Nobody is thirsty!");
  CHECK(told_outcome("One sentence longer than the limit asks.", 3) == "One sentence longer than the limit asks.");
  CHECK(told_outcome("") == "");
  auto s = named("p", {"Hob"});
  s.acts.back().summary = std::string(400, 'x') + [] { std::string w; for (int i = 0; i < 80; ++i) w += " word"; return w; }();
  const auto c = make_callback({&s, "p#2", 3, 40}, {callback_tie::character, "Hob"}, 8);
  CHECK(c.outcome == s.acts.back().title);
  CHECK(c.days_ago == 5);
  CHECK(c.id == "p#2");
  CHECK(c.seq == 40);
}

TEST_CASE("story callbacks: a month refers back within the rules", "[callbacks]") {
  const auto pack = sample_pack();
  constexpr callback_rules limits;
  std::size_t all = 0, beats = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO(seed);
    show s(sample_config(seed, 480), pack);
    const auto said = callbacks_in(s, 480);
    all += said.size();
    std::map<std::string, int> last_day;
    std::set<std::pair<std::string, int>> acts;
    for (std::size_t i = 0; i < said.size(); ++i) {
      const auto& c = said[i];
      INFO(c.seq << " " << c.from << " -> " << c.to.id);
      CHECK(story_of(c.from) != story_of(c.to.id));
      CHECK(c.to.days_ago >= 1);
      CHECK(c.to.seq < c.seq);
      CHECK(c.to.entity == "Tess");
      // Without plots in the pack a sequel tells the acts of the story that it grew from.
      const auto told = c.to.id.substr(0, std::min(c.to.id.find('#'), c.to.id.find("_escalated")));
      CHECK(c.to.outcome.find("of " + told + " something happens") != std::string::npos);
      if (i > 0) CHECK(c.seq - said[i - 1].seq > limits.spacing);
      if (last_day.contains(c.to.id)) CHECK(c.day - last_day[c.to.id] >= limits.rest_days);
      last_day[c.to.id] = c.day;
      CHECK(acts.insert({c.from, c.act}).second);
    }
    // Both ways in what a person sees, and completed ones only.
    std::map<std::string, nlohmann::json> airings;
    for (const auto& a : s.stories_view()) airings[a.at("id")] = a;
    std::size_t from = 0, to = 0;
    for (const auto& [id, a] : airings) {
      from += a.at("callbacks").size();
      to += a.at("called_back").size();
      for (const auto& c : a.at("called_back")) CHECK(airings.at(c.at("from")).at("callbacks").dump().find(id) != std::string::npos);
      if (!a.at("called_back").empty()) CHECK(a.at("status") == "completed");
      beats += a.at("broadcasts").get<std::size_t>();
    }
    CHECK(from == said.size());
    CHECK(to == said.size());
    CHECK(s.story_status().at("callbacks") == said.size());
  }
  // One beat in four at most; spacing and rests take some of them.
  CHECK(all > beats / 20);
  CHECK(all < beats / 4);
}

TEST_CASE("story callbacks: what was planned and not said does not count", "[callbacks]") {
  show s(sample_config(3, 480), sample_pack());
  std::size_t planned = 0;
  for (std::uint64_t seq = 1; seq <= 480; ++seq) {
    const auto plan = tell(s, seq, false);
    planned += plan->beat && plan->beat->callback;
  }
  CHECK(planned > 5);
  CHECK(s.story_status().at("callbacks") == 0);
  for (const auto& a : s.stories_view()) CHECK(a.at("callbacks").empty());
}

TEST_CASE("story callbacks: without names in common there are none", "[callbacks]") {
  auto pack = sample_pack();
  for (auto& story : pack->stories) story.characters = {"Only in " + story.story_id};
  auto config = sample_config(1, 480);
  config.escalation = "never";
  show s(config, pack);
  CHECK(callbacks_in(s, 480).empty());
}

TEST_CASE("story callbacks: a run that was killed anywhere refers back to the same", "[callbacks]") {
  const auto pack = sample_pack();
  const auto config = sample_config(5, 240);
  show whole(config, pack), cut(config, pack);
  std::map<std::string, nlohmann::json> state;
  std::size_t callbacks = 0;
  for (std::uint64_t seq = 1; seq <= 240; ++seq) {
    const auto a = tell(whole, seq);
    auto restored = show::restore(config, pack, state);
    REQUIRE(restored);
    cut = std::move(restored.value());
    const auto b = tell(cut, seq);
    REQUIRE(as_text(*a) == as_text(*b));
    keep(state, cut);
    callbacks += a->beat && a->beat->callback;
  }
  CHECK(callbacks > 3);
  CHECK(whole.all_pieces() == cut.all_pieces());
  CHECK(whole.stories_view() == cut.stories_view());
}

TEST_CASE("story callbacks: a state of before there were any is loaded", "[callbacks]") {
  const auto pack = sample_pack();
  const auto config = sample_config(5, 240);
  show s(config, pack);
  std::map<std::string, nlohmann::json> state;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    tell(s, seq, false);
    keep(state, s);
  }
  CHECK_FALSE(state.at("stories").contains("callbacks"));
  auto restored = show::restore(config, pack, state);
  REQUIRE(restored);
  CHECK(restored.value().story_status().at("callbacks") == 0);
}

TEST_CASE("story callbacks: a plan keeps its callback as JSON", "[callbacks]") {
  story_beat beat;
  beat.id = "now";
  beat.title = "Now";
  CHECK_FALSE(nlohmann::json(beat).contains("callback_to"));
  beat.callback = story_callback{"p#2", "The \"Past\"", "Tess", "It ended.", 3, 17};
  const nlohmann::json j = beat;
  CHECK(j.at("callback_to").at("id") == "p#2");
  CHECK(j.get<story_beat>().callback == beat.callback);
}
