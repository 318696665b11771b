// The pre-run audit: which stories a DJ may tell, out of pack and catalogue, and whether they are enough (domain 11).
#pragma once

#include "messages/lore.hpp"
#include "messages/profile.hpp"
#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// What is enough. Source: domain 11, "Pre-run audit", and acceptance A12, A13, A33.
struct audit_limits {
  std::size_t least_stories = 100;
  std::size_t least_beats = 400;
  std::size_t recommended_beats = 576;
  /// From this rate on a warning, above the other a failure.
  double false_positive_warning = 0.05;
  double false_positive_failure = 0.10;
};

/// One story of the pool.
struct pooled_story {
  story_record story;
  /// strict, fuzzy, content, curated; "pack" for a story of the pack.
  std::string layer;
  double weight = 5;
  std::string category;
  std::string tier;
  /// Where it came from: a file and its line, or the pack's name.
  std::string source;
};

/// A story that is not told, and why.
struct refused_story {
  std::string story_id;
  std::string title;
  /// The name of a lore_refusal or of a rule of check_canon, or forbidden_text.
  std::string reason;
  /// One line: the years, the region, the word.
  std::string why;
  /// As pooled_story::source.
  std::string source;
};

/// Lists of single stories end here; the counts above them are complete.
inline constexpr std::size_t most_listed_stories = 1'000;

/// {"story_id","title","reason","why","source"} each.
nlohmann::ordered_json refused_json(const std::vector<refused_story>& list);

/// What looking through pack and catalogue gave.
struct story_collection {
  std::vector<pooled_story> stories;
  /// Titles that a layer found to be stories, and those of the pack.
  std::size_t candidates = 0;
  /// Of those, titles that are no stories after all, by reason: game_page, prefix, suffix, labelled, boilerplate,
  /// rejected (daily, repeatable and tutorial tasks).
  std::map<std::string, std::size_t> false_positives;
  /// Stories that this DJ may not tell, by reason: the names of lore_refusal and of check_canon's errors, and forbidden_text.
  std::map<std::string, std::size_t> refused;
  /// The first of them, named; and stories that are kept though something does not quite fit (check_canon's warnings).
  std::vector<refused_story> refused_stories;
  std::vector<refused_story> doubtful_stories;
  /// Candidates by layer.
  std::map<std::string, std::size_t> layers;
};

/// Collects the stories that a DJ may tell. All chunks of a title are one story; one chunk that the DJ may not know
/// refuses the whole of it, and so does a text that breaks a critical rule. A story from elsewhere that common
/// knowledge or a source opens loses its region, so that it may be told at home. A story that contradicts the setting
/// (check_canon) is refused last.
/// @param catalogue  null for none
/// Fails as `lore_catalogue::record` does. Pure otherwise.
result<story_collection> collect_stories(const dj_profile& dj, const std::vector<story_record>& pack_stories, std::string_view pack_name,
                                         const lore_catalogue* catalogue);

/// Takes the stories that contradict the setting out of a list, and names them.
std::vector<refused_story> take_out_contradictions(std::vector<story_record>& stories, std::string_view source);

/// Weight, category and tier of a story.
pooled_story weighed(story_record story, std::string layer, std::string source);

/// The verdict over a collection.
struct audit_result {
  std::size_t stories = 0;
  std::size_t beats = 0;
  /// INSUFFICIENT, ACCEPTABLE or EXCELLENT, by beats.
  std::string status;
  std::size_t temporal_violations = 0;
  std::size_t regional_violations = 0;
  /// Empty without candidates.
  std::optional<double> false_positive_rate;
  /// PASS, WARN or FAIL.
  std::string false_positive_status;
  /// Everything that fails the audit, as sentences; empty = it passed.
  std::vector<std::string> failures;
  std::vector<std::string> warnings;

  bool passed() const noexcept { return failures.empty(); }
};

audit_result audit_stories(const dj_profile& dj, const story_collection& collection, const audit_limits& limits = {});

/// PASS below 5 %, WARN up to 10 %, FAIL above.
std::string_view false_positive_grade(double rate, const audit_limits& limits = {}) noexcept;
/// INSUFFICIENT below 400, EXCELLENT from 576, else ACCEPTABLE.
std::string_view beats_status(std::size_t beats, const audit_limits& limits = {}) noexcept;

/// Contract section 3: {"dj","stories","beats","status","violations","false_positive_rate","layers","pools", ...}.
nlohmann::ordered_json audit_json(const dj_profile& dj, const story_collection& collection, const audit_result& result,
                                  const audit_limits& limits = {});

/// The quest pool (domain 11): dj_name, total_stories, total_beats, distribution, min_required, recommended, status,
/// scored_stories, and in `stories` each of them whole, so that a run needs nothing else.
nlohmann::ordered_json quest_pool_json(const dj_profile& dj, const story_collection& collection, const audit_result& result,
                                       const audit_limits& limits = {});

} // namespace longwave
