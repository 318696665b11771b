// Bit sets over few texts, the prefix filter over many.
#include "actors/validator/run_texts.hpp"

#include <algorithm>
#include <utility>

namespace longwave {

namespace {

/// Words beyond the shortest prefix that are looked up as well: a text that shares fewer than this is no candidate.
constexpr std::size_t demanded = 16;
/// Texts that are forgotten at a time.
constexpr std::size_t forgotten_at_once = 1'000;

/// Words that texts of a and b distinct words share when their Jaccard index is p % or more: 100 I >= p (a + b - I).
constexpr std::size_t shared_at_least(std::size_t a, std::size_t b, std::size_t p) noexcept {
  return (p * (a + b) + 99 + p) / (100 + p);
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

} // namespace

run_texts::sketch run_texts::sketch_of(const std::vector<std::uint32_t>& words) {
  sketch s;
  s.words = static_cast<std::uint32_t>(words.size());
  for (const std::uint32_t w : words) {
    const std::uint32_t word_class = (w * 2654435761u) >> 23;
    s.classes[word_class / 64] |= std::uint64_t{1} << (word_class % 64);
  }
  return s;
}

std::size_t run_texts::missing(const sketch& a, const sketch& b) noexcept {
  // Counts bits in parallel, eight sums of bytes at a time: the processor's own instruction is not to be had everywhere.
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < a.classes.size(); ++i) {
    std::uint64_t x = a.classes[i] & ~b.classes[i];
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    bytes += (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  }
  const std::uint64_t pairs = (bytes & 0x00ff00ff00ff00ffu) + ((bytes >> 8) & 0x00ff00ff00ff00ffu);
  return static_cast<std::size_t>((pairs * 0x0001000100010001u) >> 48);
}

void run_texts::list_words(std::uint32_t place, const std::vector<std::uint32_t>& words) {
  for (const std::uint32_t w : words) lists_[w].push_back(place);
}

void run_texts::add(std::uint64_t seq, const std::vector<std::uint32_t>& words) {
  const auto place = static_cast<std::uint32_t>(first_ + texts_.size());
  texts_.push_back({seq, words});
  if (texts_.size() <= listed_from && lists_.empty()) {
    sketches_.push_back(sketch_of(words));
  } else {
    if (!sketches_.empty()) {
      for (std::size_t i = 0; i < sketches_.size(); ++i) list_words(static_cast<std::uint32_t>(i), texts_[i].words);
      sketches_ = {};
    }
    list_words(place, words);
  }
  if (texts_.size() > most) forget_oldest();
}

void run_texts::forget_oldest() {
  texts_.erase(texts_.begin(), texts_.begin() + forgotten_at_once);
  first_ += forgotten_at_once;
  for (auto at = lists_.begin(); at != lists_.end();) {
    auto& list = at->second;
    list.erase(list.begin(), std::lower_bound(list.begin(), list.end(), first_));
    at = list.empty() ? lists_.erase(at) : std::next(at);
  }
}

std::optional<std::uint64_t> run_texts::nearest(const word_hash_set& words, int percent) const {
  const auto p = static_cast<std::size_t>(percent);
  return lists_.empty() ? nearest_by_sketch(words, p) : nearest_by_lists(words, p);
}

std::optional<std::uint64_t> run_texts::nearest_by_sketch(const word_hash_set& words, std::size_t p) const {
  const sketch own = sketch_of(words.distinct());
  if (own.words == 0) return std::nullopt;
  for (std::size_t i = sketches_.size(); i-- > 0;) {
    const sketch& other = sketches_[i];
    const std::size_t needed = shared_at_least(own.words, other.words, p);
    if (needed > std::min(own.words, other.words) || missing(own, other) > own.words - needed) continue;
    if (shares(words, texts_[i].words, needed)) return texts_[i].seq;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> run_texts::nearest_by_lists(const word_hash_set& words, std::size_t p) const {
  const std::size_t a = words.distinct().size();
  // The smallest text that can be near has p % of the words: the fewest that can be asked for.
  const std::size_t least = shared_at_least(a, (p * a + 99) / 100, p);
  if (a == 0 || least == 0 || least > a) return std::nullopt;
  static const std::vector<std::uint32_t> none;
  std::vector<std::pair<std::size_t, const std::vector<std::uint32_t>*>> lists;
  lists.reserve(a);
  for (const std::uint32_t w : words.distinct()) {
    const auto at = lists_.find(w);
    const auto& list = at == lists_.end() ? none : at->second;
    lists.emplace_back(list.size(), &list);
  }
  const std::size_t k = std::min(demanded, least);
  const std::size_t prefix = a - least + k;
  const auto shorter = [](const auto& x, const auto& y) { return x.first < y.first; };
  std::nth_element(lists.begin(), lists.begin() + static_cast<std::ptrdiff_t>(prefix - 1), lists.end(), shorter);
  std::vector<std::uint8_t> shared(texts_.size(), 0);
  std::vector<std::uint32_t> candidates;
  for (std::size_t i = 0; i < prefix; ++i)
    for (const std::uint32_t place : *lists[i].second)
      if (place >= first_ && ++shared[place - first_] == k) candidates.push_back(place);
  std::sort(candidates.rbegin(), candidates.rend());
  for (const std::uint32_t place : candidates) {
    const text& other = texts_[place - first_];
    const std::size_t needed = shared_at_least(a, other.words.size(), p);
    if (needed > std::min(a, other.words.size())) continue;
    if (shares(words, other.words, needed)) return other.seq;
  }
  return std::nullopt;
}

} // namespace longwave
