// Straight lines with their spread.
#include "actors/monitor/forecast.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace longwave {

namespace {

using nlohmann::ordered_json;

constexpr forecast_rules forecast_numbers;

ordered_json range_json(const forecast_range& r, const char* name) {
  return {{name, std::llround(r.likely)}, {"low", std::llround(r.low)}, {"high", std::llround(r.high)}};
}

std::string level_of(double share) {
  return share < forecast_numbers.pool_red ? "red" : share < forecast_numbers.pool_low ? "yellow" : "green";
}

ordered_json pool_json(const pool_level& pool, const forecast_input& in, ordered_json& messages) {
  const double share = pool.initial == 0 ? 0 : static_cast<double>(pool.remaining) / static_cast<double>(pool.initial);
  ordered_json j{{"pool", pool.name},
         {"remaining", pool.remaining},
         {"initial", pool.initial},
         {"pct", pool.initial == 0 ? ordered_json(nullptr) : ordered_json(std::round(share * 1'000) / 10)},
         {"ends_at", nullptr},
         {"of", in.planned ? ordered_json(*in.planned) : ordered_json(nullptr)},
         {"level", pool.initial == 0 ? ordered_json(nullptr) : ordered_json(level_of(share))}};
  const auto used = static_cast<double>(pool.initial - std::min(pool.initial, pool.remaining));
  const auto end = exhaustion(static_cast<double>(pool.remaining), used, in.done);
  if (!end || (in.planned && end->likely > static_cast<double>(*in.planned))) return j;
  j["ends_at"] = range_json(*end, "segment");
  std::string message = pool.name + " pool ends at segment " + std::to_string(std::llround(end->likely));
  if (in.planned) message += " of " + std::to_string(*in.planned);
  message += " (" + std::to_string(std::llround(end->low)) + " to " + std::to_string(std::llround(end->high)) + ")";
  messages.push_back(std::move(message));
  return j;
}

ordered_json arcs_json(const forecast_input& in) {
  ordered_json j{{"completed", in.arcs_completed}, {"active", in.arcs_active}, {"expected", nullptr}};
  if (!in.planned || in.done < forecast_numbers.least_segments || in.arcs_completed == 0) return j;
  const double scale = static_cast<double>(*in.planned) / static_cast<double>(std::max<std::uint64_t>(in.done, 1));
  const auto told = static_cast<double>(in.arcs_completed);
  const double likely = told * scale;
  // What has ended has ended; only the rest is uncertain.
  const double spread = forecast_numbers.deviations * std::sqrt(std::max(0.0, likely - told));
  j["expected"] = range_json({likely, std::max(told, likely - spread), likely + spread}, "likely");
  return j;
}

ordered_json disk_json(const forecast_input& in) {
  if (!in.planned) return nullptr;
  const std::uint64_t left = *in.planned - std::min(*in.planned, in.done);
  const double needed = static_cast<double>(left) * forecast_numbers.bytes_per_segment;
  return {{"needed_bytes", std::llround(needed)},
          {"free_bytes", in.disk_free_bytes ? ordered_json(*in.disk_free_bytes) : ordered_json(nullptr)},
          {"fits", in.disk_free_bytes ? ordered_json(static_cast<double>(*in.disk_free_bytes) > needed) : ordered_json(nullptr)}};
}

std::string thousands(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

void look_at_stories(const run_means& m, std::vector<run_obstacle>& out) {
  if (!m.stories_enabled) return;
  std::size_t all = 0;
  for (const auto n : m.stories) all += n;
  if (all == 0) {
    out.push_back({"pool_daily", "stories are asked for, and the DJ may tell none", true});
    return;
  }
  // Half of the fillers, two segments an act; each timeline has the share that its inclusion gives it.
  constexpr std::array<double, 4> share{0.80 / 1.75, 0.50 / 1.75, 0.30 / 1.75, 0.15 / 1.75};
  constexpr std::array<double, 4> rest_days{7, 14, 30, 30};
  const double a_day = 16.0 * std::max(m.segments_per_hour, 1);
  const double days = static_cast<double>(m.planned_segments) / a_day;
  const double beats = static_cast<double>(m.planned_segments) * (m.segments_per_hour == 1 ? 0.40 : 0.35);
  for (timeline line : all_timelines) {
    const auto i = static_cast<std::size_t>(line);
    if (m.acts[i] == 0) continue;
    const double rounds = 1 + std::floor(std::max(0.0, days - 1) / rest_days[i]);
    const double there = static_cast<double>(m.acts[i]) * 2 * rounds;
    const double wanted = beats * share[i];
    if (there >= wanted) continue;
    const double at = static_cast<double>(m.planned_segments) * there / wanted;
    out.push_back({"pool_" + std::string(to_string(line)),
                   std::string(to_string(line)) + " pool ends at segment " +
                     thousands(static_cast<std::uint64_t>(at)) + " of " + thousands(m.planned_segments) +
                     ": slots beyond that tell rumours or stories of the other pools",
                   false});
  }
}

} // namespace

std::optional<forecast_range> exhaustion(double remaining, double used, std::uint64_t done) noexcept {
  if (used <= 0 || done < forecast_numbers.least_segments) return std::nullopt;
  const auto n = static_cast<double>(done);
  // Counts of independent events spread by their root.
  const double spread = forecast_numbers.deviations * std::sqrt(used);
  const auto at = [&](double u) { return n + remaining * n / u; };
  const double slow = std::max(used - spread, used / 4);
  return forecast_range{at(used), at(used + spread), at(slow)};
}

std::optional<forecast_range> time_left(std::uint64_t left, std::optional<double> mean_ms,
                                        std::optional<double> deviation_ms) noexcept {
  if (!mean_ms) return std::nullopt;
  const auto n = static_cast<double>(left);
  const double likely = n * *mean_ms;
  // The mean itself is uncertain by its window of ten, and the rest adds up at random.
  const double spread = forecast_numbers.deviations * deviation_ms.value_or(0) * (std::sqrt(n) + n / std::sqrt(10.0));
  return forecast_range{likely, std::max(0.0, likely - spread), likely + spread};
}

ordered_json forecast(const forecast_input& in) {
  ordered_json messages = ordered_json::array(), pools = ordered_json::array();
  for (const auto& pool : in.pools) pools.push_back(pool_json(pool, in, messages));
  ordered_json j{{"pools", std::move(pools)}, {"arcs", arcs_json(in)}, {"eta_seconds", nullptr}, {"disk", disk_json(in)}};
  if (in.planned && in.done >= 3) {
    const auto left = time_left(*in.planned - std::min(*in.planned, in.done), in.mean_ms, in.deviation_ms);
    if (left) {
      const auto seconds = [](double ms) { return std::round(ms) / 1'000; };
      j["eta_seconds"] = {{"likely", seconds(left->likely)}, {"low", seconds(left->low)}, {"high", seconds(left->high)}};
    }
  }
  if (!j["disk"].is_null() && j["disk"]["fits"] == false) messages.push_back("the disk is too small for what is left");
  j["messages"] = std::move(messages);
  return j;
}

forecast_input forecast_input_of(const nlohmann::json& stories, std::uint64_t done, std::optional<std::uint64_t> planned) {
  forecast_input in;
  in.done = done;
  in.planned = planned;
  if (!stories.is_object()) return in;
  in.arcs_completed = stories.value("completed", std::uint64_t{0});
  if (const auto at = stories.find("active"); at != stories.end()) in.arcs_active = at->size();
  const auto pools = stories.find("pools");
  if (pools == stories.end() || !pools->is_object()) return in;
  for (const auto& line : all_timelines) {
    const auto at = pools->find(std::string(to_string(line)));
    if (at != pools->end() && at->is_object())
      in.pools.push_back({std::string(to_string(line)), at->value("remaining", std::size_t{0}), at->value("initial", std::size_t{0})});
  }
  return in;
}

std::vector<run_obstacle> obstacles(const run_means& m) {
  std::vector<run_obstacle> out;
  look_at_stories(m, out);
  if (m.gossip_subjects == 0) out.push_back({"gossip", "there are no subjects for rumours to fill the slots with", true});
  if (m.news_subjects == 0) out.push_back({"news", "there are no subjects for news: plain ones are used", false});
  const double needed = static_cast<double>(m.planned_segments) * forecast_numbers.bytes_per_segment +
                        static_cast<double>(std::max<std::int64_t>(m.disk_floor_bytes, 0));
  if (m.disk_free_bytes && static_cast<double>(*m.disk_free_bytes) < needed)
    out.push_back({"disk", "the run needs about " + thousands(static_cast<std::uint64_t>(needed)) + " bytes and " +
                             thousands(*m.disk_free_bytes) + " are free", true});
  if (m.seconds_per_segment) {
    const double hours = *m.seconds_per_segment * static_cast<double>(m.planned_segments) / 3'600;
    char text[96];
    std::snprintf(text, sizeof text, "at %.1f s a segment the run takes %.1f h, its limit is %.0f h",
                  *m.seconds_per_segment, hours, m.most_hours);
    if (hours > m.most_hours) out.push_back({"time", text, true});
  }
  return out;
}

} // namespace longwave
