// Builds the human view of a status; every text of the document is made safe, whoever wrote it.
#include "cli/status_text.hpp"

#include "cli/terminal_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

namespace longwave::cli {

namespace {

using nlohmann::ordered_json;

/// The value at a path of names; null when there is none.
const ordered_json& at(const ordered_json& j, std::initializer_list<const char*> path) {
  static const ordered_json none;
  const ordered_json* here = &j;
  for (const char* name : path) {
    if (!here->is_object() || !here->contains(name)) return none;
    here = &(*here)[name];
  }
  return *here;
}

std::string text(const ordered_json& j, const char* otherwise = "") {
  return j.is_string() ? terminal_line(j.get_ref<const std::string&>()) : otherwise;
}

std::string number(const ordered_json& j) { return j.is_number_unsigned() ? grouped(j.get<std::uint64_t>()) : "?"; }

std::string fixed(double value, const char* format) {
  char out[48];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

std::string reasons(const ordered_json& status) {
  std::string list;
  const auto& names = at(status, {"pause_reasons"});
  for (const auto& name : names.is_array() ? names : ordered_json::array())
    list += (list.empty() ? "" : ", ") + text(name, "?");
  if (list.empty()) list = text(at(status, {"state_reason"}));
  if (list == text(at(status, {"state"}))) return {};
  return list.empty() ? "" : " (" + list + ")";
}

/// Drafts of a batch that wait for the judge; empty when there are none.
std::string batch_line(const ordered_json& status) {
  const auto& waiting = at(status, {"validation", "judge", "waiting_drafts"});
  const auto& batch = at(status, {"validation", "judge", "batch"});
  if (!waiting.is_number_unsigned() || waiting.get<std::uint64_t>() == 0) return {};
  if (batch.is_number_unsigned()) return number(waiting) + " of " + number(batch) + " drafts of its batch are made, then it reads";
  return number(waiting) + (waiting.get<std::uint64_t>() == 1 ? " draft waits for it" : " drafts wait for it");
}

std::string row(const char* name, const std::string& value) {
  if (value.empty()) return {};
  char head[24];
  std::snprintf(head, sizeof head, "  %-12s", name);
  return head + value + "\n";
}

std::string where(const ordered_json& status) {
  const auto& day = at(status, {"position", "day"});
  const auto& hour = at(status, {"position", "hour"});
  if (text(at(status, {"kind"})) == "stories" || !day.is_number() || !hour.is_number()) return {};
  const auto date = text(at(status, {"position", "broadcast_date"}));
  char clock[32];
  std::snprintf(clock, sizeof clock, "day %lld, %02lld:00", static_cast<long long>(day.get<std::int64_t>()),
                static_cast<long long>(hour.get<std::int64_t>()));
  return clock + (date.empty() ? "" : " (" + date + ")");
}

std::string progress_line(const ordered_json& status) {
  const auto& done = at(status, {"progress", "segments_done"});
  const auto& planned = at(status, {"progress", "segments_planned"});
  const auto& percent = at(status, {"progress", "percent"});
  if (!done.is_number_unsigned()) return {};
  std::string line = number(done);
  line += planned.is_number_unsigned() ? " of " + number(planned) : std::string(" done");
  if (percent.is_number()) line += fixed(std::clamp(percent.get<double>(), 0.0, 100.0), " (%.1f %%)");
  const auto& accepted = at(status, {"progress", "segments_accepted"});
  const auto& skipped = at(status, {"progress", "segments_skipped"});
  if (accepted.is_number_unsigned()) line += ", " + number(accepted) + " accepted";
  if (skipped.is_number_unsigned()) line += ", " + number(skipped) + " skipped";
  return line;
}

std::string quality_line(const ordered_json& status) {
  const auto& rate = at(status, {"validation", "pass_rate"});
  if (!rate.is_number()) return {};
  std::string line = fixed(rate.get<double>() * 100.0, "%.1f %% pass");
  const auto gate = text(at(status, {"validation", "gate", "state"}));
  return gate.empty() || gate == "ok" ? line : line + ", gate " + gate;
}

std::string time_line(const ordered_json& status) {
  const auto& elapsed = at(status, {"timing", "elapsed_s"});
  if (!elapsed.is_number()) return {};
  std::string line = duration_text(elapsed.get<double>()) + " so far";
  const auto& average = at(status, {"timing", "recent_avg_s"});
  if (average.is_number()) line += ", " + duration_text(average.get<double>()) + " a segment";
  const auto& eta = at(status, {"eta_seconds"});
  line += ", ETA " + (eta.is_number() ? duration_text(eta.get<double>()) : std::string("—"));
  return line;
}

} // namespace

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string duration_text(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 10) return fixed(seconds, seconds < 1 ? "%.2f s" : "%.1f s");
  const auto whole = static_cast<std::uint64_t>(std::min(seconds, 1e15) + 0.5);
  char out[64];
  if (whole < 60)
    std::snprintf(out, sizeof out, "%llu s", static_cast<unsigned long long>(whole));
  else if (whole < 3'600)
    std::snprintf(out, sizeof out, "%llu min %02llu s", static_cast<unsigned long long>(whole / 60),
                  static_cast<unsigned long long>(whole % 60));
  else
    std::snprintf(out, sizeof out, "%llu h %02llu min", static_cast<unsigned long long>(whole / 3'600),
                  static_cast<unsigned long long>(whole / 60 % 60));
  return out;
}

std::string state_line(const ordered_json& status) {
  return "run " + text(at(status, {"run_id"}), "?") + ": " + text(at(status, {"state"}), "?") + reasons(status);
}

std::string status_text(const ordered_json& status) {
  std::string out = state_line(status) + "\n";
  out += row("on air", text(at(status, {"dj"})));
  out += row("at", where(status));
  out += row("progress", progress_line(status));
  out += row("validation", quality_line(status));
  out += row("judge", batch_line(status));
  out += row("time", time_line(status));
  const auto checkpoint = text(at(status, {"checkpoint", "id"}));
  const auto taken = text(at(status, {"checkpoint", "at"}));
  out += row("checkpoint", checkpoint.empty() || taken.empty() ? checkpoint : checkpoint + " at " + taken);
  const auto backend = text(at(status, {"backend", "kind"}));
  if (!backend.empty()) out += row("backend", backend + ", " + text(at(status, {"backend", "state"}), "?"));
  const auto& warnings = at(status, {"warnings"});
  for (const auto& w : warnings.is_array() ? warnings : ordered_json::array())
    out += row("warning", text(at(w, {"code"}), "?") + ": " + text(at(w, {"message"})));
  return out;
}

} // namespace longwave::cli
