// `longwave calendar`: the weather that a seed gives a region, day by day, and of a run with what was ordered.
#include "actors/scheduler/calendar.hpp"
#include "actors/scheduler/weather.hpp"
#include "actors/scheduler/weather_outlook.hpp"
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/opened_store.hpp"
#include "cli/pack_search.hpp"
#include "cli/verbs.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

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
  store_request store;
};

/// What a run adds to the calendar: which orders held in a day's slots.
struct run_orders {
  broadcast_calendar calendar;
  weather_overrides overrides;

  /// The last order for a segment in one of the day's four slots, by place in the day; null for none.
  std::array<const weather_overrides::entry*, weather_slots_a_day> of_day(int day) const {
    std::array<const weather_overrides::entry*, weather_slots_a_day> found{};
    const auto first = calendar.first_of_day(day);
    for (auto seq = first; seq < first + calendar.segments_per_day(); ++seq) {
      const auto slot = weather_calendar::slot_at(calendar.date_of(seq), calendar.hour_of(seq));
      const auto begin = weather_calendar::slot_at(calendar.date_of(first), weather_slot_hour(0));
      if (slot < begin || slot - begin >= weather_slots_a_day) continue;
      if (const auto* e = overrides.at(seq)) found[static_cast<std::size_t>(slot - begin)] = e;
    }
    return found;
  }
};

constexpr std::array intensities{"minor", "moderate", "severe"};

calendar_json slot_json(const weather_slot& s, int hour) {
  return {{"hour", hour},
          {"type", to_string(s.type)},
          {"intensity", intensities[std::min<std::size_t>(s.intensity, 2)]},
          {"temperature_f", s.temperature_f},
          {"emergency", is_emergency(s.type)}};
}

/// "ordered": the weather that a person put there, and for which segments; null for the calendar's.
calendar_json order_json(const weather_overrides::entry* e) {
  if (!e) return nullptr;
  return {{"type", to_string(e->type)},
          {"intensity", intensities[std::min<std::size_t>(e->intensity, 2)]},
          {"temperature_f", e->temperature_f ? calendar_json(*e->temperature_f) : calendar_json(nullptr)},
          {"from", e->from},
          {"to", e->to == 0 ? calendar_json(nullptr) : calendar_json(e->to)}};
}

/// @param orders null without a run; `day` is 1-based
calendar_json day_json(const weather_calendar& weather, std::chrono::sys_days date, const run_orders* orders, int day) {
  auto slots = calendar_json::array();
  std::array<const weather_overrides::entry*, weather_slots_a_day> ordered{};
  if (orders) ordered = orders->of_day(day);
  for (int place = 0; place < weather_slots_a_day; ++place) {
    const int hour = weather_slot_hour(place);
    slots.push_back(slot_json(weather.at(weather_calendar::slot_at(date, hour)), hour));
    if (orders) slots.back()["ordered"] = order_json(ordered[static_cast<std::size_t>(place)]);
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
  for (const auto& s : day["slots"]) {
    const auto ordered = s.value("ordered", calendar_json());
    if (!ordered.is_object()) continue;
    char text[160];
    const auto type = ordered.value("type", std::string()), intensity = ordered.value("intensity", std::string());
    const auto degrees = ordered["temperature_f"].is_null() ? std::string() : ", " + ordered["temperature_f"].dump() + " F";
    std::snprintf(text, sizeof text, "            %02d ordered: %s, %s%s, segments %s to %s", s.value("hour", 0), type.c_str(),
                  intensity.c_str(), degrees.c_str(), ordered["from"].dump().c_str(),
                  ordered["to"].is_null() ? "further notice" : ordered["to"].dump().c_str());
    print_line(text);
  }
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

/// Seed, region, first day and length of a run, and what was ordered.
result<run_orders> ask_run(calendar_options& options, bool days_given) {
  const auto opened = open_store(options.store);
  if (!opened) return opened.error();
  const auto loaded = opened.value().db->load(opened.value().run);
  if (!loaded) return loaded.error();
  const auto& config = loaded.value().config;
  const std::string what = "cannot show the weather of run " + config.run_id;
  if (config.kind != run_kind::broadcast) return failure{error_code::bad_usage, what, "a story run has no weather", ""};
  options.dj = config.dj;
  options.pack = config.pack;
  options.seed = config.seed;
  if (auto asked = ask_dj(options, false, false); !asked) return asked.error();
  if (!config.start_date.empty()) options.start_date = config.start_date;
  run_orders orders{make_calendar(config.segments_per_hour, config.start_hour, config.hours_per_day, options.start_date), {}};
  const auto planned = config.planned_segments();
  if (planned && !days_given) options.days = orders.calendar.day_of(std::max<std::uint64_t>(*planned, 1));
  try {
    const auto at = loaded.value().state.find("weather");
    if (at != loaded.value().state.end() && !at->second.is_null()) orders.overrides.load(at->second);
  } catch (const nlohmann::json::exception& e) {
    return failure{error_code::store_damaged, what, e.what(), "see longwave verify"};
  }
  return orders;
}

} // namespace

int calendar_verb(const arguments& args) {
  calendar_options options;
  std::optional<run_orders> orders;
  CLI::App app("Print the weather calendar of a seed and a region: four slots a day; ! marks an emergency. With a run's "
               "folder: of that run, with the weather that was ordered.",
               "calendar");
  add_common_options(app, options);
  auto* dir = app.add_option("DIR", options.store.folder, "A run's output folder")->default_str("");
  app.add_option("--run", options.store.run, "The run, where the folder holds several")->needs(dir);
  auto* days = app.add_option("--days", options.days, "Number of days (default 30, of a run its own)")
                 ->check(CLI::Range(1, 36'600));
  app.add_option("--seed", options.seed, "The run's seed")->excludes(dir);
  auto* region = app.add_option("--region", options.region, "Appalachia, Mojave or Commonwealth")->excludes(dir);
  auto* date = app.add_option("--start-date", options.start_date, "First day, YYYY-MM-DD")->excludes(dir);
  app.add_option("--dj", options.dj, "Take region and first day from this DJ")->excludes(dir);
  app.add_option("--pack", options.pack, "The pack with the DJ, a folder or a name")->excludes(dir);
  if (const auto over = parse_arguments(app, args)) return *over;

  if (dir->count() > 0) {
    auto asked = ask_run(options, days->count() > 0);
    if (!asked) return report_failure(asked.error(), options.json);
    orders = std::move(asked.value());
  } else if (!options.dj.empty()) {
    if (auto asked = ask_dj(options, region->count() > 0, date->count() > 0); !asked)
      return report_failure(asked.error(), options.json);
  }
  const auto first = parse_date(options.start_date);
  if (!first) return report_usage(app, "'" + options.start_date + "' is no date (YYYY-MM-DD)", options.json);

  const weather_calendar weather(options.seed, options.region);
  auto list = calendar_json::array();
  for (int i = 0; i < options.days; ++i)
    list.push_back(day_json(weather, *first + std::chrono::days(i), orders ? &*orders : nullptr, i + 1));
  if (options.json)
    print_json({{"region", options.region}, {"seed", options.seed}, {"start_date", options.start_date}, {"days", list}},
               2);
  else
    for (const auto& day : list) print_day(day);
  return finish_output(exit_done);
}

} // namespace longwave::cli
