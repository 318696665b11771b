// The index of a run's texts against plain counting.
#include "actors/validator/run_texts.hpp"

#include "messages/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace longwave;

namespace {

/// `count` different words out of `of`, common ones more often.
std::set<int> drawn(random_stream& draw, std::size_t count, std::uint64_t of) {
  std::set<int> words;
  while (words.size() < count) {
    const auto range = draw.chance(0.5) ? of / 20 : of;
    words.insert(static_cast<int>(draw.below(range)));
  }
  return words;
}

std::string text_of(const std::set<int>& words) {
  std::string text;
  for (const int w : words) text += "word" + std::string(1, static_cast<char>('a' + w % 26)) + std::to_string(w) + "x ";
  return text;
}

bool near(const std::set<int>& a, const std::set<int>& b, int percent) {
  std::size_t both = 0;
  for (const int w : a) both += b.count(w);
  return both * 100 >= static_cast<std::size_t>(percent) * (a.size() + b.size() - both);
}

} // namespace

TEST_CASE("run texts: finds exactly what counting every pair finds, whatever the sizes and the share") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    random_stream draw(seed, 0, 0, "run_texts_test");
    run_texts index;
    std::vector<std::set<int>> texts;
    const int percent = seed % 2 ? 50 : 30;
    int found = 0;
    for (std::uint64_t seq = 1; seq <= (seed <= 2 ? 600 : 250); ++seq) {
      auto words = drawn(draw, 1 + draw.below(90), 400);
      // Some are made from an older one, with a share of its words changed.
      if (!texts.empty() && draw.chance(0.4)) {
        words = texts[draw.below(texts.size())];
        const auto changes = draw.below(words.size());
        for (std::uint64_t i = 0; i < changes; ++i) {
          words.erase(words.begin());
          words.insert(static_cast<int>(1000 + draw.below(1000)));
        }
      }
      const std::string text = text_of(words);
      const word_list list(text);
      const word_hash_set set(list);
      std::optional<std::uint64_t> expected;
      for (std::size_t i = texts.size(); i-- > 0 && !expected;)
        if (near(words, texts[i], percent)) expected = i + 1;
      INFO("seed " << seed << ", text " << seq);
      REQUIRE(index.nearest(set, percent) == expected);
      found += expected.has_value();
      auto hashes = set.distinct();
      index.add(seq, hashes);
      texts.push_back(std::move(words));
    }
    CHECK(found > 20);
  }
}

// So many words that nearly every class is taken: what a text has of it says little, and the words decide.
TEST_CASE("run texts: long texts are told apart as short ones are") {
  random_stream draw(9, 0, 0, "run_texts_test");
  run_texts index;
  std::vector<std::set<int>> texts;
  int found = 0;
  for (std::uint64_t seq = 1; seq <= 60; ++seq) {
    auto words = drawn(draw, 700 + draw.below(900), 12'000);
    if (!texts.empty() && draw.chance(0.5)) {
      words = texts[draw.below(texts.size())];
      for (auto changes = draw.below(words.size()); changes > 0; --changes) {
        words.erase(words.begin());
        words.insert(static_cast<int>(20'000 + draw.below(20'000)));
      }
    }
    const std::string text = text_of(words);
    const word_hash_set set{word_list(text)};
    std::optional<std::uint64_t> expected;
    for (std::size_t i = texts.size(); i-- > 0 && !expected;)
      if (near(words, texts[i], 50)) expected = i + 1;
    INFO("text " << seq);
    REQUIRE(index.nearest(set, 50) == expected);
    found += expected.has_value();
    index.add(seq, set.distinct());
    texts.push_back(std::move(words));
  }
  CHECK(found > 5);
}

TEST_CASE("run texts: the oldest are forgotten, and their words with them") {
  run_texts index;
  const auto hashes_of = [](std::uint32_t n) { return std::vector<std::uint32_t>{n, n + 1, n + 2}; };
  for (std::uint32_t n = 1; n <= run_texts::most + 1; ++n) index.add(n, hashes_of(n * 16));
  CHECK(index.size() <= run_texts::most);
  const word_list none("nothing that was said");
  CHECK_FALSE(index.nearest(word_hash_set(none), 50));
  CHECK_FALSE(run_texts().nearest(word_hash_set(none), 50));
}
