// Climate tables and the Markov chain behind the weather calendar.
#include "actors/scheduler/weather.hpp"

#include "actors/scheduler/calendar.hpp"
#include "actors/validator/variety_rules.hpp"
#include "messages/random.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

namespace longwave {

namespace {

using namespace std::chrono;
using enum weather_type;

constexpr int type_count = 8;
constexpr int max_streak_days = limit_of("weather", limit_kind::max_consecutive);
constexpr int max_rad_slots_a_week = limit_of("rad_storm", limit_kind::max_per_week);
constexpr int draws_a_day = 16;

using weights = std::array<double, type_count>;

struct boost {
  weather_type type;
  double by;
};

struct season_rule {
  int temperature = 0;
  std::vector<boost> boosts;
};

struct rare_event {
  weather_type type;
  /// Chance per slot that the event enters the row at all, and its weight there.
  double chance;
  double weight;
};

struct climate {
  int low = 0;
  int high = 0;
  int variance = 0;
  std::array<weights, type_count> rows{};
  /// Winter, spring, summer, fall.
  std::array<season_rule, 4> seasons;
  std::vector<rare_event> rare;
};

weights row(std::initializer_list<boost> entries) {
  weights w{};
  for (const auto& e : entries) w[static_cast<std::size_t>(e.type)] = e.by;
  return w;
}

void set_row(climate& c, weather_type from, std::initializer_list<boost> entries) {
  c.rows[static_cast<std::size_t>(from)] = row(entries);
}

climate make_appalachia() {
  climate c{20, 85, 20, {}, {}, {{rad_storm, 0.025, 0.05}}};
  set_row(c, sunny, {{cloudy, .40}, {foggy, .25}, {sunny, .30}, {rainy, .05}});
  set_row(c, cloudy, {{rainy, .40}, {sunny, .25}, {foggy, .20}, {cloudy, .15}});
  set_row(c, rainy, {{cloudy, .50}, {foggy, .20}, {rainy, .20}, {sunny, .10}});
  set_row(c, foggy, {{cloudy, .45}, {rainy, .25}, {foggy, .20}, {sunny, .10}});
  set_row(c, rad_storm, {{rainy, .50}, {cloudy, .30}, {foggy, .20}});
  set_row(c, snow, {{cloudy, .50}, {snow, .30}, {sunny, .20}});
  c.seasons[0] = {-25, {{snow, .25}, {foggy, .20}}};
  c.seasons[1] = {-5, {{rainy, .35}, {foggy, .30}}};
  c.seasons[2] = {15, {{foggy, .15}}};
  c.seasons[3] = {0, {{rainy, .30}, {foggy, .35}}};
  return c;
}

climate make_mojave() {
  climate c{35, 115, 30, {}, {}, {{dust_storm, 0.015, 0.08}, {rad_storm, 0.008, 0.05}}};
  set_row(c, sunny, {{sunny, .70}, {cloudy, .20}, {dust_storm, .08}, {rad_storm, .02}});
  set_row(c, cloudy, {{sunny, .60}, {cloudy, .25}, {rainy, .10}, {dust_storm, .05}});
  set_row(c, rainy, {{sunny, .50}, {cloudy, .50}});
  set_row(c, dust_storm, {{sunny, .60}, {cloudy, .30}, {dust_storm, .10}});
  set_row(c, rad_storm, {{sunny, .50}, {cloudy, .40}, {dust_storm, .10}});
  c.seasons[0] = {-30, {}};
  c.seasons[1] = {-10, {}};
  c.seasons[2] = {20, {}};
  c.seasons[3] = {0, {}};
  return c;
}

climate make_commonwealth() {
  climate c{10, 80, 15, {}, {}, {{rad_storm, 0.010, 0.05}, {glowing_fog, 0.008, 0.05}}};
  set_row(c, sunny, {{cloudy, .45}, {sunny, .35}, {rainy, .15}, {snow, .05}});
  set_row(c, cloudy, {{rainy, .35}, {snow, .25}, {cloudy, .25}, {sunny, .15}});
  set_row(c, rainy, {{cloudy, .50}, {rainy, .25}, {sunny, .15}, {glowing_fog, .10}});
  set_row(c, snow, {{cloudy, .45}, {snow, .30}, {sunny, .20}, {glowing_fog, .05}});
  set_row(c, rad_storm, {{rainy, .40}, {cloudy, .35}, {glowing_fog, .25}});
  set_row(c, glowing_fog, {{cloudy, .50}, {rainy, .30}, {glowing_fog, .20}});
  c.seasons[0] = {-30, {{snow, .50}}};
  c.seasons[1] = {-10, {}};
  c.seasons[2] = {10, {}};
  c.seasons[3] = {-5, {}};
  return c;
}

enum class climate_zone { appalachia, mojave, commonwealth };

climate_zone zone_of(std::string_view region) {
  std::string lower(region);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
  if (lower.find("mojave") != std::string::npos) return climate_zone::mojave;
  if (lower.find("commonwealth") != std::string::npos) return climate_zone::commonwealth;
  return climate_zone::appalachia;
}

const climate& climate_of(climate_zone zone) {
  static const climate appalachia = make_appalachia();
  static const climate mojave = make_mojave();
  static const climate commonwealth = make_commonwealth();
  switch (zone) {
    case climate_zone::mojave: return mojave;
    case climate_zone::commonwealth: return commonwealth;
    case climate_zone::appalachia: break;
  }
  return appalachia;
}

std::string_view zone_name(climate_zone zone) {
  switch (zone) {
    case climate_zone::mojave: return "mojave";
    case climate_zone::commonwealth: return "commonwealth";
    case climate_zone::appalachia: break;
  }
  return "appalachia";
}

int season_of(month m) {
  return static_cast<int>(static_cast<unsigned>(m) % 12 / 3);
}

int hour_offset(int place) {
  constexpr std::array offsets{0, 10, -5, -5};
  return offsets[static_cast<std::size_t>(place)];
}

int type_offset(weather_type t) {
  constexpr std::array offsets{5, 0, -5, -3, -15, 8, -8, 3};
  return offsets[static_cast<std::size_t>(t)];
}

/// What New Year's Day is like. Known without making either year, so that streaks can be kept across the turn.
weather_type new_year_type(std::uint64_t seed, climate_zone zone, int y) {
  random_stream draw(seed, 0, 0, "weather-new-year/" + std::string(zone_name(zone)) + "/" + std::to_string(y));
  constexpr std::array types{cloudy, sunny, rainy};
  return types[draw.below(types.size())];
}

using day_types = std::array<weather_type, weather_slots_a_day>;
using type_set = std::array<bool, type_count>;

/// The types that no other type exceeds on a day: any of them could be said to dominate it.
type_set dominant(const day_types& day) {
  std::array<int, type_count> count{};
  for (auto t : day) ++count[static_cast<std::size_t>(t)];
  const int most = *std::max_element(count.begin(), count.end());
  type_set out{};
  for (std::size_t i = 0; i < type_count; ++i) out[i] = count[i] == most;
  return out;
}

/// Makes one year, day after day.
class year_maker {
public:
  year_maker(std::uint64_t seed, climate_zone zone, int y)
    : climate_(climate_of(zone)),
      draw_(seed, 0, 0, "weather/" + std::string(zone_name(zone)) + "/" + std::to_string(y)),
      year_(y),
      first_(new_year_type(seed, zone, y)),
      next_first_(new_year_type(seed, zone, y + 1)),
      days_(year{y}.is_leap() ? 366 : 365),
      previous_(first_) {}

  std::vector<weather_slot> make() {
    std::vector<weather_slot> out;
    out.reserve(static_cast<std::size_t>(days_ * weather_slots_a_day));
    for (day_ = 0; day_ < days_; ++day_) {
      const month m = year_month_day{sys_days{year{year_} / 1 / 1} + days{day_}}.month();
      const season_rule& season = climate_.seasons[static_cast<std::size_t>(season_of(m))];
      const day_types today = make_day(season);
      remember(today);
      for (int place = 0; place < weather_slots_a_day; ++place) out.push_back(finish(today, place, season));
    }
    return out;
  }

private:
  day_types make_day(const season_rule& season) {
    for (int i = 0; i < draws_a_day; ++i) {
      const day_types today = draw_day(season);
      if (allowed(today)) return today;
    }
    // The chain does not want to leave its state: a plain day of another type ends the streak.
    constexpr std::array plain{cloudy, sunny, rainy};
    const auto start = draw_.below(plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      day_types today;
      today.fill(plain[(start + i) % plain.size()]);
      if (allowed(today)) return today;
    }
    return {cloudy, cloudy, rainy, rainy};
  }

  day_types draw_day(const season_rule& season) {
    day_types today{};
    weather_type state = previous_;
    int rad_today = 0;
    for (auto& slot : today) {
      state = step(state, season, rad_today);
      if (state == rad_storm) ++rad_today;
      slot = state;
    }
    return today;
  }

  weather_type step(weather_type state, const season_rule& season, int rad_today) {
    weights w = climate_.rows[static_cast<std::size_t>(state)];
    for (const auto& b : season.boosts) {
      // Snow has to come from somewhere: cloud may turn into the snow that the season brings.
      const bool enters = b.type == snow && state == cloudy;
      double& entry = w[static_cast<std::size_t>(b.type)];
      if (entry > 0 || enters) entry += b.by;
    }
    for (const auto& r : climate_.rare) {
      if (draw_.chance(r.chance)) w[static_cast<std::size_t>(r.type)] += r.weight;
    }
    // No rad storm in a year's first week: the week before lies in a year that is not looked at.
    if (day_ < 7 || rad_this_week() + rad_today >= max_rad_slots_a_week) w[static_cast<std::size_t>(rad_storm)] = 0;
    double total = 0;
    for (double x : w) total += x;
    if (total <= 0) return cloudy;
    double at = draw_.fraction() * total;
    for (std::size_t i = 0; i < type_count; ++i) {
      if (at < w[i]) return static_cast<weather_type>(i);
      at -= w[i];
    }
    return cloudy;
  }

  int rad_this_week() const {
    int n = 0;
    for (int d = std::max(0, day_ - 6); d < day_; ++d) n += rad_[static_cast<std::size_t>(d % 7)];
    return n;
  }

  bool allowed(const day_types& today) const {
    const type_set top = dominant(today);
    if (day_ == 0) {
      type_set only{};
      only[static_cast<std::size_t>(first_)] = true;
      if (top != only) return false;
    }
    if (day_ == days_ - 1 && top[static_cast<std::size_t>(next_first_)]) return false;
    for (std::size_t i = 0; i < type_count; ++i) {
      if (top[i] && streak_[i] >= max_streak_days) return false;
    }
    return true;
  }

  void remember(const day_types& today) {
    const type_set top = dominant(today);
    for (std::size_t i = 0; i < type_count; ++i) streak_[i] = top[i] ? streak_[i] + 1 : 0;
    rad_[static_cast<std::size_t>(day_ % 7)] = static_cast<int>(std::count(today.begin(), today.end(), rad_storm));
    previous_ = today.back();
  }

  weather_slot finish(const day_types& today, int place, const season_rule& season) {
    weather_slot s;
    s.type = today[static_cast<std::size_t>(place)];
    const bool strong = draw_.chance(0.4);
    s.intensity = static_cast<std::uint8_t>(strong ? 1 : 0);
    if (is_emergency(s.type)) s.intensity = static_cast<std::uint8_t>(strong ? 2 : 1);
    const double middle = (climate_.low + climate_.high) / 2.0;
    const double t = middle + season.temperature + hour_offset(place) + type_offset(s.type) +
                     (draw_.fraction() - 0.5) * climate_.variance;
    const double bounded = std::clamp(t, climate_.low - 10.0, climate_.high + 10.0);
    s.temperature_f = static_cast<std::int16_t>(std::lround(bounded));
    return s;
  }

  const climate& climate_;
  random_stream draw_;
  int year_;
  weather_type first_;
  weather_type next_first_;
  int days_;
  int day_ = 0;
  weather_type previous_;
  std::array<int, type_count> streak_{};
  /// Rad-storm slots of the last seven days, by day modulo seven.
  std::array<int, 7> rad_{};
};

std::string_view intensity_name(std::uint8_t intensity) {
  constexpr std::array<std::string_view, 3> names{"minor", "moderate", "severe"};
  return names[std::min<std::size_t>(intensity, names.size() - 1)];
}

} // namespace

std::string_view to_string(weather_type t) noexcept {
  constexpr std::array<std::string_view, type_count> names{"sunny", "cloudy",    "rainy",      "foggy",
                                                           "snow",  "rad_storm", "dust_storm", "glowing_fog"};
  return names[static_cast<std::size_t>(t)];
}

bool is_emergency(weather_type t) noexcept {
  return t == rad_storm || t == dust_storm || t == glowing_fog;
}

int weather_slot_hour(int place) noexcept {
  constexpr std::array hours{6, 12, 18, 22};
  return hours[static_cast<std::size_t>(place) % hours.size()];
}

std::vector<weather_slot> weather_year(std::uint64_t seed, std::string_view region, int y) {
  return year_maker(seed, zone_of(region), y).make();
}

std::int64_t weather_calendar::slot_at(sys_days date, int hour) noexcept {
  const std::int64_t day = date.time_since_epoch().count();
  if (hour < 6) return day * weather_slots_a_day - 1;
  const int place = hour < 12 ? 0 : hour < 18 ? 1 : hour < 22 ? 2 : 3;
  return day * weather_slots_a_day + place;
}

const weather_calendar::year_slots& weather_calendar::year_holding(std::int64_t slot) const {
  for (const auto& y : years_) {
    if (slot >= y.first && slot < y.first + static_cast<std::int64_t>(y.slots.size())) return y;
  }
  const sys_days date{days{slot >= 0 ? slot / weather_slots_a_day : (slot - 3) / weather_slots_a_day}};
  const int y = static_cast<int>(year_month_day{date}.year());
  const sys_days first{year{y} / 1 / 1};
  if (years_.size() >= 3) years_.erase(years_.begin());
  years_.push_back({y, first.time_since_epoch().count() * weather_slots_a_day, weather_year(seed_, region_, y)});
  return years_.back();
}

const weather_slot& weather_calendar::at(std::int64_t slot) const {
  const year_slots& y = year_holding(slot);
  return y.slots[static_cast<std::size_t>(slot - y.first)];
}

std::int64_t weather_calendar::start_of_spell(std::int64_t slot) const {
  const weather_type type = at(slot).type;
  // Streak limits keep spells short; the bound only guards against a table that never changes.
  for (int i = 0; i < 64 && at(slot - 1).type == type; ++i) --slot;
  return slot;
}

weather_report weather_calendar::report(std::int64_t slot) const {
  const weather_slot s = at(slot);
  weather_report r;
  r.type = to_string(s.type);
  r.intensity = intensity_name(s.intensity);
  r.temperature_f = s.temperature_f;
  r.emergency = is_emergency(s.type);
  if (r.emergency) {
    const std::int64_t start = start_of_spell(slot);
    const std::int64_t day = start >= 0 ? start / weather_slots_a_day : (start - 3) / weather_slots_a_day;
    char hour[8];
    std::snprintf(hour, sizeof hour, "/%02d", weather_slot_hour(static_cast<int>(start - day * weather_slots_a_day)));
    r.event = r.type + "@" + format_date(sys_days{days{day}}) + hour;
  }
  return r;
}

} // namespace longwave
