// What was really said lately, and whether a new text says it again (domain 9, contract 8.33).
#pragma once

#include "actors/validator/run_texts.hpp"
#include "actors/validator/variety_rules.hpp"
#include "actors/validator/words.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwave {

/// Sizes of the memory; the rules themselves are in variety_rules.hpp.
struct variety_limits {
  // contract 8.33
  std::size_t opening_words = 6;
  /// Texts whose openings are remembered one by one.
  std::size_t recent_texts = 50;
  /// Bound of the table of last uses: a week of a 20-segments-an-hour run names fewer things.
  std::size_t remembered_uses = 4096;
};

/// One accepted text as the window remembers it.
struct recent_text {
  std::uint64_t seq = 0;
  int day = 1;
  int hour = 0;
  std::string opening;
  /// Distinct word hashes, sorted.
  std::vector<std::uint32_t> shingles;
  /// Equal for texts with the same words in the same order.
  std::uint64_t text_hash = 0;
  std::vector<std::string> topics;
  std::vector<std::string> catchphrases;
  std::string structure;
  /// A segment_type's name.
  std::string type;
  /// Keys with a cool-down: "news:<subject>", "quest:<airing>", "topic:<id>", "location:<name>", "faction:<name>".
  std::vector<std::string> cooled;
};

/// Compact: hashes as base64, about 1 KB a text.
/// The text form, with sorted names, is written with every segment.
void append_json(std::string& out, const recent_text& t);
void to_json(nlohmann::json& j, const recent_text& t);
void from_json(const nlohmann::json& j, recent_text& t);

/// When a key with a cool-down was last used.
struct topic_use {
  std::uint64_t seq = 0;
  int day = 1;
  int hour = 0;
};

/// The memory of one run. A value: not shared between threads while it changes.
///
/// Feeding the last `run_texts::most` accepted texts to `add` in order rebuilds it: a store keeps the digests alone.
struct repetition_window {
  /// Never null; shared, so that a window is cheap to copy and a text is remembered without copying it.
  std::deque<std::shared_ptr<const recent_text>> texts;
  int day = 0;
  int week = 0;
  /// Uses by hash of the opening.
  std::unordered_map<std::uint64_t, int> day_openings;
  std::unordered_map<std::uint64_t, int> week_openings;
  std::map<std::string, int> day_catchphrases;
  /// Hashes of the texts in `all`, oldest first, and how often each is there.
  std::deque<std::uint64_t> text_hashes;
  std::unordered_map<std::uint64_t, int> hash_counts;
  /// The whole run, word by word.
  run_texts all;
  std::map<std::string, topic_use> last_uses;
  std::map<std::string, std::string> last_structures;

  /// Remembers an accepted text; texts come in the order of their segments.
  void add(std::shared_ptr<const recent_text> text);
  void add(recent_text text) { add(std::make_shared<const recent_text>(std::move(text))); }
};

/// Whether a text that begins like this would break the rule of openings now.
/// @param opening       first six words, lower case, without punctuation
/// @param day           broadcast day
/// @param has_calendar  story runs have none: limits by day and week do not apply
bool opening_rests(const repetition_window& window, std::string_view opening, int day, bool has_calendar);

/// Keys "location:<name>" and "faction:<name>" that rest at this time.
std::vector<std::string> resting_keys(const repetition_window& window, int day, int hour);

/// A text that is about to be judged: its digest and its words as a set.
struct variety_candidate {
  const recent_text& digest;
  const word_hash_set& words;
  /// Story runs have no calendar: limits by day and week do not apply.
  bool has_calendar = true;
  /// Keys that may come again: the home region, the station, names that the beat requires.
  const std::vector<std::string>& exempt;
};

/// Appends a violation (variety, warning) for each broken rule: `opening`, `identical`, `near_duplicate`, `news_topic`,
/// `quest_reference`, `topic`, `location`, `faction`, `catchphrase`, `structure`.
void judge_variety(const variety_candidate& candidate, const repetition_window& window, std::vector<violation>& out);

/// True for the flags that count in `repetition_rate` (contract 8.33).
bool counts_as_repetition(std::string_view flag) noexcept;

} // namespace longwave
