// Segment types by name, and a segment's plan as JSON.
#include "messages/segment.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::array all_types{segment_type::emergency_weather, segment_type::time_check, segment_type::weather,
                               segment_type::news,              segment_type::story,      segment_type::gossip,
                               segment_type::music_intro};

json weather_json(const weather_report& w) {
  return json{{"type", w.type},           {"intensity", w.intensity}, {"temperature_f", w.temperature_f},
              {"emergency", w.emergency}, {"event", w.event},         {"previous_type", w.previous_type}};
}

} // namespace

std::string_view to_string(segment_type t) noexcept {
  switch (t) {
    case segment_type::emergency_weather: return "emergency_weather";
    case segment_type::time_check: return "time_check";
    case segment_type::weather: return "weather";
    case segment_type::news: return "news";
    case segment_type::story: return "story";
    case segment_type::gossip: return "gossip";
    case segment_type::music_intro: return "music_intro";
  }
  return "gossip";
}

std::optional<segment_type> parse_segment_type(std::string_view text) noexcept {
  for (segment_type t : all_types) {
    if (to_string(t) == text) return t;
  }
  return std::nullopt;
}

std::string_view time_band(int hour) noexcept {
  if (hour >= 6 && hour <= 9) return "morning";
  if (hour >= 10 && hour <= 13) return "midday";
  if (hour >= 14 && hour <= 17) return "afternoon";
  if (hour >= 18 && hour <= 21) return "evening";
  return "night";
}

void to_json(json& j, const slot_position& p) {
  j = json{{"day", p.day}, {"hour", p.hour}, {"slot", p.slot}, {"broadcast_date", p.broadcast_date}};
}

void from_json(const json& j, slot_position& p) {
  j.at("day").get_to(p.day);
  j.at("hour").get_to(p.hour);
  j.at("slot").get_to(p.slot);
  j.at("broadcast_date").get_to(p.broadcast_date);
}

void to_json(json& j, const segment_plan& p) {
  j = json{{"seq", p.seq},
           {"type", to_string(p.type)},
           {"position", p.position},
           {"segments_per_hour", p.segments_per_hour},
           {"structure", p.structure},
           {"catchphrase", p.catchphrase},
           {"min_words", p.min_words},
           {"max_words", p.max_words},
           {"hints",
            {{"recent_openings", p.hints.recent_openings},
             {"recent_catchphrases", p.hints.recent_catchphrases},
             {"recent_topics", p.hints.recent_topics},
             {"last_structure", p.hints.last_structure}}}};
  if (!p.weather.type.empty()) j["weather"] = weather_json(p.weather);
  if (!p.forecast.empty()) {
    json& forecast = j["forecast"] = json::array();
    for (const auto& w : p.forecast) forecast.push_back(weather_json(w));
  }
  if (p.gossip) {
    j["gossip"] = {{"id", p.gossip->id},
                   {"category", p.gossip->category},
                   {"subject", p.gossip->subject},
                   {"stage", p.gossip->stage}};
  }
  if (p.news) {
    j["news"] = {{"category", p.news->category},
                 {"confidence", p.news->confidence},
                 {"wording", p.news->wording},
                 {"subject", p.news->subject}};
  }
  if (p.beat) j["story"] = *p.beat;
  if (!p.lore.empty()) j["lore"] = p.lore;
  if (p.skeleton) {
    j["skeleton"] = *p.skeleton;
    j["language"] = p.language;
    j["target_length"] = p.target_length;
  }
}

} // namespace longwave
