// Finding and reading a judgement in whatever a model wrote.
#include "actors/validator/judge.hpp"

#include "actors/generator/backends/answer_text.hpp"
#include "messages/ascii_case.hpp"
#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::size_t most_issues = 20;
constexpr std::size_t longest_message = 300;
constexpr std::size_t longest_evidence = 160;
constexpr int most_candidates = 32;
constexpr double least_confidence = 0.5;
constexpr std::uint64_t patience = 3;
constexpr std::uint64_t pause_between = 9;

/// End of the object that begins at `from`, past its brace; npos when it never ends.
std::size_t end_of_object(std::string_view text, std::size_t from) noexcept {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool looks_like_judgement(const json& j) { return j.contains("is_valid") || j.contains("overall_score") || j.contains("issues"); }

std::optional<json> find_judgement(std::string_view text) {
  std::size_t from = text.find('{');
  for (int tries = 0; from != std::string_view::npos && tries < most_candidates; ++tries) {
    const auto end = end_of_object(text, from);
    if (end != std::string_view::npos)
      if (auto parsed = parse_answer_object(text.substr(from, end - from)); parsed && looks_like_judgement(*parsed)) return parsed;
    from = text.find('{', from + 1);
  }
  return std::nullopt;
}

std::string text_at(const json& j, const char* name, std::size_t limit) {
  const auto at = j.find(name);
  return at != j.end() && at->is_string() ? one_line(at->get_ref<const std::string&>(), limit) : std::string();
}

std::optional<bool> truth_at(const json& j, const char* name) {
  const auto at = j.find(name);
  if (at == j.end()) return std::nullopt;
  if (at->is_boolean()) return at->get<bool>();
  if (!at->is_string()) return std::nullopt;
  const auto word = ascii_lower(at->get_ref<const std::string&>());
  if (word == "true" || word == "yes") return true;
  if (word == "false" || word == "no") return false;
  return std::nullopt;
}

std::optional<double> score_at(const json& j, const char* name) {
  const auto at = j.find(name);
  if (at == j.end()) return std::nullopt;
  double value = -1;
  if (at->is_number()) {
    value = at->get<double>();
  } else if (const auto* text = at->get_ptr<const std::string*>()) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), value, std::chars_format::fixed);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  }
  if (!(value >= 0 && value <= 100)) return std::nullopt;
  return value <= 1 ? value : value <= 10 ? value / 10 : value / 100;
}

/// A category as a rule may name it: small letters and underscores.
std::string category_of(const json& issue) {
  std::string name;
  for (const char c : text_at(issue, "category", 24))
    if ((c >= 'a' && c <= 'z') || c == '_') name += c;
    else if (c >= 'A' && c <= 'Z') name += static_cast<char>(c + 32);
  return name.empty() ? "coherence" : name;
}

severity level_of(const json& issue) {
  const auto word = ascii_lower(text_at(issue, "severity", 16)); // not every server holds the model to the schema
  const auto confidence = issue.find("confidence");
  const bool unsure = confidence != issue.end() && confidence->is_number() && confidence->get<double>() < least_confidence;
  if (word == "critical") return unsure ? severity::quality : severity::critical;
  return word == "suggestion" ? severity::warning : severity::quality;
}

violation issue_of(const json& issue) {
  violation v;
  v.category = category_of(issue);
  v.rule = "judge_" + v.category;
  v.level = level_of(issue);
  v.message = text_at(issue, "message", longest_message);
  if (v.message.empty()) v.message = "The judge objects to the " + v.category + ".";
  if (const auto advice = text_at(issue, "suggestion", longest_message); !advice.empty()) v.message += " (" + advice + ")";
  v.evidence = text_at(issue, "evidence", longest_evidence);
  return v;
}

} // namespace

bool judge_reads(const run_config& config, std::uint64_t seq) noexcept {
  if (config.judge_sample >= 1) return true;
  random_stream draw(config.seed, seq, 0, "judge_sample");
  return draw.chance(config.judge_sample);
}

const std::string& judgement_schema() {
  static const std::string schema = [] {
    const json text{{"type", "string"}}, share{{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
    const json issue{{"type", "object"},
                     {"properties",
                      {{"severity", {{"type", "string"}, {"enum", {"critical", "warning", "suggestion"}}}},
                       {"category", text},
                       {"message", text},
                       {"evidence", text},
                       {"suggestion", text},
                       {"confidence", share}}},
                     {"required", {"severity", "category", "message", "evidence", "suggestion", "confidence"}},
                     {"additionalProperties", false}};
    return json{{"type", "object"},
                {"properties",
                 {{"is_valid", {{"type", "boolean"}}},
                  {"overall_score", share},
                  {"issues", {{"type", "array"}, {"items", issue}}},
                  {"feedback", text}}},
                {"required", {"is_valid", "overall_score", "issues", "feedback"}},
                {"additionalProperties", false}}
      .dump();
  }();
  return schema;
}

judge_report read_judgement(const draft& answer) {
  judge_report report;
  report.usage = answer.usage;
  report.estimated_usage = answer.estimated_usage;
  report.model = answer.model;
  report.endpoint = answer.endpoint;
  report.took_ms = answer.took_ms;
  if (answer.outcome != outcome_class::ok) {
    report.detail = "the judge did not answer: " + std::string(to_string(answer.outcome)) +
                    (answer.detail.empty() ? "" : ", " + one_line(answer.detail));
    return report;
  }
  const auto found = find_judgement(answer.text);
  const auto valid = found ? truth_at(*found, "is_valid") : std::nullopt;
  report.score = found ? score_at(*found, "overall_score") : std::nullopt;
  const bool issues = found && found->contains("issues") && (*found)["issues"].is_array();
  if (!found || (!valid && !report.score && !issues)) {
    report.score.reset();
    report.detail = "the judge's answer holds no judgement";
    return report;
  }
  report.feedback = text_at(*found, "feedback", longest_message);
  if (issues)
    for (const auto& issue : (*found)["issues"]) {
      if (report.issues.size() == most_issues) break;
      if (issue.is_object()) report.issues.push_back(issue_of(issue));
    }
  const auto critical = [](const violation& v) { return v.level == severity::critical; };
  bool rejected = std::any_of(report.issues.begin(), report.issues.end(), critical);
  if (valid == false && !rejected) {
    rejected = true;
    report.issues.insert(report.issues.begin(), {"judge_invalid", "coherence", severity::critical,
                                                 report.feedback.empty() ? "The judge finds the text unfit." : report.feedback, ""});
  }
  report.state = rejected ? judge_state::rejected : judge_state::passed;
  return report;
}

void keep_for_mode(verdict& found, std::string_view mode) {
  if (mode != "llm") return;
  std::erase_if(found.violations, [](const violation& v) { return v.level != severity::critical && v.category != "variety"; });
  found.story_told = true;
}

void add_judgement(verdict& into, const judge_report& report) {
  if (report.state == judge_state::unavailable) return;
  into.violations.insert(into.violations.end(), report.issues.begin(), report.issues.end());
}

bool judge_outage::ask() noexcept {
  if (in_a_row < patience) return true;
  if (left_out < pause_between) {
    ++left_out;
    return false;
  }
  left_out = 0;
  return true;
}

void judge_outage::answered(bool available) noexcept {
  in_a_row = available ? 0 : in_a_row + 1;
  if (available) left_out = 0;
}

} // namespace longwave
