// Violations as JSON, and what valid and accepted mean.
#include "messages/verdict.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longwave;

TEST_CASE("verdict: a violation has exactly the five fields of the contract") {
  const violation v{"forbidden_faction", "lore", severity::critical, "message", "NCR"};
  const nlohmann::json j = v;
  CHECK(j == nlohmann::json::parse(R"({"rule":"forbidden_faction","category":"lore","severity":"critical",
                                       "message":"message","evidence":"NCR"})"));
  CHECK(j.get<violation>() == v);
}

TEST_CASE("verdict: every severity survives JSON, others are refused") {
  for (severity s : {severity::critical, severity::quality, severity::warning}) {
    const violation v{"r", "c", s, "m", "e"};
    CHECK(nlohmann::json(v).get<violation>().level == s);
  }
  nlohmann::json j = violation{};
  j["severity"] = "fatal";
  CHECK_THROWS_AS(j.get<violation>(), nlohmann::json::exception);
  j["severity"] = 1;
  CHECK_THROWS_AS(j.get<violation>(), nlohmann::json::exception);
  j.erase("severity");
  CHECK_THROWS_AS(j.get<violation>(), nlohmann::json::exception);
  CHECK_THROWS_AS(nlohmann::json("a bare string").get<violation>(), nlohmann::json::exception);
}

TEST_CASE("verdict: only critical violations make a text invalid") {
  verdict v;
  CHECK(v.valid());
  v.violations.push_back({"a", "format", severity::warning, "", ""});
  v.violations.push_back({"b", "tone", severity::quality, "", ""});
  CHECK(v.valid());
  CHECK(v.accepted());
  v.violations.push_back({"c", "lore", severity::critical, "", ""});
  CHECK_FALSE(v.valid());
  CHECK_FALSE(v.accepted());
}

TEST_CASE("verdict: an untold story is valid but not accepted") {
  verdict v;
  v.story_told = false;
  CHECK(v.valid());
  CHECK_FALSE(v.accepted());
}
