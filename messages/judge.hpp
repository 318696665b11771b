// What the model as a judge said of a draft (domain 6.5), and the sums of it over a run.
#pragma once

#include "messages/draft.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

enum class judge_state {
  passed,
  rejected,
  /// No answer, or none that could be read: noted, never held against the draft.
  unavailable,
};

std::string_view to_string(judge_state s) noexcept;

/// One judgement.
struct judge_report {
  judge_state state = judge_state::unavailable;
  /// 0..1; empty when the judge gave none.
  std::optional<double> score;
  /// As violations: critical stays critical, warning becomes quality, suggestion becomes warning.
  std::vector<violation> issues;
  std::string feedback;
  /// Why it is unavailable; one line.
  std::string detail;
  /// Who judged, as asked for.
  std::string model;
  std::string endpoint;
  std::optional<token_usage> usage;
  std::optional<token_usage> estimated_usage;
  std::int64_t took_ms = 0;
};

void to_json(nlohmann::json& j, const judge_report& r);

/// Sums over a run's judgements; one piece of its state.
struct judge_tally {
  std::uint64_t asked = 0;
  std::uint64_t passed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unavailable = 0;
  /// Over the judgements that gave a score.
  std::uint64_t scored = 0;
  double score_sum = 0;
  /// Unavailable in a row, the last judgement included.
  std::uint64_t unavailable_in_a_row = 0;

  void add(const judge_report& r) noexcept;
};

void to_json(nlohmann::json& j, const judge_tally& t);
/// Throws nlohmann::json::exception when malformed.
void from_json(const nlohmann::json& j, judge_tally& t);

} // namespace longwave
