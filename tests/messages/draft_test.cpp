// Outcome classes and usage.
#include "messages/draft.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace longwave;

TEST_CASE("draft: every outcome class has its own name and is found by it") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(outcome_class::interrupted); ++i) {
    const auto c = static_cast<outcome_class>(i);
    names.insert(to_string(c));
    CHECK(parse_outcome_class(to_string(c)) == c);
  }
  CHECK(names.size() == 12);
  CHECK_FALSE(parse_outcome_class("OK"));
  CHECK_FALSE(parse_outcome_class(""));
}

TEST_CASE("draft: a total needs both parts, and unknown is null, never zero") {
  token_usage u;
  CHECK_FALSE(u.total());
  u.input_tokens = 0;
  CHECK_FALSE(u.total());
  CHECK(nlohmann::json(u) == nlohmann::json::parse(R"({"input_tokens":0,"output_tokens":null,"total_tokens":null})"));
  u.output_tokens = 7;
  CHECK(u.total() == 7);
  CHECK(nlohmann::json(u).at("total_tokens") == 7);
}

TEST_CASE("draft: usage survives JSON and tolerates missing parts") {
  for (const token_usage& u : {token_usage{}, token_usage{1, {}}, token_usage{{}, 2}, token_usage{3, 4}})
    CHECK(nlohmann::json(u).get<token_usage>() == u);
  CHECK(nlohmann::json::object().get<token_usage>() == token_usage{});
  CHECK_THROWS_AS(nlohmann::json::parse(R"({"input_tokens":"many"})").get<token_usage>(), nlohmann::json::exception);
}
