// Builds the status document field by field in the contract's order.
#include "actors/monitor/live_status.hpp"

#include "actors/monitor/cost_view.hpp"
#include "actors/monitor/eta.hpp"
#include "actors/monitor/forecast.hpp"
#include "actors/monitor/ratio.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace longwave {

namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json(nullptr) : ordered_json(text); }

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json part_or(const status_part& part, ordered_json otherwise) { return part ? ordered_json(*part) : std::move(otherwise); }

/// An object with room for its fields: without it every second one moves all before it.
ordered_json object_of(std::size_t fields) {
  ordered_json object = ordered_json::object();
  object.get_ref<ordered_json::object_t&>().reserve(fields);
  return object;
}

ordered_json seconds_or_null(const std::optional<double>& ms) {
  return ms ? ordered_json(std::round(*ms) / 1'000.0) : ordered_json(nullptr);
}

ordered_json percent(const run_facts& f) {
  if (!f.planned || *f.planned == 0) return nullptr;
  const double share = static_cast<double>(f.counters.done()) / static_cast<double>(*f.planned) * 100.0;
  return std::round(std::min(share, 100.0) * 10.0) / 10.0;
}

ordered_json warning_list(const std::vector<status_warning>& a, const std::vector<status_warning>& b) {
  ordered_json list = ordered_json::array();
  for (const auto* part : {&a, &b})
    for (const auto& w : *part) list.push_back({{"code", w.code}, {"message", w.message}, {"since", w.since}});
  return list;
}

ordered_json timing(const run_facts& f, const segment_trend& trend) {
  ordered_json t = object_of(6);
  t["elapsed_s"] = static_cast<double>(f.elapsed_ms) / 1'000.0;
  t["last_segment_s"] = f.last_segment_ms ? ordered_json(static_cast<double>(*f.last_segment_ms) / 1'000.0) : ordered_json(nullptr);
  t["recent_avg_s"] = seconds_or_null(trend.recent_ms());
  t["baseline_avg_s"] = seconds_or_null(trend.baseline_ms());
  t["trend"] = trend.trend();
  const auto change = trend.change_percent();
  t["trend_pct"] = change ? ordered_json(std::round(*change * 10.0) / 10.0) : ordered_json(nullptr);
  return t;
}

ordered_json judge(const run_facts& f) {
  if (!f.judge) return nullptr;
  const auto& t = *f.judge;
  const auto mean = t.scored == 0 ? ordered_json(nullptr) : ordered_json(std::round(t.score_sum / static_cast<double>(t.scored) * 1'000.0) / 1'000.0);
  return {{"asked", t.asked}, {"passed", t.passed}, {"rejected", t.rejected}, {"unavailable", t.unavailable}, {"mean_score", mean},
          {"waiting_drafts", f.drafts_waiting}, {"batch", or_null(f.drafts_in_batch)}};
}

ordered_json validation(const run_facts& f) {
  const auto& c = f.counters;
  ordered_json v = object_of(8);
  v["evaluated"] = c.evaluated;
  v["passed"] = c.passed;
  v["pass_rate"] = shown_ratio(c.passed, c.evaluated);
  v["first_attempt_pass_rate"] = shown_ratio(c.first_attempt_passed, c.evaluated);
  v["by_severity"] = c.by_severity;
  v["by_category"] = c.by_category;
  v["judge"] = judge(f);
  v["gate"] = {{"state", f.gate_state}, {"threshold", f.gate_threshold}};
  return v;
}

ordered_json backend(const run_facts& f) {
  ordered_json b = object_of(6);
  b["kind"] = f.backend_kind;
  b["state"] = f.backend_state;
  b["detail"] = text_or_null(f.backend_detail);
  b["waiting_until"] = text_or_null(f.backend_wait_until);
  b["waiting_seconds"] = f.backend_wait_ms ? ordered_json(static_cast<double>(*f.backend_wait_ms) / 1'000.0) : ordered_json(nullptr);
  b["endpoints"] = part_or(f.endpoints, ordered_json::array());
  return b;
}

/// Why the run is in its state; a running one that waits for a busy backend says so here too.
ordered_json reason(const run_facts& f) {
  const bool waits = f.state == run_state::running && f.backend_state == "waiting_on_backend";
  return waits && f.state_reason.empty() ? ordered_json(f.backend_state) : text_or_null(f.state_reason);
}

ordered_json usage(const run_facts& f) {
  const auto& c = f.counters;
  const bool known = c.usage_known > 0 || c.attempts == 0;
  ordered_json u = object_of(10);
  u["input_tokens"] = known ? ordered_json(c.input_tokens) : ordered_json(nullptr);
  u["output_tokens"] = known ? ordered_json(c.output_tokens) : ordered_json(nullptr);
  u["total_tokens"] = known ? ordered_json(c.input_tokens + c.output_tokens) : ordered_json(nullptr);
  u["missing"] = c.usage_missing;
  add_ledger(u, f.usage);
  return u;
}

forecast_input stories_ahead(const run_facts& f) {
  return forecast_input_of(f.stories ? *f.stories : nlohmann::json(), f.counters.done(), f.planned);
}

ordered_json forecast_of(const run_facts& f, const segment_trend& trend, const status_extras& extras) {
  auto in = stories_ahead(f);
  in.mean_ms = trend.recent_ms();
  in.deviation_ms = trend.recent_deviation_ms();
  in.disk_free_bytes = extras.disk_free_bytes;
  return forecast(in);
}

} // namespace

nlohmann::ordered_json live_status(const run_facts& f, const segment_trend& trend, const status_extras& extras) {
  const auto& c = f.counters;
  const auto eta = eta_ms(c.done(), f.planned, trend.recent_ms(), f.elapsed_ms, f.duration_ms);
  ordered_json j = object_of(30);
  j["schema_version"] = 1;
  j["run_id"] = f.run_id;
  j["kind"] = f.kind;
  j["state"] = to_string(f.state);
  j["state_reason"] = reason(f);
  j["pause_reasons"] = f.pause_reasons;
  j["started_at"] = text_or_null(f.started_at);
  j["updated_at"] = extras.updated_at;
  j["pid"] = extras.pid;
  j["dj"] = text_or_null(f.dj);
  j["seed"] = f.seed;
  j["backend"] = backend(f);
  j["position"] = {{"day", f.position.day},
                   {"hour", f.position.hour},
                   {"slot", f.position.slot},
                   {"broadcast_date", text_or_null(f.position.broadcast_date)}};
  j["progress"] = {{"segments_planned", or_null(f.planned)}, {"segments_done", c.done()},
                   {"segments_accepted", c.accepted},        {"segments_generated", c.accepted},
                   {"segments_skipped", c.skipped},          {"percent", percent(f)}};
  j["eta_seconds"] = is_final(f.state) ? ordered_json(nullptr) : seconds_or_null(eta);
  j["timing"] = timing(f, trend);
  j["validation"] = validation(f);
  j["retries"] = {{"attempts", c.attempts}, {"segments_retried", c.segments_retried}, {"skips", c.skipped},
                  {"discarded_drafts", c.discarded_drafts}};
  j["failures"] = {{"consecutive", f.consecutive_failures},
                   {"limit", f.failure_limit},
                   {"total", c.failures_total},
                   {"last", text_or_null(c.last_failure)}};
  j["variety"] = {{"flags", c.repeated}, {"flag_rate", shown_ratio(c.repeated, c.accepted)}, {"flagged", c.variety_flagged}};
  j["stories"] = part_or(f.stories, ordered_json::object());
  j["forecast"] = forecast_of(f, trend, extras);
  j["drift"] = extras.drift ? drift_view(*extras.drift, trend) : ordered_json(nullptr);
  j["weather"] = part_or(f.weather, nullptr);
  j["usage"] = usage(f);
  j["cost"] = cost_view(f.usage, f.prices, {c.done(), c.accepted, f.planned, f.limit});
  j["cache"] = {{"hits", f.cache_hits}, {"misses", f.cache_misses}, {"hit_rate", shown_ratio(f.cache_hits, f.cache_hits + f.cache_misses)}};
  j["checkpoint"] = {{"id", text_or_null(f.checkpoint_id)}, {"at", text_or_null(f.checkpoint_at)}};
  j["disk_free_bytes"] = or_null(extras.disk_free_bytes);
  j["warnings"] = warning_list(f.warnings, extras.warnings);
  return j;
}

std::vector<status_warning> number_warnings(const run_facts& f, const segment_trend& trend) {
  std::vector<status_warning> list;
  const auto& c = f.counters;
  if (trend.trend() == "slowing") list.push_back({"slowdown", "segments take longer than at the start of the run", ""});
  // Rates of a handful of segments say nothing: domain 6.3 looks from segment 20 on.
  if (c.evaluated >= 20 && c.passed * 100 < c.evaluated * 95)
    list.push_back({"pass_rate", "less than 95 % of the segments pass validation", ""});
  if (c.accepted >= 20 && c.repeated * 100 >= c.accepted * 5)
    list.push_back({"repetition", "5 % or more of the segments repeat themselves", ""});
  // domain 4: below half is a warning; the first lookups of a run miss, all of them.
  if (const auto asked = f.cache_hits + f.cache_misses; asked >= 100 && f.cache_hits * 2 < asked)
    list.push_back({"cache_cold", "less than half of the searches of the catalogue are answered by the cache", ""});
  for (const auto& pool : stories_ahead(f).pools)
    if (pool.initial > 0 && pool.remaining * 10 < pool.initial * 3)
      list.push_back({"pool_low_" + pool.name,
                      "less than " + std::string(pool.remaining * 5 < pool.initial ? "20" : "30") + " % of the " +
                        pool.name + " stories are left",
                      ""});
  return list;
}

} // namespace longwave
