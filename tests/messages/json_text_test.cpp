// Tests of the hand-written JSON: every form that a commit writes must be what the library's sorted dump would be.
#include "messages/checkpoint.hpp"
#include "messages/json_text.hpp"
#include "messages/segment.hpp"
#include "messages/status.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>

using namespace longwave;
using nlohmann::json;

namespace {

const std::string awkward = "a \"quoted\"\nline \\ \x01 caf\xc3\xa9 \xff";

/// The library's compact dump of what `text` says.
std::string again(const std::string& text) {
  return json::parse(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class T>
std::string text_of(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

segment_plan full_plan() {
  segment_plan p;
  p.seq = 17;
  p.type = segment_type::story;
  p.position = {2, 7, 1, "2102-10-24"};
  p.weather = {"rainy", "minor", -3, true, "rainy@2102-10-24/1", "cloudy"};
  p.forecast = {p.weather, p.weather};
  p.gossip = gossip_topic{"g1", "romance", awkward, "rumor"};
  p.news = news_topic{"trade", 0.85, "solid reports", awkward};
  story_beat beat;
  beat.id = "lost#2";
  beat.title = awkward;
  beat.entities = {"Mae", "Tom"};
  beat.conflict_level = 1.0 / 3;
  p.beat = beat;
  p.structure = "b";
  p.catchphrase = awkward;
  p.hints = {{"one", awkward}, {}, {"x"}, "c"};
  story_skeleton s;
  s.template_id = "T1";
  s.acts = {"One.", "Two.", "Three."};
  p.skeleton = s;
  return p;
}

} // namespace

TEST_CASE("json writer: commas stand between entries and nowhere else", "[messages]") {
  std::string out;
  json_writer w(out);
  w.begin_object().name("a").begin_list().end_list().name("b").begin_list().number(1).begin_object().end_object();
  w.text("x").end_list().name("c").boolean(false).name("d").raw("null").key("e\"").fraction(0.5).end_object();
  CHECK(out == R"({"a":[],"b":[1,{},"x"],"c":false,"d":null,"e\"":0.5})");
}

TEST_CASE("json writer: fractions are written as the library writes them", "[messages]") {
  for (const double value : {0.0, 0.5, -12.25, 1.0, 1.0 / 3, 0.001, 0.0001, 1e9, 1e20, 123456.789, 0.1 + 0.2,
                             std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    std::string out;
    append_json_double(out, value);
    CHECK(out == json(value).dump());
  }
}

TEST_CASE("a plan's text equals the library's dump of it", "[messages]") {
  const auto full = full_plan();
  CHECK(text_of(full) == again(text_of(full)));
  CHECK(text_of(segment_plan{}) == again(text_of(segment_plan{})));
  const auto j = json(full);
  for (const auto* name : {"seq", "type", "position", "segments_per_hour", "structure", "catchphrase", "min_words", "max_words",
                           "hints", "weather", "forecast", "gossip", "news", "story", "skeleton", "language", "target_length"})
    CHECK(j.contains(name));
  CHECK(j["story"].get<story_beat>().conflict_level == full.beat->conflict_level);
  CHECK(j["forecast"].size() == 2);
}

TEST_CASE("counters and checkpoints survive their text", "[messages]") {
  run_counters c;
  c.accepted = 3;
  c.last_failure = awkward;
  c.by_severity["warning"] = 2;
  c.by_category[awkward] = 1;
  CHECK(text_of(c) == again(text_of(c)));
  CHECK(json::parse(text_of(run_counters{}))["by_category"] == json::object());
  const auto counters = json::parse(text_of(c)).get<run_counters>();
  CHECK(text_of(counters) == again(text_of(c)));
  checkpoint_record point{"id", checkpoint_kind::weekly, 112, {7, 21, 1, "2102-10-29"}, "2000-01-01T00:00:00Z", "ab"};
  CHECK(text_of(point) == again(text_of(point)));
  CHECK(json::parse(text_of(point)).get<checkpoint_record>().kind == checkpoint_kind::weekly);
}
