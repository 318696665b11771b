// The quality gate of a run: too many segments that validation rejected to the last attempt pause it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One stretch of a run and the share of failed segments it bears.
struct gate_band {
  /// Last position of the band; 0 = without end.
  std::uint64_t end = 0;
  std::uint64_t threshold_percent = 0;
};

/// Where and against what the gate looks.
struct gate_limits {
  // domain 6.3: 1-50 < 10 %, 51-200 < 7 %, 201+ < 5 %
  std::vector<gate_band> bands{{50, 10}, {200, 7}, {0, 5}};
  // contract 8.6: looked at at 20, 50, 100, 200 and every 50 after
  std::vector<std::uint64_t> positions{20, 50, 100, 200};
  std::uint64_t every_after = 50;
};

/// Counts segments that reached a verdict. `failed` are those whose last attempt was rejected by validation; a segment
/// lost to the backend is none of the gate's business (contract 8.6).
struct quality_gate {
  enum class effect { none, pause };

  std::uint64_t evaluated = 0;
  std::uint64_t failed = 0;
  bool tripped = false;
  gate_limits limits;

  /// A segment reached its last verdict. `pause` exactly when the gate trips with this one.
  effect on_verdict(bool rejected);
  /// A person has seen it: counting starts anew.
  void on_resumed() noexcept;

  /// "ok" or "tripped".
  std::string_view state_name() const noexcept { return tripped ? "tripped" : "ok"; }
  /// The share that holds at the present position: .10, .07 or .05.
  double threshold() const noexcept;

private:
  const gate_band& band_at(std::uint64_t position) const noexcept;
  bool is_position(std::uint64_t position) const noexcept;
};

/// Counters and state; the limits are not stored.
/// Compact, with sorted names: written with every segment.
void append_json(std::string& out, const quality_gate& g);
void to_json(nlohmann::json& j, const quality_gate& g);
void from_json(const nlohmann::json& j, quality_gate& g);

/// Most violations of a kind that a run of 480 segments may show before a warning is due (domain 6.3).
struct category_limits {
  std::uint64_t planned_of = 480;
  std::uint64_t temporal = 3;
  std::uint64_t voice = 10;
  std::uint64_t format = 24;
  std::uint64_t minor = 48;
};

/// Names of the limits that are exceeded, scaled to the planned segments (rounded down, at least 1): "temporal",
/// "voice", "format", "minor". Warnings only; the pause is the gate's decision.
/// @param by_category  violations by category; "tone" counts as voice, "story", "weather" and "engagement" are the minor ones
std::vector<std::string> exceeded_categories(const std::map<std::string, std::uint64_t>& by_category,
                                             std::uint64_t planned, const category_limits& limits = {});

} // namespace longwave
