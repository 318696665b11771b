// All accepted texts of a run by their words: which of them is half the same as a new one.
#pragma once

#include "actors/validator/words.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace longwave {

/// A value: not shared between threads while it changes.
///
/// Exact, not a guess: two texts of a and b distinct words with a Jaccard index of p % or more share at least
/// n = ceil(p (a + b) / (100 + p)) words, so at most a - n words of the one are not in the other. Words fall into classes by
/// their hash; a class that one text has and the other has not is a word at least. All texts are looked at by 256 classes,
/// from one end of the memory to the other, the few that are left by 1,024, and what is left then word by word.
/// Some 20 us for 100 words against 5,000 texts (3 us against 500), and about 0.6 KB a text. Texts of a thousand words and more
/// have nearly every class: they are compared word by word, some ms against as many.
class run_texts {
public:
  /// Texts that are remembered; the oldest is forgotten first. 5,000 segments: most of a year at one
  /// an hour, a month at ten.
  static constexpr std::size_t most = 5'000;

  /// Remembers a text; numbers come in ascending order.
  /// @param words  distinct word hashes
  void add(std::uint64_t seq, const std::vector<std::uint32_t>& words);

  /// The number of the newest text with a Jaccard index of at least `percent`; empty when there is none.
  /// @param words    the new text's
  /// @param percent  1..100
  std::optional<std::uint64_t> nearest(const word_hash_set& words, int percent) const;

  std::size_t size() const noexcept { return texts_.size(); }

private:
  struct text {
    std::uint64_t seq = 0;
    std::vector<std::uint32_t> words;
  };

  /// Which classes of words a text has, one bit each.
  template <std::size_t Classes>
  using class_set = std::array<std::uint64_t, Classes / 64>;

  /// What is looked at of every text: 40 bytes.
  struct outline {
    class_set<256> classes{};
    std::uint32_t words = 0;
  };

  template <std::size_t Classes>
  static class_set<Classes> classes_of(const std::vector<std::uint32_t>& words) noexcept;
  /// Classes of `a` that `b` has not: at least as many of its words are not in b.
  template <std::size_t Words>
  static std::size_t missing(const std::array<std::uint64_t, Words>& a, const std::array<std::uint64_t, Words>& b) noexcept;

  /// The three in the same order, oldest first.
  std::vector<text> texts_;
  std::vector<outline> outlines_;
  std::vector<class_set<1'024>> classes_;
};

} // namespace longwave
