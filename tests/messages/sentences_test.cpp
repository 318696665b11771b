// Counting words at every length and place, and where a sentence ends.
#include "messages/sentences.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace longwave;

TEST_CASE("sentences: words are counted alike at every length and place") {
  const std::string text = "It rains\ton the 2nd \xe2\x80\x9cridge\xe2\x80\x9d,\n\nand I'm at home.  ";
  for (std::size_t from = 0; from < text.size(); ++from)
    for (std::size_t to = from; to <= text.size(); ++to) {
      std::size_t words = 0;
      bool inside = false;
      for (std::size_t i = from; i < to; ++i) {
        const bool solid = static_cast<unsigned char>(text[i]) > ' ';
        words += solid && !inside;
        inside = solid;
      }
      INFO(from << " to " << to);
      CHECK(count_words(std::string_view(text).substr(from, to - from)) == words);
    }
}

TEST_CASE("sentences: the first one ends behind its mark, its quotes and its blanks") {
  struct row { const char* text; std::size_t size; };
  const row rows[] = {
    {"", 0},
    {"No end", 6},
    {"One. Two.", 5},
    {"One! Two.", 5},
    {"\"Who?\" she asked. Two.", 7},
    {"It cost 3.50 caps. Two.", 19},
    {"One.\n\nTwo.", 6},
    {"One.", 4},
  };
  for (const auto& r : rows) {
    INFO(r.text);
    CHECK(first_sentence(r.text) == r.size);
  }
}
