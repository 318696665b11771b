// Tests of the grammar compiler and expander: notation, conditions, bags, avoidance, determinism, refusals.
#include "actors/generator/grammar.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

using namespace longwave;
using nlohmann::json;

namespace {

json source(json rules, json bags = json::array()) {
  return {{"format", 1}, {"rules", std::move(rules)}, {"bags", std::move(bags)}};
}

grammar compiled(json rules, json bags = json::array()) {
  auto g = grammar::compile(source(std::move(rules), std::move(bags)), "test");
  if (!g) FAIL(to_string(g.error()));
  return std::move(g).value();
}

fact_table table(std::initializer_list<std::pair<const char*, const char*>> facts) {
  fact_table t;
  for (const auto& [name, value] : facts) t.set(name, value);
  return t;
}

std::string expanded(const grammar& g, const fact_table& facts, expansion_key key = {1, 1, 0},
                     std::span<const std::string> avoid = {}, std::string_view symbol = "s") {
  expander e(g, facts, key, avoid);
  std::string out;
  auto done = e.append(symbol, out);
  if (!done) FAIL(to_string(done.error()));
  return out;
}

std::string refusal(const json& j) {
  auto g = grammar::compile(j, "test");
  return g ? "" : g.error().why;
}

json numbered(int count) {
  json list = json::array();
  for (int i = 0; i < count; ++i) list.push_back("item " + std::to_string(i));
  return list;
}

} // namespace

TEST_CASE("a text inserts rules and facts, also capitalised", "[grammar]") {
  const auto g =
    compiled({{"s", {"#greeting.cap#, {who}. {who.cap} is ## 1, {{not a fact}."}}, {"greeting", {"good day"}}});
  CHECK(expanded(g, table({{"who", "julie"}})) == "Good day, julie. Julie is # 1, {not a fact}.");
}

TEST_CASE("two references may touch", "[grammar]") {
  const auto g = compiled({{"s", {"#a##b#!"}}, {"a", {"one"}}, {"b", {" two"}}});
  CHECK(expanded(g, {}) == "one two!");
}

TEST_CASE("conditions choose alternatives", "[grammar]") {
  const auto g = compiled({{"s",
                            {{{"text", "wet"}, {"when", {{"weather", "rainy"}}}},
                             {{"text", "dim"}, {"when", {{"weather", {"cloudy", "foggy"}}}}},
                             {{"text", "none"}, {"when", {{"weather", false}}}},
                             {{"text", "other"}, {"when", {{"weather", {"sunny"}}, {"warm", true}}}}}}});
  CHECK(expanded(g, table({{"weather", "rainy"}})) == "wet");
  CHECK(expanded(g, table({{"weather", "foggy"}})) == "dim");
  CHECK(expanded(g, {}) == "none");
  CHECK(expanded(g, table({{"weather", ""}})) == "none");
  CHECK(expanded(g, table({{"weather", "sunny"}, {"warm", "yes"}})) == "other");
}

TEST_CASE("an alternative whose fact is absent does not fit", "[grammar]") {
  const auto g = compiled({{"s", {"{catch}.", "plain"}}});
  for (std::uint64_t seq = 1; seq <= 20; ++seq) CHECK(expanded(g, {}, {1, seq, 0}) == "plain");

  const auto only = compiled({{"s", {"{catch}."}}});
  expander e(only, fact_table{}, {1, 1, 0});
  std::string out;
  const auto done = e.append("s", out);
  REQUIRE_FALSE(done);
  CHECK(done.error().why == "no alternative of rule s fits");
}

TEST_CASE("within one text no alternative is used twice while others fit", "[grammar]") {
  const auto g = compiled({{"s", {"#x# #x# #x# #x# #x#"}}, {"x", {"a", "b", "c", "d", "e"}}});
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    const std::string text = expanded(g, {}, {9, seq, 0});
    CHECK(std::set<char>(text.begin(), text.end()).size() == 6); // five letters and the space
  }
  // With nothing else left a repetition is no failure.
  const auto few = compiled({{"s", {"#x##x##x#"}}, {"x", {"a", "b"}}});
  CHECK(expanded(few, {}).size() == 3);
}

TEST_CASE("weights shift choices", "[grammar]") {
  const auto g = compiled({{"s", {{{"text", "often"}, {"weight", 9}}, "seldom"}}});
  int often = 0;
  for (std::uint64_t seq = 1; seq <= 1'000; ++seq) often += expanded(g, {}, {3, seq, 0}) == "often";
  CHECK(often > 850);
  CHECK(often < 950);
}

TEST_CASE("a bag does not repeat within its size, nor soon across the seam", "[grammar]") {
  for (const int size : {2, 3, 7, 12, 40}) {
    const auto g = compiled({{"s", numbered(size)}}, {"s"});
    std::map<std::string, std::uint64_t> last;
    for (std::uint64_t seq = 0; seq < 600; ++seq) {
      const auto text = expanded(g, {}, {5, seq, 0});
      if (const auto seen = last.find(text); seen != last.end()) {
        const auto distance = seq - seen->second;
        CHECK(distance > static_cast<std::uint64_t>(size / 3));
        if (seq / size == seen->second / size) FAIL("repeated within one permutation");
      }
      last[text] = seq;
    }
    CHECK(last.size() == static_cast<std::size_t>(size));
  }
}

TEST_CASE("rejected drafts shift a bag", "[grammar]") {
  const auto g = compiled({{"s", numbered(12)}}, {"s"});
  for (std::uint64_t seq = 1; seq < 100; ++seq)
    CHECK(expanded(g, {}, {5, seq, 0}) != expanded(g, {}, {5, seq, 1}));
}

TEST_CASE("same key, same bytes, and another seed differs", "[grammar]") {
  const auto g = compiled({{"s", {"#x# #y#"}}, {"x", numbered(30)}, {"y", numbered(30)}}, {"y"});
  int different = 0;
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    const auto text = expanded(g, {}, {11, seq, 2});
    CHECK(text == expanded(g, {}, {11, seq, 2}));
    different += text != expanded(g, {}, {12, seq, 2});
  }
  CHECK(different > 40);
}

TEST_CASE("avoided words are not chosen while others fit", "[grammar]") {
  const json rules = {
    {"s", {"#x#"}}, {"x", {"The Robots came.", "#y#", "Quiet, robotsmith.", "Safe."}}, {"y", {"Many robots."}}};
  const std::vector<std::string> avoid{"robots"};
  for (const bool bag : {false, true}) {
    const auto g = compiled(rules, bag ? json{"x"} : json::array());
    std::set<std::string> seen;
    for (std::uint64_t seq = 1; seq <= 60; ++seq) seen.insert(expanded(g, {}, {2, seq, 0}, avoid));
    CHECK(seen == std::set<std::string>{"Quiet, robotsmith.", "Safe."});
  }
  const auto only = compiled({{"s", {"robots"}}});
  CHECK(expanded(only, {}, {1, 1, 0}, avoid) == "robots");
  // A fact's words count as well.
  const auto fact = compiled({{"s", {"{a}", "{b}"}}});
  const auto facts = table({{"a", "all robots"}, {"b", "all goats"}});
  for (std::uint64_t seq = 1; seq <= 20; ++seq) CHECK(expanded(fact, facts, {1, seq, 0}, avoid) == "all goats");
}

TEST_CASE("what is wrong in a source is named", "[grammar]") {
  CHECK(refusal(json::array()) == "the file is not an object");
  CHECK(refusal({{"format", 2}, {"rules", json::object()}}) == "\"format\" is not 1");
  CHECK(refusal({{"format", 1}}) == "\"rules\" is not an object");
  CHECK(refusal(source({{"s", json::array()}})) == "rule s: has no list of alternatives");
  CHECK(refusal(source({{"s", {"#t#"}}})) == "rule s: unknown symbol t");
  CHECK(refusal(source({{"s", {"open #t"}}})) == "rule s: an opening # is never closed in: open #t");
  CHECK(refusal(source({{"s", {{{"text", "x"}, {"weight", 0}}}}})) == "rule s: a weight is not 1 to 1000");
  CHECK(refusal(source({{"s", {{{"text", "x"}, {"wehn", json::object()}}}}})) == "rule s: unknown key wehn");
  CHECK(refusal(source({{"s", {{{"text", "x"}, {"when", {{"f", 3}}}}}}})).find("condition on f") != std::string::npos);
  CHECK(refusal(source({{"s", {"x"}}}, {"t"})) == "bag of unknown symbol t");
}

TEST_CASE("check_grammar finds missing entry points and endless rules", "[grammar]") {
  const std::vector<std::string> entry{"s"};
  CHECK(check_grammar(source({{"s", {"x"}}}), "test", entry));
  const auto missing = check_grammar(source({{"t", {"x"}}}), "test", entry);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == error_code::bad_pack);
  CHECK(missing.error().why == "symbol s is missing");
  CHECK_FALSE(check_grammar(source({{"s", {"x #s#", "y"}}}), "test", entry));

  json chain = json::object();
  for (int i = 0; i < 40; ++i)
    chain["r" + std::to_string(i)] = json::array({i < 39 ? "#r" + std::to_string(i + 1) + "#" : std::string("end")});
  CHECK(check_grammar(source(chain), "test", {}));
  chain["r39"] = {"#r40#"};
  chain["r40"] = {"end"};
  CHECK_FALSE(check_grammar(source(chain), "test", {}));
}

TEST_CASE("an expansion that never ends is stopped", "[grammar]") {
  const auto g = compiled({{"s", {"x#s#"}}});
  expander e(g, fact_table{}, {1, 1, 0});
  std::string out;
  CHECK_FALSE(e.append("s", out));
  CHECK_FALSE(e.append("absent", out));
}

TEST_CASE("entry points cover every type and structure", "[grammar]") {
  const auto symbols = broadcast_entry_points();
  CHECK(symbols.size() == 28);
  CHECK(symbols.front() == "script.emergency_weather.a");
  CHECK(symbols.back() == "script.music_intro.d");
  CHECK(story_entry_points().size() == 7);
}

TEST_CASE("grammar: shunned alternatives, and what cannot do without them, are chosen only when nothing else fits") {
  const auto g = grammar::compile(nlohmann::json::parse(R"({"format": 1, "rules": {
    "place": ["Welch", "Sutton"],
    "say": ["They met at #place#.", "They met somewhere."],
    "only": ["In #place#."]}})"), "test");
  REQUIRE(g);
  const std::vector<std::string> names{"welch", "Sutton", "elch", "They met", "met at", "(met", "They me"};
  const auto places = g.value().alternatives_with(names);
  REQUIRE(places.size() == names.size());
  const auto& welch = places[0];
  const auto& sutton = places[1];
  CHECK(welch.size() == 1);
  CHECK(sutton.size() == 1);
  CHECK(places[2].empty());
  CHECK(places[3].size() == 2);
  CHECK(places[4].size() == 1);
  CHECK(places[5].empty());
  CHECK(places[6].empty());
  const fact_table facts;
  for (std::uint64_t seq = 1; seq <= 40; ++seq) {
    const auto text = [&](const char* symbol, bool both) {
      expander e(g.value(), facts, {1, seq, 0});
      e.shun(welch);
      if (both) e.shun(sutton);
      std::string out;
      REQUIRE(e.append(symbol, out));
      return out;
    };
    CHECK(text("say", false).find("Welch") == std::string::npos);
    CHECK(text("say", true) == "They met somewhere.");
    CHECK_FALSE(text("only", true).empty());
  }
}
