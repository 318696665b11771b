// The four factors of engagement.
#include "actors/scheduler/engagement.hpp"

#include <algorithm>
#include <cmath>

namespace longwave {

namespace {

constexpr engagement_rules engagement_numbers;

std::uint32_t mark_of(std::string_view text) {
  std::uint32_t h = 2166136261u;
  for (unsigned char c : text) h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
  return h;
}

double jaccard(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::size_t common = 0;
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    if (a[i] == b[k]) ++common;
    const bool first = a[i] <= b[k], second = b[k] <= a[i];
    i += first;
    k += second;
  }
  const std::size_t all = a.size() + b.size() - common;
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

} // namespace

double engagement_score(const engagement_input& in) noexcept {
  const auto line = static_cast<std::size_t>(in.line);
  const double novelty = std::max(engagement_numbers.novelty_floor, 1 - engagement_numbers.novelty_step[line] * std::max(in.broadcasts - 1, 0));
  const double variety = engagement_numbers.variety_floor + (1 - engagement_numbers.variety_floor) * std::clamp(in.variety, 0.0, 1.0);
  const double pacing = engagement_numbers.pacing_floor + (1 - engagement_numbers.pacing_floor) * std::clamp(in.pacing, 0.0, 1.0);
  const double progress = 1 + engagement_numbers.progress_gain * std::clamp(in.progress, 0.0, 1.0);
  const double score = engagement_numbers.base * novelty * variety * pacing * progress;
  return std::round(std::clamp(score, 0.0, 1.0) * 1000) / 1000;
}

double beat_diversity(const std::vector<std::uint32_t>& beat, std::span<const std::vector<std::uint32_t>> before) {
  if (before.empty()) return 1;
  double sum = 0;
  for (const auto& b : before) sum += jaccard(beat, b);
  return 1 - sum / static_cast<double>(before.size());
}

std::vector<std::uint32_t> beat_marks(const story_act& act) {
  std::vector<std::uint32_t> marks;
  marks.reserve(act.entities.size() + act.themes.size());
  for (const auto& e : act.entities) marks.push_back(mark_of(e));
  for (const auto& t : act.themes) marks.push_back(mark_of(t));
  std::sort(marks.begin(), marks.end());
  marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
  return marks;
}

double beat_pacing(timeline line, std::uint64_t gap) noexcept {
  const std::uint64_t easy = engagement_numbers.easy_gap[static_cast<std::size_t>(line)];
  if (gap == 0 || gap >= easy) return 1;
  return static_cast<double>(gap) / static_cast<double>(easy);
}

bool must_deescalate(timeline line, int broadcasts, double engagement) noexcept {
  if (line == timeline::daily || broadcasts < engagement_numbers.deescalate_after[static_cast<std::size_t>(line)]) return false;
  return engagement < engagement_numbers.deescalate_below;
}

} // namespace longwave
