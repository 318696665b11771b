// Tests of texts as one short line: blanks, control characters, and where they are cut.
#include "messages/passage_text.hpp"

#include <catch2/catch.hpp>

using longwave::passage_text;

TEST_CASE("passage: a text becomes one line without control characters") {
  CHECK(passage_text("  One\n\n# two\t\x1b[31mthree\x7f ", 100) == "One # two [31mthree");
  CHECK(passage_text("", 10).empty());
  CHECK(passage_text(" \n ", 10).empty());
}

TEST_CASE("passage: a long text ends with a sentence of its second half, else with a word, never in a character") {
  CHECK(passage_text("The bell rang. Nobody came to see why it did.", 20) == "The bell rang.");
  CHECK(passage_text("It. was a long long sentence without an end", 20) == "It. was a long long");
  CHECK(passage_text("가나다라마바사", 10) == "가나다");
  CHECK(passage_text("exactly ten", 11) == "exactly ten");
  for (std::size_t bytes = 0; bytes < 40; ++bytes) CHECK(passage_text("é à ü. 라디오 hört man. Éé", bytes).size() <= bytes);
}
