// Judgements as JSON, and their sums.
#include "messages/judge.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

nlohmann::json or_null(const std::optional<token_usage>& usage) { return usage ? nlohmann::json(*usage) : nlohmann::json(nullptr); }

} // namespace

std::string_view to_string(judge_state s) noexcept {
  switch (s) {
    case judge_state::passed: return "passed";
    case judge_state::rejected: return "rejected";
    case judge_state::unavailable: return "unavailable";
  }
  return "unavailable";
}

void to_json(nlohmann::json& j, const judge_report& r) {
  j = nlohmann::json{{"state", to_string(r.state)}, {"issues", r.issues}, {"took_ms", r.took_ms}, {"usage", or_null(r.usage)}};
  j["score"] = r.score ? nlohmann::json(*r.score) : nlohmann::json(nullptr);
  if (!r.feedback.empty()) j["feedback"] = r.feedback;
  if (!r.detail.empty()) j["detail"] = r.detail;
  if (!r.model.empty()) j["model"] = r.model;
  if (!r.endpoint.empty()) j["endpoint"] = r.endpoint;
  if (r.estimated_usage) j["estimated_usage"] = *r.estimated_usage;
}

void judge_tally::add(const judge_report& r) noexcept {
  asked += 1;
  passed += r.state == judge_state::passed;
  rejected += r.state == judge_state::rejected;
  unavailable += r.state == judge_state::unavailable;
  unavailable_in_a_row = r.state == judge_state::unavailable ? unavailable_in_a_row + 1 : 0;
  if (!r.score || r.state == judge_state::unavailable) return;
  scored += 1;
  score_sum += *r.score;
}

void to_json(nlohmann::json& j, const judge_tally& t) {
  j = nlohmann::json{{"asked", t.asked},           {"passed", t.passed}, {"rejected", t.rejected},
                     {"unavailable", t.unavailable}, {"scored", t.scored}, {"score_sum", t.score_sum},
                     {"unavailable_in_a_row", t.unavailable_in_a_row}};
}

void from_json(const nlohmann::json& j, judge_tally& t) {
  j.at("asked").get_to(t.asked);
  j.at("passed").get_to(t.passed);
  j.at("rejected").get_to(t.rejected);
  j.at("unavailable").get_to(t.unavailable);
  j.at("scored").get_to(t.scored);
  j.at("score_sum").get_to(t.score_sum);
  j.at("unavailable_in_a_row").get_to(t.unavailable_in_a_row);
}

} // namespace longwave
