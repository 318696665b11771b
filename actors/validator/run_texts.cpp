// A coarse look at every text, a finer one at those that are left.
#include "actors/validator/run_texts.hpp"

#include <algorithm>
#include <bit>

namespace longwave {

namespace {

/// Texts that are forgotten at a time.
constexpr std::size_t forgotten_at_once = 1'000;

/// Words that texts of a and b distinct words share when their Jaccard index is p % or more: 100 I >= p (a + b - I).
constexpr std::size_t shared_at_least(std::size_t a, std::size_t b, std::size_t p) noexcept {
  return (p * (a + b) + 99 + p) / (100 + p);
}

/// Whether so many can be shared: the same as `shared >= shared_at_least(a, b, p)`, without its division.
constexpr bool is_enough(std::size_t shared, std::size_t a, std::size_t b, std::size_t p) noexcept {
  return (100 + p) * shared >= p * (a + b);
}

bool shares(const word_hash_set& words, const std::vector<std::uint32_t>& other, std::size_t needed) {
  std::size_t misses_left = other.size() - needed;
  if (!words.may_miss_at_most(misses_left, other)) return false;
  for (const std::uint32_t w : other) {
    if (words.contains(w)) continue;
    if (misses_left-- == 0) return false;
  }
  return true;
}

template <class Vector>
void forget_oldest(Vector& all) {
  all.erase(all.begin(), all.begin() + forgotten_at_once);
}

} // namespace

template <std::size_t Classes>
run_texts::class_set<Classes> run_texts::classes_of(const std::vector<std::uint32_t>& words) noexcept {
  constexpr int bits = std::countr_zero(Classes);
  class_set<Classes> set{};
  for (const std::uint32_t w : words) {
    const std::uint32_t word_class = (w * 2654435761u) >> (32 - bits);
    set[word_class / 64] |= std::uint64_t{1} << (word_class % 64);
  }
  return set;
}

template <std::size_t Words>
std::size_t run_texts::missing(const std::array<std::uint64_t, Words>& a, const std::array<std::uint64_t, Words>& b) noexcept {
  static_assert(Words < 32, "a byte counts up to 255");
  // Counts bits in parallel, eight sums of bytes at a time: the processor's own instruction is not to be had everywhere.
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < Words; ++i) {
    std::uint64_t x = a[i] & ~b[i];
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    bytes += (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  }
  const std::uint64_t pairs = (bytes & 0x00ff00ff00ff00ffu) + ((bytes >> 8) & 0x00ff00ff00ff00ffu);
  return static_cast<std::size_t>((pairs * 0x0001000100010001u) >> 48);
}

void run_texts::add(std::uint64_t seq, const std::vector<std::uint32_t>& words) {
  texts_.push_back({seq, words});
  outlines_.push_back({classes_of<256>(words), static_cast<std::uint32_t>(words.size())});
  classes_.push_back(classes_of<1'024>(words));
  if (texts_.size() <= most) return;
  forget_oldest(texts_);
  forget_oldest(outlines_);
  forget_oldest(classes_);
}

std::optional<std::uint64_t> run_texts::nearest(const word_hash_set& words, int percent) const {
  const auto p = static_cast<std::size_t>(percent);
  const std::size_t a = words.distinct().size();
  if (a == 0) return std::nullopt;
  const auto coarse = classes_of<256>(words.distinct());
  const auto fine = classes_of<1'024>(words.distinct());
  for (std::size_t i = outlines_.size(); i-- > 0;) {
    const outline& other = outlines_[i];
    const std::size_t b = other.words;
    if (!is_enough(std::min(a - missing(coarse, other.classes), b), a, b, p) || !is_enough(a - missing(fine, classes_[i]), a, b, p)) continue;
    if (shares(words, texts_[i].words, shared_at_least(a, b, p))) return texts_[i].seq;
  }
  return std::nullopt;
}

} // namespace longwave
