// Judging of the preflight's rows.
#include "actors/supervisor/preflight.hpp"

#include <algorithm>

namespace longwave {

namespace {

std::string gigabytes(std::uint64_t bytes) {
  const auto tenths = bytes / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

preflight_row judge_pools(const preflight_facts& f, const preflight_limits& limits) {
  if (f.planned_hours == 0 || !f.tells_stories) return {"pools", std::nullopt, "the run tells no story arcs"};
  const auto wanted = beats_wanted(f.planned_hours, limits);
  std::string detail = std::to_string(f.beats) + " beats in " + std::to_string(f.stories) + " stories, " + std::to_string(wanted) + " wanted";
  if (f.temporal_violations + f.regional_violations > 0)
    detail += "; " + std::to_string(f.temporal_violations) + " stories of other times, " + std::to_string(f.regional_violations) + " of other regions";
  return {"pools", f.beats >= wanted && f.temporal_violations + f.regional_violations == 0, detail};
}

preflight_row judge_disk(const preflight_facts& f, const preflight_limits& limits) {
  if (!f.free_bytes) return {"disk", false, "free space cannot be told"};
  auto wanted = 2 * f.estimated_bytes + f.floor_bytes;
  if (f.planned_hours > 0) wanted = std::max(wanted, f.planned_hours > pilot_hours ? limits.long_bytes : limits.pilot_bytes);
  return {"disk", *f.free_bytes >= wanted, gigabytes(*f.free_bytes) + " free, " + gigabytes(wanted) + " wanted"};
}

preflight_row judge_backup(const preflight_facts& f) {
  if (!f.backup.empty()) return {"backup", true, f.backup};
  if (!f.backup_fault.empty()) return {"backup", false, f.backup_fault};
  if (!f.has_data) return {"backup", std::nullopt, "there is nothing to back up yet"};
  return {"backup", false, "there is none; `longwave backup DIR --to PATH` makes one"};
}

preflight_row judge_state(const preflight_facts& f) {
  if (f.state == "taken") return {"state", false, f.state_detail + "; go on with --resume, or choose another --output"};
  if (f.state == "finished") return {"state", false, f.state_detail};
  return {"state", true, f.state == "new" ? "clean" : f.state_detail};
}

} // namespace

std::size_t beats_wanted(std::int64_t hours, const preflight_limits& limits) noexcept {
  if (hours >= pilot_hours) return limits.least_beats;
  if (hours <= 0) return 0;
  const auto share = static_cast<std::size_t>(hours) * limits.least_beats;
  const auto whole = static_cast<std::size_t>(pilot_hours);
  return (share + whole - 1) / whole;
}

std::vector<preflight_row> judge_preflight(const preflight_facts& f, const preflight_limits& limits) {
  std::vector<preflight_row> rows;
  rows.push_back({"content", f.content_fault.empty(), f.content_fault.empty() ? "pack, DJ and stories load" : f.content_fault});
  rows.push_back(f.content_fault.empty() ? judge_pools(f, limits) : preflight_row{"pools", false, "cannot be counted without content"});
  rows.push_back(judge_disk(f, limits));
  rows.push_back({"output", f.output_fault.empty(), f.output_fault.empty() ? "can be written" : f.output_fault});
  rows.push_back({"backend", f.backend_fault.empty(), f.backend_fault.empty() ? "answers" : f.backend_fault});
  rows.push_back(judge_state(f));
  rows.push_back(judge_backup(f));
  return rows;
}

bool is_ready(const std::vector<preflight_row>& rows) noexcept {
  return std::none_of(rows.begin(), rows.end(), [](const preflight_row& r) { return r.met == false; });
}

} // namespace longwave
