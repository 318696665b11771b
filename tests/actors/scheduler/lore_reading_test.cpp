// Tests of records as people write them: names of fields, years, faults, links between records.
#include "actors/scheduler/lore_intake.hpp"
#include "actors/scheduler/lore_links.hpp"
#include "actors/scheduler/lore_reading.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

using namespace longwave;
using nlohmann::json;

namespace {

json sound() { return {{"id", "a"}, {"title", "Bell"}, {"text", "It rang at noon."}, {"year_max", 2100}}; }

lore_record read(const json& row) {
  auto got = read_lore_record(row);
  REQUIRE(std::holds_alternative<lore_record>(got));
  return std::get<lore_record>(got);
}

std::string fault_of(const json& change) {
  auto row = sound();
  row.update(change);
  const auto got = read_lore_record(row);
  const auto* fault = std::get_if<lore_fault>(&got);
  return fault ? fault->kind : "";
}

} // namespace

TEST_CASE("lore_reading: fields are found under their other names, flat or in metadata, as numbers or texts") {
  const auto r = read({{"document", "It rang."}, {"metadata", {{"wiki_title", "Bell"}, {"year_min", "2090"}, {"year_max", 2101.0}, {"location", "West Virginia"},
                       {"is_post_war", "true"}, {"theme_1", "hope"}, {"primary_subject_0", "Tess"}, {"faction", "Responders, Free States"}}}});
  CHECK(r.title == "Bell");
  CHECK(r.year_min == 2090);
  CHECK(r.year_max == 2101);
  CHECK(r.region == "Appalachia");
  CHECK(r.location == "West Virginia");
  CHECK(r.post_war);
  CHECK(r.themes == std::vector<std::string>{"hope"});
  CHECK(r.characters == std::vector<std::string>{"Tess"});
  CHECK(r.factions == std::vector<std::string>{"Responders", "Free States"});
  CHECK(r.id.rfind("lore-", 0) == 0);
}

TEST_CASE("lore_reading: years come from year, period, war or era, and stay away when nothing says them") {
  CHECK(read({{"title", "B"}, {"text", "t"}, {"year", 2099}}).year_min == 2099);
  CHECK(read({{"title", "B"}, {"text", "t"}, {"time_period", "2281-2287"}}).year_max == 2287);
  CHECK(read({{"title", "B"}, {"text", "t"}, {"is_pre_war", true}}).year_max == 2077);
  CHECK(read({{"title", "B"}, {"text", "t"}, {"fo76_era", "wastelanders"}}).year_max == 2103);
  CHECK_FALSE(read({{"title", "B"}, {"text", "t"}}).year_max);
}

TEST_CASE("lore_reading: each fault has its kind") {
  CHECK(fault_of(json::object()) == "");
  CHECK(fault_of({{"title", " "}}) == "no_title");
  CHECK(fault_of({{"text", ""}}) == "no_text");
  CHECK(fault_of({{"year_max", "soon"}}) == "bad_year");
  CHECK(fault_of({{"year_max", 0}}) == "bad_year");
  CHECK(fault_of({{"year_max", 1e30}}) == "bad_year");
  CHECK(fault_of({{"year_min", 2101}}) == "contradictory_years");
  CHECK(fault_of({{"is_pre_war", true}, {"year_min", 2100}}) == "contradictory_years");
  CHECK(fault_of({{"acts", json::array()}}) == "empty_acts");
  CHECK(fault_of({{"acts", {{{"summary", ""}}}}}) == "empty_acts");
  CHECK(fault_of({{"acts", {{{"summary", "s"}, {"act_number", 2}}}}}) == "bad_acts");
  CHECK(fault_of({{"acts", 3}}) == "");
  CHECK(fault_of({{"text", std::string(1'000'001, 'x')}}) == "too_large");
  CHECK(fault_of({{"title", std::string(1'001, 'x')}}) == "too_large");
  CHECK(fault_of({{"text", json::array()}}) == "bad_field");
  CHECK(fault_of({{"timeline", "hourly"}}) == "bad_field");
  CHECK(std::get<lore_fault>(read_lore_record(json::array())).kind == "not_an_object");
}

TEST_CASE("lore_links: duplicates name the earlier line, circles all that are in them and nobody else") {
  std::vector<lore_record> records(6);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].id = std::string(1, static_cast<char>('a' + i));
    records[i].title = "T" + records[i].id;
    records[i].line_number = i + 1;
  }
  records[0].callbacks = {"b"};
  records[1].callbacks = {"Tc"};
  records[2].callbacks = {"a"};
  records[3].callbacks = {"a", "unknown"};
  records[4].callbacks = {"e"};
  std::vector<std::size_t> places;
  for (const auto& [place, fault] : find_cycles(records)) places.push_back(place);
  CHECK(places == std::vector<std::size_t>{0, 1, 2, 4});
  CHECK(find_duplicates(records).empty());
  records[5].id = "a";
  const auto twice = find_duplicates(records);
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].second.why.find("line 1") != std::string::npos);
}

TEST_CASE("lore_links: a chain of 200,000 callbacks needs no deep stack") {
  std::vector<lore_record> records(200'000);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].id = std::to_string(i);
    records[i].title = "T" + records[i].id;
    if (i + 1 < records.size()) records[i].callbacks = {std::to_string(i + 1)};
  }
  CHECK(find_cycles(records).empty());
  records.back().callbacks = {"0"};
  CHECK(find_cycles(records).size() == records.size());
}

TEST_CASE("lore_intake: sound records keep their order, faults the order of their lines") {
  lore_intake intake("f.jsonl", {});
  intake.add(1, sound());
  intake.add(2, json::array());
  intake.add(3, sound());
  intake.add_fault(4, {"not_utf8", "", "byte 1"});
  auto other = sound();
  other["id"] = "b";
  other.erase("year_max");
  intake.add(5, other);
  intake.finish();
  REQUIRE(intake.records().size() == 2);
  CHECK(intake.undated() == std::vector<std::uint64_t>{5});
  std::vector<std::uint64_t> lines;
  for (const auto& f : intake.faults()) lines.push_back(f.line);
  CHECK(lines == std::vector<std::uint64_t>{2, 3, 4});
  CHECK(intake.rows() == 5);
}
