// `longwave calendar`: the weather that a seed gives a region, day by day.
#include "actors/scheduler/calendar.hpp"
#include "actors/scheduler/weather.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/pack_search.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <array>
#include <cstdio>

namespace longwave::cli {

namespace {

using calendar_json = nlohmann::ordered_json;

struct calendar_options : common_options {
  std::string dj;
  std::string pack;
  std::string region = "Appalachia";
  std::string start_date = "2102-10-23";
  std::uint64_t seed = 1;
  int days = 30;
};

constexpr std::array intensities{"minor", "moderate", "severe"};

calendar_json slot_json(const weather_slot& s, int hour) {
  return {{"hour", hour},
          {"type", to_string(s.type)},
          {"intensity", intensities[std::min<std::size_t>(s.intensity, 2)]},
          {"temperature_f", s.temperature_f},
          {"emergency", is_emergency(s.type)}};
}

calendar_json day_json(const weather_calendar& weather, std::chrono::sys_days date) {
  auto slots = calendar_json::array();
  for (int place = 0; place < weather_slots_a_day; ++place) {
    const int hour = weather_slot_hour(place);
    slots.push_back(slot_json(weather.at(weather_calendar::slot_at(date, hour)), hour));
  }
  return {{"date", format_date(date)}, {"slots", std::move(slots)}};
}

void print_day(const calendar_json& day) {
  std::string line = day.value("date", std::string());
  for (const auto& s : day["slots"]) {
    char cell[64];
    const auto type = s.value("type", std::string());
    std::snprintf(cell, sizeof cell, "  %02d %-11s %-8s %4d F%s", s.value("hour", 0), type.c_str(),
                  s.value("intensity", std::string()).c_str(), s.value("temperature_f", 0),
                  s.value("emergency", false) ? "!" : " ");
    line += cell;
  }
  print_line(line);
}

/// A DJ's own region and first day, where they were not given.
result<void> ask_dj(calendar_options& options, bool region_given, bool date_given) {
  auto pack = pack_for(options.pack, options.dj, run_kind::broadcast);
  if (!pack) return pack.error();
  auto dj = resolve_dj(pack.value(), options.dj);
  if (!dj) return dj.error();
  if (!region_given) options.region = dj.value().knowledge.region;
  if (!date_given) options.start_date = dj.value().start_date;
  return ok();
}

} // namespace

int calendar_verb(const arguments& args) {
  calendar_options options;
  CLI::App app("Print the weather calendar of a seed and a region: four slots a day; ! marks an emergency.",
               "calendar");
  add_common_options(app, options);
  app.add_option("--days", options.days, "Number of days")->check(CLI::Range(1, 36'600));
  app.add_option("--seed", options.seed, "The run's seed");
  auto* region = app.add_option("--region", options.region, "Appalachia, Mojave or Commonwealth");
  auto* date = app.add_option("--start-date", options.start_date, "First day, YYYY-MM-DD");
  app.add_option("--dj", options.dj, "Take region and first day from this DJ");
  app.add_option("--pack", options.pack, "The pack with the DJ, a folder or a name");
  if (const auto over = parse_arguments(app, args)) return *over;

  if (!options.dj.empty())
    if (auto asked = ask_dj(options, region->count() > 0, date->count() > 0); !asked)
      return report_failure(asked.error(), options.json);
  const auto first = parse_date(options.start_date);
  if (!first) return report_usage(app, "'" + options.start_date + "' is no date (YYYY-MM-DD)", options.json);

  const weather_calendar weather(options.seed, options.region);
  auto days = calendar_json::array();
  for (int i = 0; i < options.days; ++i) days.push_back(day_json(weather, *first + std::chrono::days(i)));
  if (options.json)
    print_json({{"region", options.region}, {"seed", options.seed}, {"start_date", options.start_date}, {"days", days}},
               2);
  else
    for (const auto& day : days) print_day(day);
  return finish_output(exit_done);
}

} // namespace longwave::cli
