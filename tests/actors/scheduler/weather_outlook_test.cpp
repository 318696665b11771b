// Orders above the weather calendar: they hold forward only, and an event is alerted once (C21, C22).
#include "actors/scheduler/weather_outlook.hpp"

#include "tests/actors/scheduler/sample_pack.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::test;

namespace {

weather_outlook sample_outlook() { return {make_calendar(1, 6, 16, "2102-10-23"), 3, "Appalachia"}; }

} // namespace

TEST_CASE("weather outlook: an order holds from its segment on until it is taken back") {
  auto w = sample_outlook();
  const auto plain = sample_outlook();
  w.apply({"snow", "severe", -5}, 10);
  CHECK(w.report(9).type == plain.report(9).type);
  CHECK(w.report(10).type == "snow");
  CHECK(w.report(10).intensity == "severe");
  CHECK(w.report(500).temperature_f == -5);
  w.apply({}, 20);
  CHECK(w.report(19).type == "snow");
  CHECK(w.report(20).type == plain.report(20).type);
  weather_overrides again;
  again.load(w.piece());
  CHECK(again.piece() == w.piece());
}

TEST_CASE("weather outlook: an ordered emergency is alerted once, an interrupted one not twice") {
  auto w = sample_outlook();
  w.apply({"dust_storm", "minor", {}}, 10);
  CHECK(w.report(10).intensity == "moderate"); // emergencies are never minor
  CHECK(w.alert_due(10));
  for (std::uint64_t seq = 11; seq < 40; ++seq) CHECK_FALSE(w.alert_due(seq));
  w.apply({"sunny", {}, {}}, 40);
  CHECK_FALSE(w.alert_due(40));
  w.apply({"rad_storm", {}, {}}, 45);
  CHECK(w.alert_due(45));
}

TEST_CASE("weather outlook: orders that cannot be are explained") {
  CHECK(fault_of({"hail", {}, {}}).find("rad_storm") != std::string::npos);
  CHECK_FALSE(fault_of({"snow", "huge", {}}).empty());
  CHECK_FALSE(fault_of({"snow", {}, 500}).empty());
  CHECK(fault_of({"snow", "minor", 10}).empty());
  CHECK(fault_of({}).empty());
}

TEST_CASE("weather outlook: segments before an order are planned as they were, those after it as ordered") {
  const auto pack = sample_pack();
  show plain(sample_config(5, 64), pack), ordered(sample_config(5, 64), pack);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) CHECK(as_text(*play(plain, seq)) == as_text(*play(ordered, seq)));
  ordered.override_weather({"rad_storm", "severe", {}}, 22);
  CHECK(as_text(*play(plain, 21)) == as_text(*play(ordered, 21)));
  CHECK(play(ordered, 22)->type == segment_type::emergency_weather);
  CHECK(play(ordered, 23)->weather.type == "rad_storm");
  std::map<std::string, nlohmann::json> state;
  keep(state, ordered);
  CHECK(state.count("weather") == 1);
  auto restored = show::restore(sample_config(5, 64), pack, ordered.all_pieces());
  REQUIRE(restored);
  CHECK(as_text(*restored.value().plan(24)) == as_text(*ordered.plan(24)));
}
