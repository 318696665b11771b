// Window means and their comparison.
#include "actors/monitor/trend.hpp"

#include <cmath>
#include <numeric>

namespace longwave {

void segment_trend::add(double took_ms) {
  recent_.push_back(took_ms);
  if (recent_.size() > limits_.window) recent_.erase(recent_.begin());
  if (++seen_ <= limits_.warm_up) return;
  window_sum_ += took_ms;
  if (++window_count_ < limits_.window) return;
  const double mean = window_sum_ / static_cast<double>(window_count_);
  window_sum_ = 0;
  window_count_ = 0;
  if (!baseline_) baseline_ = mean;
  rising_windows_ = last_window_ && mean > *last_window_ * limits_.step_factor ? rising_windows_ + 1 : 0;
  last_window_ = mean;
}

std::optional<double> segment_trend::recent_ms() const {
  if (recent_.empty()) return std::nullopt;
  return std::accumulate(recent_.begin(), recent_.end(), 0.0) / static_cast<double>(recent_.size());
}

std::optional<double> segment_trend::recent_deviation_ms() const {
  if (recent_.size() < 2) return std::nullopt;
  const double mean = *recent_ms();
  double sum = 0;
  for (const double ms : recent_) sum += (ms - mean) * (ms - mean);
  return std::sqrt(sum / static_cast<double>(recent_.size() - 1));
}

std::optional<double> segment_trend::change_percent() const {
  const auto recent = recent_ms();
  if (!baseline_ || !recent || recent_.size() < limits_.window || *baseline_ <= 0) return std::nullopt;
  return (*recent / *baseline_ - 1.0) * 100.0;
}

std::string segment_trend::trend() const {
  const auto change = change_percent();
  if (!change || *recent_ms() < limits_.floor_ms) return "stable";
  if (*change >= (limits_.baseline_factor - 1.0) * 100.0 || rising_windows_ >= 2) return "slowing";
  if (*change <= -(1.0 - 1.0 / limits_.baseline_factor) * 100.0) return "improving";
  return "stable";
}

} // namespace longwave
