// The order of precedence within a broadcast day.
#include "actors/scheduler/slot_choice.hpp"

#include "messages/random.hpp"

#include <algorithm>
#include <deque>

namespace longwave {

namespace {

/// Slots before the end for which the open ones are counted; far more than all arcs together can need.
constexpr std::uint64_t tail_length = 4096;

/// Share of fillers in the lull that are music: about one filler in twelve over the whole day.
constexpr double music_chance = 0.2;

bool in_lull(int hour) noexcept { return hour >= 10 && hour <= 15; }

/// Weather and news at their hours. With one slot an hour there is room for one of them only: weather at 06 and 17,
/// news at 12, and the hour itself is told within the segment.
void add_items(const broadcast_calendar& calendar, int hour, std::deque<segment_type>& waiting) {
  if (hour != 6 && hour != 12 && hour != 17) return;
  if (calendar.segments_per_hour == 1) {
    waiting.push_back(hour == 12 ? segment_type::news : segment_type::weather);
    return;
  }
  waiting.push_back(segment_type::weather);
  waiting.push_back(segment_type::news);
}

} // namespace

std::vector<slot_type> day_slots(const broadcast_calendar& calendar, const weather_outlook& weather,
                                 std::uint64_t seed, int day) {
  const std::uint64_t first = calendar.first_of_day(day);
  const std::uint64_t count = calendar.segments_per_day();
  const auto per_hour = static_cast<std::uint64_t>(calendar.segments_per_hour);
  std::vector<slot_type> out(count);
  std::deque<segment_type> waiting;
  bool time_waits = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seq = first + i;
    const int hour = calendar.hour_of(seq);
    const bool opens_hour = i % per_hour == 0;
    if (opens_hour) {
      time_waits = per_hour > 1;
      add_items(calendar, hour, waiting);
    }
    // Weather can only turn when the hour does.
    if (opens_hour && weather.alert_due(seq)) {
      out[i] = segment_type::emergency_weather;
    } else if (time_waits) {
      out[i] = segment_type::time_check;
      time_waits = false;
    } else if (!waiting.empty()) {
      out[i] = waiting.front();
      waiting.pop_front();
    } else if (in_lull(hour) && random_stream(seed, seq, 0, "music").chance(music_chance) &&
               (i == 0 || out[i - 1] != segment_type::music_intro)) {
      out[i] = segment_type::music_intro;
    }
  }
  return out;
}

const std::vector<slot_type>& slot_table::day(const weather_outlook& weather, int day) const {
  if (cached_day_ != day) {
    cached_ = day_slots(calendar_, weather, seed_, day);
    cached_day_ = day;
  }
  return cached_;
}

slot_type slot_table::at(const weather_outlook& weather, std::uint64_t seq) const {
  const int d = calendar_.day_of(seq);
  return day(weather, d)[seq - calendar_.first_of_day(d)];
}

std::uint64_t slot_table::open_from(const weather_outlook& weather, std::uint64_t seq) const {
  if (!planned_) return plenty;
  if (seq > *planned_) return 0;
  const std::uint64_t left = *planned_ - seq + 1;
  if (left > tail_length) return plenty;
  if (tail_.empty()) {
    const std::uint64_t begin = *planned_ > tail_length ? *planned_ - tail_length + 1 : 1;
    tail_.assign(*planned_ - begin + 2, 0);
    std::vector<bool> open;
    open.reserve(tail_.size());
    std::vector<slot_type> today;
    int today_number = 0;
    for (std::uint64_t s = begin; s <= *planned_; ++s) {
      const int d = calendar_.day_of(s);
      if (d != today_number) {
        today = day_slots(calendar_, weather, seed_, d);
        today_number = d;
      }
      open.push_back(!today[s - calendar_.first_of_day(d)]);
    }
    for (std::size_t i = 1; i < tail_.size(); ++i) {
      tail_[i] = static_cast<std::uint16_t>(tail_[i - 1] + (open[open.size() - i] ? 1 : 0));
    }
  }
  return tail_[left];
}

} // namespace longwave
