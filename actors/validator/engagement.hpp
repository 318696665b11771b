// How well a text holds a listener: which drafts are asked for anew, and in which review folder an accepted one belongs
// (domain 6.5). Pure.
#pragma once

#include "messages/record.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// Every number of the score, with its source where it has one.
struct engagement_numbers {
  // domain 6.5 (Q10): weights and folder lines.
  double voice_weight = 0.4;
  double variety_weight = 0.3;
  double emotion_weight = 0.3;
  double approved_from = 0.7;
  double review_from = 0.5;
  /// Voice: what a violation of category voice or tone takes off, and a text that addresses nobody.
  double critical_costs = 0.5;
  double quality_costs = 0.25;
  double warning_costs = 0.1;
  double nobody_costs = 0.4;
  /// Share of words of address ("I", "you", "friends") from which nothing is taken off.
  double address_share = 0.02;
  /// Variety: what a repetition (opening, identical, near_duplicate) and any other flag take off.
  double repetition_costs = 0.5;
  double flag_costs = 0.2;
  /// Distinct words among the first `words_looked_at`, below which up to `monotony_costs` go, in full at 0.2 less.
  std::size_t words_looked_at = 100;
  double distinct_share = 0.65;
  double monotony_costs = 0.5;
  /// Emotion: share of sentences with a feeling, a question or an exclamation from which the term is 1.
  double moved_share = 0.4;
};

/// Where an accepted text goes.
enum class review_folder { approved, review, rejected };

/// "approved", "review" or "rejected".
std::string_view to_string(review_folder f) noexcept;

/// What a person looks at, and the folders below `review` (domain 6.5).
inline constexpr std::array<std::string_view, 5> review_issues{"quality", "voice", "lore", "pacing", "format"};
bool is_review_issue(std::string_view name) noexcept;

/// One thing that took something off, or that a person should look at.
struct review_issue {
  /// One of `review_issues`.
  std::string kind;
  /// The rule's id, or the term of the score.
  std::string rule;
  std::string message;
};

/// All terms from 0 to 1, three decimals, so that a score is the same however it is read.
struct engagement {
  double score = 0;
  double voice = 0;
  double variety = 0;
  double emotion = 0;
  review_folder folder = review_folder::approved;
  std::vector<review_issue> issues;
  /// The gravest of `issues`; "quality" where there is none.
  std::string kind = "quality";
};

/// Scores a text of a broadcast by its words, violations and variety flags. The lists of words are English, as broadcasts
/// are. A text with a critical violation is never approved, whatever its score.
engagement engagement_of(std::string_view text, const std::vector<violation>& violations,
                         const std::vector<std::string>& flags, const engagement_numbers& numbers = {});

/// The same for an accepted record.
engagement engagement_of(const segment_record& record, const engagement_numbers& numbers = {});

/// Rejects a draft whose score is in the last folder: `engaging` becomes false, and the quality violation `engagement_low`
/// says in numbers and words what is missing, for the next attempt. Does nothing to a draft that is rejected anyway.
void judge_engagement(verdict& found, std::string_view text, const engagement_numbers& numbers = {});

} // namespace longwave
