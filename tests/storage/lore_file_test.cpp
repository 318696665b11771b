// Tests of catalogue files: forms, lines, encodings, limits.
#include "storage/lore_file.hpp"
#include "storage/lore_terms.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <vector>

using namespace longwave::storage;
using nlohmann::json;

namespace {

struct row {
  std::uint64_t line;
  json value;
  std::string fault;
};

std::vector<row> rows_of(std::string_view bytes, lore_form form, const lore_file_limits& limits = {}) {
  std::vector<row> rows;
  auto read = read_lore_text(bytes, form, [&](std::uint64_t line, const json* value, const row_fault* fault) {
    rows.push_back({line, value ? *value : json(), fault ? fault->kind : ""});
  }, limits);
  if (!read) rows.push_back({0, json(), read.error().why});
  return rows;
}

} // namespace

TEST_CASE("lore_file: JSON Lines keep their line numbers over blank, broken and wrongly encoded lines") {
  const auto rows = rows_of("\xef\xbb\xbf{\"a\":1}\r\n\n{broken\n{\"b\":\"\xff\"}\n{\"c\":3}", lore_form::json_lines);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].line == 1);
  CHECK(rows[0].value["a"] == 1);
  CHECK(rows[1].line == 3);
  CHECK(rows[1].fault == "bad_json");
  CHECK(rows[2].fault == "not_utf8");
  CHECK(rows[3].line == 5);
}

TEST_CASE("lore_file: a line beyond the limit is a fault of its own, the next ones are read") {
  lore_file_limits limits;
  limits.line_bytes = 200'000;
  const auto rows = rows_of("{\"a\":\"" + std::string(300'000, 'x') + "\"}\n{\"b\":\"" + std::string(150'000, 'y') + "\"}\n", lore_form::json_lines, limits);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].fault == "too_large");
  CHECK(rows[1].value["b"].get<std::string>().size() == 150'000);
}

TEST_CASE("lore_file: CSV has quotes, separators and line breaks in cells, and names what does not fit") {
  const auto rows = rows_of("id;text;acts\na;\"x;\ny \"\"z\"\"\";\"[{\"\"summary\"\":\"\"s\"\"}]\"\nb;c\nd;\"open\n", lore_form::csv);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].line == 2);
  CHECK(rows[0].value["text"] == "x;\ny \"z\"");
  CHECK(rows[0].value["acts"][0]["summary"] == "s");
  CHECK(rows[1].fault == "bad_csv");
  CHECK(rows[1].line == 4);
  CHECK(rows[2].fault == "bad_csv");
  CHECK(rows_of("id,id\n1,2\n", lore_form::csv).at(0).fault.find("twice") != std::string::npos);
  // A name may hold a line break (found by lore_fuzz): the message does not. An open quote once swallowed the whole file.
  const auto broken = rows_of("\"a\nb\",\"a\nb\"\n1,2\n", lore_form::csv).at(0).fault;
  CHECK(broken.find("names column 1 twice") != std::string::npos);
  CHECK(broken.find('\n') == std::string::npos);
  CHECK(rows_of("id,\"text\n1,2\n", lore_form::csv).at(0).fault.find("never closed") != std::string::npos);
}

TEST_CASE("lore_file: exports of collections give a row an id, answers to queries too, unequal lists are a fault") {
  const auto rows = rows_of(R"({"ids":[["a","b"]],"documents":[["x","y"]],"metadatas":[[{"year":1},null]]})", lore_form::json);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].value == json{{"id", "a"}, {"text", "x"}, {"metadata", {{"year", 1}}}});
  CHECK(rows_of(R"({"ids":["a","b"],"documents":["x"]})", lore_form::json).at(0).fault == "bad_json");
  CHECK(rows_of(R"({"ids":["a"],"documents":["x"]})", lore_form::json_lines).at(0).value["text"] == "x");
}

TEST_CASE("lore_file: JSON may be a list, an object with one, or a single record") {
  CHECK(rows_of("[{\"a\":1},{\"a\":2}]", lore_form::json).size() == 2);
  CHECK(rows_of("{\"records\":[{\"a\":1}]}", lore_form::json).at(0).value["a"] == 1);
  CHECK(rows_of("{\"a\":1}", lore_form::json).at(0).value["a"] == 1);
  CHECK(rows_of("7", lore_form::json).at(0).line == 0);
  CHECK(rows_of("[", lore_form::json).at(0).line == 0);
}

TEST_CASE("lore_terms: distinct words in lower case, without the commonest") {
  CHECK(lore_terms("The Bell, the bell and Vault 76 of \xc3\x89lan; it's 2102") == std::vector<std::string>{"bell", "vault", "\xc3\x89lan", "2102"});
}
