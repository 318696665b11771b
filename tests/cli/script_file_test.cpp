// Scripts to be judged: text, JSON and JSON Lines, and what is none of them.
#include "cli/script_file.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::cli;

TEST_CASE("a text file is one script, whatever it looks like", "[script_file]") {
  const auto scripts = scripts_in("a.txt", "{\"text\":\"x\"}\n");
  REQUIRE(scripts);
  REQUIRE(scripts.value().size() == 1);
  CHECK(scripts.value()[0].text == "{\"text\":\"x\"}");
}

TEST_CASE("JSON is a list, an object with segments, or one script", "[script_file]") {
  const auto list = scripts_in("a.json", R"([{"script":"one"},{"text":"two"},{"content":"three"},"four"])");
  REQUIRE(list);
  REQUIRE(list.value().size() == 4);
  CHECK(list.value()[3].text == "four");
  CHECK(list.value()[3].index == 3);
  CHECK(list.value()[3].plan.seq == 4);
  const auto object = scripts_in("a.json", R"({"segments":[{"text":"one","type":"weather","day":2,"hour":12}]})");
  REQUIRE(object);
  CHECK(object.value()[0].plan.type == segment_type::weather);
  CHECK(object.value()[0].plan.position.day == 2);
  CHECK(object.value()[0].plan.position.hour == 12);
  const auto single = scripts_in("a.json", R"({"script":"one"})");
  REQUIRE(single);
  CHECK(single.value().size() == 1);
}

TEST_CASE("JSON Lines are counted, blank lines and skipped records are not scripts", "[script_file]") {
  const auto scripts =
    scripts_in("a.jsonl", "{\"text\":\"one\"}\n\n{\"status\":\"skipped\",\"text\":\"\"}\n{\"text\":\"two\"}");
  REQUIRE(scripts);
  REQUIRE(scripts.value().size() == 2);
  CHECK(scripts.value()[1].text == "two");
  CHECK(scripts.value()[1].index == 2);
}

TEST_CASE("what cannot be read is named with its place", "[script_file]") {
  const auto line = scripts_in("a.jsonl", "{\"text\":\"one\"}\n{oops\n");
  REQUIRE_FALSE(line);
  CHECK(line.error().code == error_code::bad_input);
  CHECK(line.error().what.find("line 2") != std::string::npos);
  const auto entry = scripts_in("a.json", R"([{"text":"one"},{"title":"two"}])");
  REQUIRE_FALSE(entry);
  CHECK(entry.error().what.find("entry 1") != std::string::npos);
  CHECK_FALSE(scripts_in("a.json", "{"));
  CHECK_FALSE(scripts_in("a.json", R"({"text":5})"));
  CHECK_FALSE(read_scripts("/does/not/exist.txt"));
  CHECK_FALSE(read_scripts("/"));
}

TEST_CASE("an error in JSON without scripts is a text to be judged", "[script_file]") {
  const auto scripts = scripts_in("answer", R"({"error":"overloaded"})");
  REQUIRE(scripts);
  CHECK(scripts.value()[0].text == R"({"error":"overloaded"})");
}
