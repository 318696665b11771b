// Names, parsing and JSON of the status values.
#include "messages/status.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace longwave {

namespace {

constexpr std::array<std::string_view, 9> state_names{"starting", "running",   "pausing", "paused", "stopping",
                                                      "stopped",  "completed", "aborted", "failed"};

} // namespace

std::string_view to_string(run_state s) noexcept { return state_names[static_cast<std::size_t>(s)]; }

std::optional<run_state> parse_run_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == text) return static_cast<run_state>(i);
  return std::nullopt;
}

bool is_final(run_state s) noexcept {
  return s == run_state::stopped || s == run_state::completed || s == run_state::aborted || s == run_state::failed;
}

void append_json(std::string& out, const run_counters& c) {
  json_writer w(out);
  const auto counts = [&](std::string_view name, const std::map<std::string, std::uint64_t>& by) {
    w.name(name).begin_object();
    for (const auto& [key, number] : by) w.key(key).number(number);
    w.end_object();
  };
  w.begin_object().name("accepted").number(c.accepted).name("attempts").number(c.attempts);
  counts("by_category", c.by_category);
  counts("by_severity", c.by_severity);
  w.name("critical_accepted").number(c.critical_accepted);
  if (c.discarded_drafts > 0) w.name("discarded_drafts").number(c.discarded_drafts);
  w.name("evaluated").number(c.evaluated);
  w.name("failures_total").number(c.failures_total).name("first_attempt_passed").number(c.first_attempt_passed);
  w.name("input_tokens").number(c.input_tokens).name("last_failure").text(c.last_failure);
  w.name("output_tokens").number(c.output_tokens).name("passed").number(c.passed).name("repeated").number(c.repeated);
  w.name("segments_retried").number(c.segments_retried).name("skipped").number(c.skipped);
  w.name("usage_known").number(c.usage_known).name("usage_missing").number(c.usage_missing);
  w.name("variety_flagged").number(c.variety_flagged).end_object();
}

void to_json(nlohmann::json& j, const run_counters& c) {
  std::string text;
  append_json(text, c);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, run_counters& c) {
  j.at("accepted").get_to(c.accepted);
  j.at("skipped").get_to(c.skipped);
  j.at("evaluated").get_to(c.evaluated);
  j.at("passed").get_to(c.passed);
  j.at("first_attempt_passed").get_to(c.first_attempt_passed);
  j.at("attempts").get_to(c.attempts);
  j.at("segments_retried").get_to(c.segments_retried);
  c.discarded_drafts = j.value("discarded_drafts", std::uint64_t{0});
  j.at("failures_total").get_to(c.failures_total);
  j.at("last_failure").get_to(c.last_failure);
  j.at("variety_flagged").get_to(c.variety_flagged);
  j.at("repeated").get_to(c.repeated);
  j.at("critical_accepted").get_to(c.critical_accepted);
  j.at("input_tokens").get_to(c.input_tokens);
  j.at("output_tokens").get_to(c.output_tokens);
  j.at("usage_missing").get_to(c.usage_missing);
  j.at("usage_known").get_to(c.usage_known);
  j.at("by_severity").get_to(c.by_severity);
  j.at("by_category").get_to(c.by_category);
}

} // namespace longwave
