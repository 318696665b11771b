// Where a run is heading: when a pool ends, how many arcs come to their end, when it is done, what it takes of the disk.
// And, before it starts, whether it can get there at all. Pure.
#pragma once

#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

struct forecast_rules {
  /// Segments before anything is forecast.
  std::uint64_t least_segments = 10;
  /// Two-sided: nine in ten outcomes lie in the range when events are independent (1.645 standard deviations).
  double deviations = 1.645;
  /// Bytes that one segment takes on disk: line, readable file, store, compaction; measured over a 480-segment run.
  double bytes_per_segment = 12'000;
  /// Share of a pool at which a warning is due: yellow, red (domain 10, "Pool monitoring").
  double pool_low = 0.30;
  double pool_red = 0.20;
};

/// A place in the run with the range in which it is likely to be.
struct forecast_range {
  double likely = 0;
  double low = 0;
  double high = 0;
};

/// When something that is used up segment by segment is gone.
/// @param remaining what is left after `done` segments
/// @param used      what went in those segments
/// @return the segment; empty when nothing was used or too little is known
std::optional<forecast_range> exhaustion(double remaining, double used, std::uint64_t done) noexcept;

/// Time for what is left, milliseconds, from the mean and its standard deviation a segment.
std::optional<forecast_range> time_left(std::uint64_t left, std::optional<double> mean_ms,
                                        std::optional<double> deviation_ms) noexcept;

struct pool_level {
  std::string name;
  std::size_t remaining = 0;
  std::size_t initial = 0;
};

struct forecast_input {
  std::uint64_t done = 0;
  /// Empty: no planned end.
  std::optional<std::uint64_t> planned;
  std::vector<pool_level> pools;
  std::uint64_t arcs_completed = 0;
  std::uint64_t arcs_active = 0;
  std::optional<double> mean_ms;
  std::optional<double> deviation_ms;
  std::optional<std::uint64_t> disk_free_bytes;
};

/// {"pools":[{"pool","remaining","initial","pct","ends_at":{"segment","low","high"}|null,"of","level"}],
///  "arcs":{"completed","expected":{"likely","low","high"}|null},
///  "eta_seconds":{"likely","low","high"}|null,
///  "disk":{"needed_bytes","free_bytes","fits"}, "messages":["daily pool ends at segment 391 of 480 (350 to 440)"]}
/// `ends_at` is null where the pool lasts to the planned end. Reuse cool-downs refill pools: what is forecast is the net.
nlohmann::ordered_json forecast(const forecast_input& in);

/// The same from what a run's scheduler says of it. @param stories as `run_facts::stories`
forecast_input forecast_input_of(const nlohmann::json& stories, std::uint64_t done,
                                 std::optional<std::uint64_t> planned);

// -- before the start -------------------------------------------------------------------------------------------------

/// What a planned broadcast has to live on.
struct run_means {
  std::uint64_t planned_segments = 0;
  int segments_per_hour = 1;
  bool stories_enabled = false;
  /// Stories and their acts that the DJ may tell, by timeline.
  std::array<std::size_t, 4> stories{};
  std::array<std::size_t, 4> acts{};
  /// Subjects of rumours and news; 0 = none.
  std::size_t gossip_subjects = 0;
  std::size_t news_subjects = 0;
  std::optional<std::uint64_t> disk_free_bytes;
  std::int64_t disk_floor_bytes = 0;
  /// Seconds a segment, from a probe or an earlier run; empty = not known.
  std::optional<double> seconds_per_segment;
  /// The abort line of the total time, hours.
  double most_hours = 60;
};

struct run_obstacle {
  /// pool_daily ... pool_yearly, gossip, news, disk, time.
  std::string code;
  /// For a person, with numbers.
  std::string message;
  /// The run cannot finish; otherwise it can, but less well.
  bool fatal = false;
};

/// What stands in the way of finishing. Empty: nothing that is known.
///
/// Stories: half of the fillers tell stories, an act takes two segments on the average; daily stories rest seven days,
/// weekly fourteen, the others thirty. Too few is not fatal (a slot without a story tells a rumour), none at all is
/// when stories are asked for; without subjects for rumours nothing can fill the slots.
std::vector<run_obstacle> obstacles(const run_means& means);

} // namespace longwave
