// All accepted texts of a run by their words: which of them is half the same as a new one.
#pragma once

#include "actors/validator/words.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace longwave {

/// An index from words to texts. A value: not shared between threads while it changes.
///
/// Exact, not a sketch: two texts of a and b distinct words with a Jaccard index of p % or more share at least
/// n = ceil(p (a + b) / (100 + p)) words. A text that shares n of a text's a words shares at least k of any a - n + k of
/// them; so only the lists of its rarest words are walked, which are short (the prefix filter of set similarity joins).
/// A few us for 100 words against all of them, and about 1.7 KB a text (soak/memory_test).
///
/// That is for long runs. The first `listed_from` texts have no lists but a bit set each, which is compared with all the
/// others from one end of the memory to the other: lists lie all over it, and with many runs side by side never in a cache.
class run_texts {
public:
  /// Texts that are remembered; the oldest is forgotten first. 5,000 segments: most of a year at one
  /// an hour, a month at ten.
  static constexpr std::size_t most = 5'000;
  /// Texts from which on there are lists: a bit set each takes 32 KB for as many.
  static constexpr std::size_t listed_from = 512;

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

  /// Which of 512 classes of words a text has, and how many words.
  struct sketch {
    std::array<std::uint64_t, 8> classes{};
    std::uint32_t words = 0;
  };

  static sketch sketch_of(const std::vector<std::uint32_t>& words);
  /// Classes of `a` that `b` has not: at least as many of its words are not in b.
  static std::size_t missing(const sketch& a, const sketch& b) noexcept;

  void list_words(std::uint32_t place, const std::vector<std::uint32_t>& words);
  void forget_oldest();
  std::optional<std::uint64_t> nearest_by_sketch(const word_hash_set& words, std::size_t percent) const;
  std::optional<std::uint64_t> nearest_by_lists(const word_hash_set& words, std::size_t percent) const;

  /// Place of the first text in `texts_`; places count on.
  std::uint32_t first_ = 0;
  std::deque<text> texts_;
  /// Of the texts, in their order; empty once there are lists.
  std::vector<sketch> sketches_;
  /// Places of the texts that have a word, ascending; may begin with forgotten ones. Empty while there are sketches.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> lists_;
};

} // namespace longwave
