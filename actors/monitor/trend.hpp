// Is the run slowing down? Compares windows of segment times (domain 7.3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Numbers of the trend rule.
struct trend_limits {
  /// First segments that do not count: caches and models warm up (domain 7.3 [rec]).
  std::size_t warm_up = 5;
  /// Segments a window (domain 7.3: 10-20).
  std::size_t window = 10;
  /// Against the baseline window: +25 % is a slowdown (domain 7.3 [rec]).
  double baseline_factor = 1.25;
  /// Window over window, twice in a row: +10 % (domain 7.3).
  double step_factor = 1.10;
  /// Below this mean a slowdown is noise of the machine, not of a model, milliseconds.
  double floor_ms = 20.0;
};

/// Segment times of one run. Memory: two windows.
class segment_trend {
public:
  explicit segment_trend(trend_limits limits = {}) : limits_(limits) {}

  /// @param took_ms time from plan to commit of one segment, milliseconds
  void add(double took_ms);

  bool empty() const noexcept { return seen_ == 0; }
  /// Mean of the last window's worth of segments; empty before the first.
  std::optional<double> recent_ms() const;
  /// Standard deviation over the same segments; empty before two.
  std::optional<double> recent_deviation_ms() const;
  /// Mean of the first full window after the warm-up; empty before it is full.
  std::optional<double> baseline_ms() const { return baseline_; }
  /// Recent against baseline, percent; empty before there is a baseline and a full recent window.
  std::optional<double> change_percent() const;
  /// "stable", "slowing" or "improving".
  std::string trend() const;

private:
  trend_limits limits_;
  std::size_t seen_ = 0;
  std::vector<double> recent_;
  std::optional<double> baseline_;
  std::optional<double> last_window_;
  double window_sum_ = 0;
  std::size_t window_count_ = 0;
  int rising_windows_ = 0;
};

} // namespace longwave
