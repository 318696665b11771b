// Reads what a process that is gone last said about its run.
#include "cli/stored_status.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace longwave::cli {

namespace {

using nlohmann::ordered_json;

/// A process that is gone cannot be starting, running, pausing or stopping. A pause survives it.
std::string state_without_process(const std::string& state) {
  for (const char* living : {"starting", "running", "pausing", "stopping"})
    if (state == living) return "interrupted";
  return state;
}

ordered_json text_or_null(const std::string& text) { return text.empty() ? ordered_json(nullptr) : ordered_json(text); }

ordered_json known_to_store(const run_config& config, const storage::run_head& head, bool in_engine) {
  const auto planned = config.planned_segments();
  ordered_json percent = nullptr;
  if (planned && *planned > 0)
    percent = std::min(100.0, static_cast<double>(head.seq * 1'000 / *planned) / 10.0);
  ordered_json j;
  j["schema_version"] = 1;
  j["run_id"] = config.run_id;
  j["kind"] = to_string(config.kind);
  j["state"] = in_engine && head.epoch == 0 ? head.state : state_without_process(head.state);
  j["state_reason"] = text_or_null(head.state_reason);
  j["pause_reasons"] = head.pause_reasons;
  j["started_at"] = text_or_null(head.started_at);
  j["dj"] = text_or_null(config.dj);
  j["seed"] = config.seed;
  j["progress"] = {{"segments_planned", planned ? ordered_json(*planned) : ordered_json(nullptr)},
                   {"segments_done", head.seq},
                   {"segments_accepted", nullptr},
                   {"segments_skipped", nullptr},
                   {"percent", percent}};
  j["timing"] = {{"elapsed_s", static_cast<double>(head.elapsed_ms) / 1'000.0}};
  j["failures"] = {{"consecutive", head.consecutive_failures}};
  j["warnings"] = ordered_json::array();
  return j;
}

} // namespace

result<ordered_json> left_status(const std::filesystem::path& output_folder) {
  const auto path = output_folder / "LIVE_STATUS.json";
  std::ifstream in(path);
  if (!in)
    return failure{error_code::not_found, "no run in " + output_folder.string(), "it holds no LIVE_STATUS.json",
                   "name the output folder of a run"};
  auto j = ordered_json::parse(std::istreambuf_iterator<char>(in), {}, nullptr, false);
  if (!j.is_object() || !j.contains("state") || !j["state"].is_string() || !j.contains("run_id") ||
      !j["run_id"].is_string())
    return failure{error_code::bad_input, "cannot read " + path.string(), "it is not a run's status",
                   "start the run with --resume, which writes it again"};
  j["state"] = state_without_process(j["state"].get<std::string>());
  return j;
}

result<ordered_json> stored_status(const storage::store& s, const std::string& run, bool in_engine) {
  const auto config = s.config(run);
  if (!config) return config.error();
  auto left = left_status(config.value().output);
  if (left && left.value()["run_id"] == run) return left;
  const auto head = s.head(run);
  if (!head) return head.error();
  return known_to_store(config.value(), head.value(), in_engine);
}

} // namespace longwave::cli
