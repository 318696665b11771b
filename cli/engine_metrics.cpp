// Counting, and writing of the page in Prometheus' text format. By hand: Debian's prometheus-cpp-dev installs a web
// server and curl along with it.
#include "cli/engine_metrics.hpp"

#include "cli/terminal_text.hpp"
#include "messages/status.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace longwave::cli {

namespace {

using json = nlohmann::json;

constexpr run_state all_states[] = {run_state::starting, run_state::running, run_state::pausing,
                                    run_state::paused,   run_state::stopping, run_state::stopped,
                                    run_state::completed, run_state::aborted, run_state::failed};

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[400]; // the largest double has 309 digits
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return {text, end.ptr};
}

void head(std::string& page, const std::string& name, const char* type, const char* help) {
  page += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void sample(std::string& page, const std::string& name, const std::string& labels, const std::string& value) {
  page += name + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
}

std::string label(const char* name, std::string_view value) {
  return std::string(name) + "=\"" + metric_label(value) + "\"";
}

std::optional<double> number_at(const json& j, const json::json_pointer& at) {
  if (!j.is_object() || !j.contains(at) || !j.at(at).is_number()) return std::nullopt;
  return j.at(at).get<double>();
}

/// What the runs say now, taken together.
struct run_figures {
  std::map<run_state, std::uint64_t> states;
  std::optional<double> consecutive_failures;
  std::optional<double> eta;
  std::map<std::string, double> pools;
};

void keep_largest(std::optional<double>& kept, std::optional<double> value) {
  if (value && (!kept || *value > *kept)) kept = value;
}

run_figures figures_of(const json& statuses) {
  run_figures f;
  if (!statuses.is_array()) return f;
  for (const auto& s : statuses) {
    if (!s.is_object()) continue;
    const auto named = s.find("state");
    const auto state = named != s.end() && named->is_string() ? parse_run_state(named->get_ref<const std::string&>()) : std::nullopt;
    if (!state) continue;
    ++f.states[*state];
    if (is_final(*state)) continue;
    keep_largest(f.consecutive_failures, number_at(s, json::json_pointer("/failures/consecutive")));
    keep_largest(f.eta, number_at(s, json::json_pointer("/eta_seconds")));
    const json::json_pointer pools("/stories/pools");
    if (!s.contains(pools) || !s.at(pools).is_object()) continue;
    for (const auto& [name, pool] : s.at(pools).items()) {
      const auto left = number_at(pool, json::json_pointer("/remaining"));
      const auto initial = number_at(pool, json::json_pointer("/initial"));
      if (!left || !initial || *initial <= 0) continue;
      const auto ratio = *left / *initial;
      const auto at = f.pools.emplace(name, ratio).first;
      at->second = std::min(at->second, ratio);
    }
  }
  return f;
}

void append_runs(std::string& page, const run_figures& f) {
  head(page, "longwave_run_state", "gauge", "Runs of this engine in each state.");
  for (const auto state : all_states) {
    const auto at = f.states.find(state);
    sample(page, "longwave_run_state", label("state", to_string(state)),
           std::to_string(at == f.states.end() ? 0 : at->second));
  }
  if (f.consecutive_failures) {
    head(page, "longwave_consecutive_failures", "gauge", "Segments lost in a row; of several runs the most.");
    sample(page, "longwave_consecutive_failures", "", number(*f.consecutive_failures));
  }
  if (f.eta) {
    head(page, "longwave_eta_seconds", "gauge", "Expected seconds to the end of the run; of several the last.");
    sample(page, "longwave_eta_seconds", "", number(*f.eta));
  }
  if (f.pools.empty()) return;
  head(page, "longwave_pool_remaining_ratio", "gauge", "Stories left of a pool, 0 to 1; of several runs the least.");
  for (const auto& [name, ratio] : f.pools) sample(page, "longwave_pool_remaining_ratio", label("pool", name), number(ratio));
}

} // namespace

std::string metric_label(std::string_view text) {
  // Lines and quotes have escapes of their own here; the rest is made visible as on a terminal.
  std::string out, plain;
  const auto flush = [&] {
    out += terminal_line(plain);
    plain.clear();
  };
  for (const char c : text) {
    if (c != '\\' && c != '"' && c != '\n') {
      plain += c;
      continue;
    }
    flush();
    out += c == '\n' ? "\\n" : c == '"' ? "\\\"" : "\\\\";
  }
  flush();
  return out;
}

duration_histogram::duration_histogram(std::vector<double> bounds)
  : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void duration_histogram::observe(double seconds) {
  if (!(seconds >= 0)) return; // a clock that ran backwards measured nothing
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  ++counts_[static_cast<std::size_t>(at - bounds_.begin())];
  sum_ += seconds;
}

void duration_histogram::append(std::string& page, const std::string& name) const {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    sample(page, name + "_bucket", label("le", i < bounds_.size() ? number(bounds_[i]) : "+Inf"), std::to_string(below));
  }
  sample(page, name + "_sum", "", number(sum_));
  sample(page, name + "_count", "", std::to_string(below));
}

engine_metrics::engine_metrics()
  : answers_({0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300}),
    commits_({0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5}) {}

void engine_metrics::run_submitted(const std::string& run, const std::string& backend) {
  const std::lock_guard guard(mutex_);
  backends_[run] = backend;
}

void engine_metrics::event(const event_happened& e) {
  const std::lock_guard guard(mutex_);
  const auto count = [&](std::string outcome) {
    const auto at = backends_.find(e.run);
    ++attempts_[{at == backends_.end() ? "unknown" : at->second, std::move(outcome)}];
  };
  if (e.type == "segment_accepted") {
    ++segments_[0];
    count("ok");
  } else if (e.type == "segment_skipped") {
    ++segments_[1];
  } else if (e.type == "attempt_failed") {
    // "segment 12 rejected": the class is the last word.
    const auto word = e.detail.substr(e.detail.rfind(' ') + 1);
    count(parse_outcome_class(word) ? word : "unknown");
  } else if (e.type == "draft_discarded") {
    ++discarded_;
  } else if (e.type == "attempt_interrupted") {
    count("interrupted");
  } else if (e.type == "actor_restarted") {
    ++restarts_[e.detail];
  }
}

void engine_metrics::answer(const draft& d) {
  const std::lock_guard guard(mutex_);
  answers_.observe(static_cast<double>(d.took_ms) / 1'000);
  if (!d.usage) return;
  const auto add = [](tokens& sum, const std::optional<std::uint64_t>& part) {
    sum.known = sum.known || part.has_value();
    sum.count += part.value_or(0);
  };
  add(input_, d.usage->input_tokens);
  add(output_, d.usage->output_tokens);
}

void engine_metrics::commit(double seconds) {
  const std::lock_guard guard(mutex_);
  commits_.observe(seconds);
}

std::string engine_metrics::page(const json& statuses) const {
  const auto figures = figures_of(statuses);
  std::string page;
  const std::lock_guard guard(mutex_);
  head(page, "longwave_build_info", "gauge", "Always 1; the version as a label.");
  sample(page, "longwave_build_info", label("version", LONGWAVE_VERSION), "1");
  head(page, "longwave_segments_total", "counter", "Terminal records since this engine began.");
  sample(page, "longwave_segments_total", label("outcome", "accepted"), std::to_string(segments_[0]));
  sample(page, "longwave_segments_total", label("outcome", "skipped"), std::to_string(segments_[1]));
  if (!attempts_.empty()) {
    head(page, "longwave_attempts_total", "counter", "Attempts since this engine began, by how they ended.");
    for (const auto& [key, count] : attempts_)
      sample(page, "longwave_attempts_total", label("backend", key.first) + "," + label("class", key.second), std::to_string(count));
  }
  head(page, "longwave_discarded_drafts_total", "counter", "Drafts made before their turn and thrown away since this engine began.");
  sample(page, "longwave_discarded_drafts_total", "", std::to_string(discarded_));
  head(page, "longwave_attempt_duration_seconds", "histogram", "How long answers took, on the run's clock.");
  answers_.append(page, "longwave_attempt_duration_seconds");
  if (input_.known || output_.known) {
    head(page, "longwave_tokens_total", "counter", "Tokens that backends reported since this engine began.");
    if (input_.known) sample(page, "longwave_tokens_total", label("direction", "input"), std::to_string(input_.count));
    if (output_.known) sample(page, "longwave_tokens_total", label("direction", "output"), std::to_string(output_.count));
  }
  head(page, "longwave_commit_duration_seconds", "histogram", "Synced writes of the store, each a group of commits.");
  commits_.append(page, "longwave_commit_duration_seconds");
  if (!restarts_.empty()) {
    head(page, "longwave_actor_restarts_total", "counter", "Actors that died and were replaced.");
    for (const auto& [actor, count] : restarts_)
      sample(page, "longwave_actor_restarts_total", label("actor", actor), std::to_string(count));
  }
  append_runs(page, figures);
  return page;
}

} // namespace longwave::cli
