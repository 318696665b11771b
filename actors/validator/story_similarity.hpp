// Whether a story tells again what an earlier one told (domain 14: generation memory and dedup control).
#pragma once

#include "messages/similarity.hpp"
#include "messages/story.hpp"
#include "messages/verdict.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// The numbers of the comparison.
struct similarity_limits {
  // domain 14, generation memory: ">= .5 HIGH, >= .3 MEDIUM, else LOW"
  double high = 0.5;
  double medium = 0.3;
  // domain 14, dedup control: "hybrid .3 canonical + .7 semantic, threshold .85" is HIGH too
  double canonical_weight = 0.3;
  double hybrid_high = 0.85;
};

/// Setting, primary fear, antagonist, mechanism, twist.
using canonical_core = std::array<std::string, 5>;

canonical_core core_of(const story_skeleton& skeleton);

/// An accepted story as later ones are compared with it. Never changed once it is known.
struct known_story {
  /// File stem of its pair of files.
  std::string id;
  std::string run;
  std::uint64_t seq = 0;
  std::string title;
  std::string template_id;
  /// SHA-256 of what the story is built on, hex; see `story_signature`.
  std::string signature;
  canonical_core core;
  /// Distinct word hashes of the text, ascending.
  std::vector<std::uint32_t> words;
};

/// The stories of before, oldest first. Shared read-only between threads.
using story_memory = std::vector<std::shared_ptr<const known_story>>;

/// Compares with every known story and returns the nearest: the one with the highest hybrid score, the newest of equals.
/// @param words distinct word hashes of the new text, ascending
/// O(words x stories); 200 stories of 300 words take about 0.2 ms.
similarity_observation observe_similarity(const canonical_core& core, const std::vector<std::uint32_t>& words,
                                          const story_memory& memory);

/// Distinct word hashes of a text, ascending.
std::vector<std::uint32_t> word_set_of(std::string_view text);

/// The violation that a HIGH observation is under dedup control: critical, so that the story is asked for again.
violation duplicate_story(const similarity_observation& seen);

/// True for the violation that `duplicate_story` makes.
bool is_duplicate(const violation& v) noexcept;

} // namespace longwave
