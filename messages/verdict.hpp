// What the validator says of a draft: violations as objects, never as bare strings.
#pragma once

#include "messages/similarity.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// How grave a violation is (domain 6.1). `critical` rejects the attempt; `quality` is scored; `warning` is noted.
enum class severity { critical, quality, warning };

std::string_view to_string(severity s) noexcept;

/// One thing that a rule found.
struct violation {
  /// The rule's id: "year_beyond_cutoff", "forbidden_faction", "opening", ...
  std::string rule;
  /// temporal lore regional tone voice format story variety weather backend.
  std::string category;
  severity level = severity::warning;
  /// One sentence for a person and for the feedback prompt.
  std::string message;
  /// The words of the text that tripped the rule; may be empty.
  std::string evidence;

  bool operator==(const violation&) const = default;
};

void to_json(nlohmann::json& j, const violation& v);
void from_json(const nlohmann::json& j, violation& v);

/// What was really used in an accepted text (domain 9), taken from the text and not from the plan.
struct variety_mark {
  /// First six words, lower case, without punctuation.
  std::string opening;
  std::vector<std::string> topics;
  std::vector<std::string> catchphrases;
  /// The script pattern's id; neighbours of a type never share one.
  std::string structure;
  /// Rules of category "variety" that were broken ("opening", "identical", "near_duplicate", ...).
  std::vector<std::string> flags;
};

struct recent_text;

/// The validator's judgement of one draft.
struct verdict {
  std::vector<violation> violations;
  variety_mark variety;
  /// Story incorporation 0..1 (domain 6.4); -1 when the plan has no beat.
  double incorporation = -1;
  /// False when the beat is told too weakly: asks for a retry although no rule is critical.
  bool story_told = true;
  /// False when the text hardly engages a listener (domain 6.5): asks for a retry although no rule is critical.
  bool engaging = true;
  /// What the repetition window shall remember of the text (actors/validator/repetition.hpp), made in the same pass over
  /// it. Null for a draft that was not accepted.
  std::shared_ptr<const recent_text> digest;
  /// Story runs: how near the text is to the nearest story before it.
  std::optional<similarity_observation> similarity;

  /// Valid means: no critical violation.
  bool valid() const noexcept;
  /// Accepted means: valid, the planned story was told, and the text engages.
  bool accepted() const noexcept { return valid() && story_told && engaging; }
};

} // namespace longwave
