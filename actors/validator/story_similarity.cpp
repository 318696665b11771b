// Word sets and canonical cores compared.
#include "actors/validator/story_similarity.hpp"

#include "actors/validator/words.hpp"

#include <algorithm>

namespace longwave {

namespace {

constexpr similarity_limits similarity_numbers;
constexpr std::string_view rule = "duplicate_story";

double jaccard(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  if (a.empty() || b.empty()) return 0;
  std::size_t both = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) {
      ++both;
      ++x;
      ++y;
    } else {
      *x < *y ? ++x : ++y;
    }
  }
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - both);
}

int equal_terms(const canonical_core& a, const canonical_core& b) {
  int equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += !a[i].empty() && a[i] == b[i];
  return equal;
}

double hybrid(double text, int matches) {
  return (1 - similarity_numbers.canonical_weight) * text +
         similarity_numbers.canonical_weight * static_cast<double>(matches) / static_cast<double>(canonical_core{}.size());
}

std::string signal_of(double text, int matches) {
  if (text >= similarity_numbers.high || hybrid(text, matches) >= similarity_numbers.hybrid_high) return "HIGH";
  return text >= similarity_numbers.medium ? "MEDIUM" : "LOW";
}

} // namespace

canonical_core core_of(const story_skeleton& s) {
  return {s.setting, s.primary_fear, s.antagonist, s.mechanism, s.twist};
}

similarity_observation observe_similarity(const canonical_core& core, const std::vector<std::uint32_t>& words,
                                          const story_memory& memory) {
  similarity_observation nearest;
  double best = -1;
  for (const auto& story : memory) {
    const double text = jaccard(words, story->words);
    const int matches = equal_terms(core, story->core);
    const double score = hybrid(text, matches);
    if (score < best) continue;
    best = score;
    nearest = {story->id, story->title, text, matches, signal_of(text, matches)};
  }
  return nearest;
}

std::vector<std::uint32_t> word_set_of(std::string_view text) {
  const word_list list(text);
  std::vector<std::uint32_t> words = word_hash_set(list).distinct();
  std::sort(words.begin(), words.end());
  return words;
}

violation duplicate_story(const similarity_observation& seen) {
  const int percent = static_cast<int>(seen.text_similarity * 100);
  return {std::string(rule), "variety", severity::critical,
          "The story is too near to an earlier one (" + std::to_string(percent) +
            " of 100 words shared); choose other events, images and words.",
          seen.closest_story_id};
}

bool is_duplicate(const violation& v) noexcept { return v.rule == rule; }

} // namespace longwave
