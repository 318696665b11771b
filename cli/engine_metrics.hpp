// What Prometheus reads at GET /metrics: counters of this engine's life, and the runs' figures at the moment of asking.
#pragma once

#include "messages/draft.hpp"
#include "messages/monitor.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace longwave::cli {

/// A histogram as Prometheus wants it: cumulative buckets, sum and count.
class duration_histogram {
public:
  /// @param bounds upper bounds in seconds, ascending, without infinity
  explicit duration_histogram(std::vector<double> bounds);
  void observe(double seconds);
  /// Appends the lines of `name`_bucket, _sum and _count.
  void append(std::string& page, const std::string& name) const;

private:
  std::vector<double> bounds_;
  /// One for each bound and one beyond; not cumulative.
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

/// Counters begin at 0 with the engine and never fall while it lives (Prometheus tells a restart by that); what a run had
/// done before is in its status. Threads: all members from any thread.
class engine_metrics {
public:
  engine_metrics();

  /// Which backend the run's attempts are counted under.
  void run_submitted(const std::string& run, const std::string& backend);
  /// Counts terminal records, attempts by their class, drafts thrown away, and restarts of actors.
  void event(const event_happened& e);
  /// One answer of a backend: its duration on the run's clock, and the tokens it reported.
  void answer(const draft& d);
  /// One write of a group of commits.
  void commit(double seconds);

  /// The page, text format 0.0.4. A figure that is not known has no line.
  /// @param statuses the statuses of the engine's runs (contract section 4), an array
  std::string page(const nlohmann::json& statuses) const;

private:
  struct tokens {
    bool known = false;
    std::uint64_t count = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::string> backends_;
  std::array<std::uint64_t, 2> segments_{};
  /// By backend and class.
  std::map<std::pair<std::string, std::string>, std::uint64_t> attempts_;
  std::map<std::string, std::uint64_t> restarts_;
  std::uint64_t discarded_ = 0;
  tokens input_, output_;
  duration_histogram answers_;
  duration_histogram commits_;
};

/// A value between quotes: backslash, quote and line end escaped, other control characters and broken UTF-8 replaced.
std::string metric_label(std::string_view text);

} // namespace longwave::cli
