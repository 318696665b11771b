// The retry policy as one pure function, and the JSON of its state.
#include "actors/retry/outcome.hpp"

#include "actors/retry/backoff.hpp"
#include "actors/validator/story_similarity.hpp"
#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace longwave {

namespace {

constexpr retry_limits retry_numbers;
constexpr std::string_view exhausted = "max_retries_exceeded";
constexpr std::string_view duplicate = "duplicate";

bool is_incorporation_failure(const failed_attempt& failed) {
  bool story = false;
  for (const violation& v : failed.violations) {
    if (v.level == severity::critical) return false;
    story = story || v.rule == "story_incorporation";
  }
  return story;
}

/// Rejected and refused drafts are asked for again at once with another prompt; the rest gives the backend time.
bool waits(outcome_class c) noexcept {
  return c == outcome_class::transport || c == outcome_class::stall || c == outcome_class::incomplete ||
         c == outcome_class::empty || c == outcome_class::loop;
}

retry_decision wait_for_busy(const attempt_state& state, std::int64_t retry_after_ms, std::int64_t stall_after_ms) {
  retry_decision d;
  d.after = state;
  d.drop_story = drops_story(state);
  const std::int64_t left = stall_after_ms - state.busy_ms;
  if (left <= 0) {
    d.step = next_step::pause_busy;
    // After the pause the segment is asked for afresh.
    d.after.busy_ms = 0;
    return d;
  }
  d.step = next_step::wait_busy;
  d.wait_ms = std::min(retry_after_ms > 0 ? retry_after_ms : backoff_from_waited(state.busy_ms), left);
  d.after.busy_ms += d.wait_ms;
  return d;
}

retry_decision wait_for_endpoint(const attempt_state& state, std::int64_t outage_wait_ms) {
  retry_decision d;
  d.step = next_step::wait_outage;
  d.after = state;
  d.drop_story = drops_story(state);
  d.wait_ms = std::min(backoff_from_waited(state.outage_ms), outage_wait_ms - state.outage_ms);
  d.after.outage_ms += d.wait_ms;
  return d;
}

retry_decision stay(const attempt_state& state, next_step step) {
  retry_decision d;
  d.step = step;
  d.after = state;
  d.drop_story = drops_story(state);
  return d;
}

retry_decision spend(const attempt_state& state, const failed_attempt& failed, int max_attempts,
                     bool validation_enabled) {
  retry_decision d;
  d.after = state;
  d.after.history.push_back(failed);
  d.after.history.back().attempt = state.attempt;
  const bool rejected = failed.outcome == outcome_class::rejected;
  if (rejected) ++d.after.rejected;
  if (rejected && is_incorporation_failure(failed)) ++d.after.incorporation_failures;
  if (failed.outcome == outcome_class::refused) ++d.after.refusals;
  d.drop_story = drops_story(d.after);
  if (d.after.refusals >= retry_numbers.refusals) {
    d.step = next_step::skip;
    d.skip_reason = to_string(outcome_class::refused);
  } else if (state.attempt >= std::max(max_attempts, 1) || (rejected && !validation_enabled)) {
    d.step = next_step::skip;
    d.skip_reason = is_duplicate_failure(failed) ? duplicate : exhausted;
  } else {
    d.step = next_step::again;
    d.wait_ms = waits(failed.outcome) ? backoff_after(state.attempt) : 0;
    ++d.after.attempt;
  }
  return d;
}

} // namespace

std::string_view to_string(next_step s) noexcept {
  switch (s) {
    case next_step::again: return "again";
    case next_step::wait_busy: return "wait_busy";
    case next_step::wait_outage: return "wait_outage";
    case next_step::skip: return "skip";
    case next_step::pause_config: return "pause_config";
    case next_step::pause_quota: return "pause_quota";
    case next_step::pause_busy: return "pause_busy";
  }
  return "again";
}

bool drops_story(const attempt_state& state) noexcept {
  return state.incorporation_failures >= retry_numbers.incorporation_failures;
}

bool is_duplicate_failure(const failed_attempt& failed) noexcept {
  bool found = false;
  for (const violation& v : failed.violations) {
    if (v.level == severity::critical && !is_duplicate(v)) return false;
    found = found || is_duplicate(v);
  }
  return found;
}

bool changes_template(const attempt_state& state) noexcept {
  return std::count_if(state.history.begin(), state.history.end(), is_duplicate_failure) >= retry_numbers.duplicates;
}

retry_decision decide_retry(const attempt_state& state, const failed_attempt& failed, int max_attempts,
                            bool validation_enabled, std::int64_t retry_after_ms, std::int64_t stall_after_ms,
                            std::int64_t outage_wait_ms, bool refused_connection) {
  switch (failed.outcome) {
    case outcome_class::config: return stay(state, next_step::pause_config);
    case outcome_class::quota: return stay(state, next_step::pause_quota);
    case outcome_class::interrupted: return stay(state, next_step::again);
    case outcome_class::busy: return wait_for_busy(state, retry_after_ms, stall_after_ms);
    case outcome_class::transport:
      if (refused_connection && state.outage_ms < outage_wait_ms) return wait_for_endpoint(state, outage_wait_ms);
      break;
    case outcome_class::ok:
    case outcome_class::incomplete:
    case outcome_class::empty:
    case outcome_class::loop:
    case outcome_class::refused:
    case outcome_class::stall:
    case outcome_class::rejected: break;
  }
  return spend(state, failed, max_attempts, validation_enabled);
}

void to_json(nlohmann::json& j, const failed_attempt& f) {
  j = nlohmann::json{{"attempt", f.attempt},
                     {"outcome", to_string(f.outcome)},
                     {"detail", f.detail},
                     {"violations", f.violations}};
  if (f.cut_by_length) j["cut_by_length"] = true;
  if (!f.endpoint.empty()) j["endpoint"] = f.endpoint;
  if (!f.model.empty()) j["model"] = f.model;
  if (!f.evidence.empty()) j["evidence"] = nlohmann::json::parse(f.evidence, nullptr, false);
}

void from_json(const nlohmann::json& j, failed_attempt& f) {
  j.at("attempt").get_to(f.attempt);
  const auto& name = j.at("outcome").get_ref<const std::string&>();
  const auto outcome = parse_outcome_class(name);
  if (!outcome) throw nlohmann::json::other_error::create(501, "outcome is no outcome class: " + name, &j);
  f.outcome = *outcome;
  j.at("detail").get_to(f.detail);
  j.at("violations").get_to(f.violations);
  f.cut_by_length = j.value("cut_by_length", false);
  f.endpoint = j.value("endpoint", "");
  f.model = j.value("model", "");
  f.evidence.clear();
  if (const auto at = j.find("evidence"); at != j.end()) f.evidence = at->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(std::string& out, const attempt_state& s) {
  json_writer w(out);
  w.begin_object().name("actor_deaths").number(s.actor_deaths).name("attempt").number(s.attempt);
  w.name("busy_ms").number(s.busy_ms).name("history");
  // Failed attempts are rare, and each took a call.
  if (s.history.empty())
    w.raw("[]");
  else
    w.raw(nlohmann::json(s.history).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  w.name("incorporation_failures").number(s.incorporation_failures).name("outage_ms").number(s.outage_ms);
  w.name("process_deaths").number(s.process_deaths).name("refusals").number(s.refusals);
  w.name("rejected").number(s.rejected).end_object();
}

void to_json(nlohmann::json& j, const attempt_state& s) {
  std::string text;
  append_json(text, s);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, attempt_state& s) {
  j.at("attempt").get_to(s.attempt);
  j.at("rejected").get_to(s.rejected);
  j.at("incorporation_failures").get_to(s.incorporation_failures);
  j.at("refusals").get_to(s.refusals);
  j.at("history").get_to(s.history);
  j.at("busy_ms").get_to(s.busy_ms);
  j.at("outage_ms").get_to(s.outage_ms);
  j.at("actor_deaths").get_to(s.actor_deaths);
  j.at("process_deaths").get_to(s.process_deaths);
}

} // namespace longwave
