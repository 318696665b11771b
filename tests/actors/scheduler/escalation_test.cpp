// Escalation: conditions at their boundaries, chance by hand, transforms per timeline (A31).
#include "actors/scheduler/escalation.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

const std::vector<std::string> nobody, nowhere;

escalation_input able(timeline line = timeline::daily) {
  escalation_input in{line, 0, 0.75, 20, std::nullopt, nobody, nowhere};
  return in;
}

double chance(const escalation_input& in) { return escalation_chance(in, escalation_mode::natural); }

} // namespace

TEST_CASE("escalation: the chance is base, engagement and the best bonus of either kind") {
  auto in = able();
  CHECK(chance(in) == Approx(0.20));
  in.engagement = 0.9;
  CHECK(chance(in) == Approx(0.24));
  const std::vector<std::string> factions{"raiders", "NCR", "Railroad"}, places{"Appalachia", "the Commonwealth"};
  in.factions = factions;
  in.locations = places;
  CHECK(chance(in) == Approx(0.24 * 1.25 * 1.2));
  CHECK(chance(able(timeline::weekly)) == Approx(0.15));
  CHECK(chance(able(timeline::monthly)) == Approx(0.10));
}

TEST_CASE("escalation: test_max_escalation_enforced (A31), every condition at its boundary") {
  auto in = able();
  in.count = 1;
  CHECK(chance(in) > 0);
  in.count = 2;
  CHECK(chance(in) == 0);
  CHECK(escalation_chance(in, escalation_mode::always) == 0);
  in = able();
  in.engagement = 0.749;
  CHECK(chance(in) == 0);
  CHECK(escalation_chance(in, escalation_mode::always) == 1);
  CHECK(escalation_chance(in, escalation_mode::never) == 0);
  in = able();
  in.hours_since_last = 47;
  CHECK(escalation_chance(in, escalation_mode::always) == 0);
  in.hours_since_last = 48;
  CHECK(escalation_chance(in, escalation_mode::always) == 1);
  for (const auto& [line, least] : {std::pair{timeline::daily, 2}, {timeline::weekly, 5}, {timeline::monthly, 15}}) {
    in = able(line);
    in.broadcasts = least;
    CHECK(chance(in) > 0);
    in.broadcasts = least - 1;
    CHECK(chance(in) == 0);
  }
  CHECK(escalation_chance(able(timeline::yearly), escalation_mode::always) == 0);
}

TEST_CASE("escalation: ids carry the chain") {
  CHECK(escalated_id("x", timeline::weekly) == "x_escalated_weekly");
  const auto name = parse_sequel("x_escalated_weekly_escalated_monthly");
  REQUIRE(name);
  CHECK(name->parent == "x_escalated_weekly");
  CHECK(name->line == timeline::monthly);
  CHECK_FALSE(parse_sequel("x"));
  CHECK_FALSE(parse_sequel("_escalated_weekly"));
  CHECK_FALSE(parse_sequel("x_escalated_daily"));
  CHECK_FALSE(escalated_line(timeline::yearly));
}

TEST_CASE("escalation: without plots a sequel is the story again, with more conflict and more acts") {
  auto story = sample_story("x", timeline::daily, 4);
  for (auto& act : story.acts) act.conflict_level = 0.95;
  const auto weekly = make_sequel(story, timeline::weekly, {}, 7);
  CHECK(weekly.story_id == "x_escalated_weekly");
  CHECK(weekly.line == timeline::weekly);
  CHECK(weekly.title == "After Title of x");
  REQUIRE(weekly.acts.size() == 4);
  CHECK(weekly.acts[0].conflict_level == 1.0);
  const auto monthly = make_sequel(weekly, timeline::monthly, {}, 7);
  CHECK(monthly.acts.size() == 7); // a complication behind each of the three that are not the resolution
  CHECK(monthly.title == "Long after Title of x");
  for (std::size_t i = 0; i < monthly.acts.size(); ++i) CHECK(monthly.acts[i].act_number == static_cast<int>(i) + 1);
  CHECK(monthly.acts.back().act_type == "resolution");
  const auto yearly = make_sequel(weekly, timeline::yearly, {}, 7);
  CHECK(yearly.acts.size() == 6); // a thread beside each of the two in the middle
}

TEST_CASE("escalation: a plot of the pack is filled with the story's names") {
  auto plot = sample_story("p", timeline::weekly, 3);
  plot.content_type = "sequel";
  plot.acts[0].summary = "{hero} of {place} remembers {title}.";
  plot.acts[0].entities = {"{hero}", "{place}"};
  auto between = plot;
  between.content_type = "complication";
  between.acts.resize(1);
  auto story = sample_story("x", timeline::daily, 4);
  story.locations = {"Cass"};
  const std::vector<story_record> plots{story, plot, between};
  CHECK(is_plot(plot));
  CHECK_FALSE(is_plot(story));
  const auto weekly = make_sequel(story, timeline::weekly, plots, 3);
  REQUIRE(weekly.acts.size() == 3);
  CHECK(weekly.acts[0].summary == "Tess of Cass remembers Title of x.");
  CHECK(weekly.acts[0].entities == std::vector<std::string>{"Tess", "Cass"});
  // One complication in the pack: it is put in once, never told twice.
  CHECK(make_sequel(weekly, timeline::monthly, plots, 3).acts.size() == 4);
}
