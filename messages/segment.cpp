// Segment types by name, and a segment's plan as JSON.
#include "messages/segment.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace longwave {

namespace {

using nlohmann::json;

constexpr std::array all_types{segment_type::emergency_weather, segment_type::time_check, segment_type::weather,
                               segment_type::news,              segment_type::story,      segment_type::gossip,
                               segment_type::music_intro};

void append_weather(json_writer& w, const weather_report& r) {
  w.begin_object().name("emergency").boolean(r.emergency).name("event").text(r.event);
  w.name("intensity").text(r.intensity).name("previous_type").text(r.previous_type);
  w.name("temperature_f").number(r.temperature_f).name("type").text(r.type).end_object();
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

namespace {

void append_hints(json_writer& w, const variety_hints& h) {
  w.begin_object().name("last_structure").text(h.last_structure);
  w.name("recent_catchphrases").texts(h.recent_catchphrases);
  w.name("recent_openings").texts(h.recent_openings);
  w.name("recent_topics").texts(h.recent_topics).end_object();
}

void append_gossip(json_writer& w, const gossip_topic& g) {
  w.begin_object().name("category").text(g.category).name("id").text(g.id);
  w.name("stage").text(g.stage).name("subject").text(g.subject).end_object();
}

void append_news(json_writer& w, const news_topic& n) {
  w.begin_object().name("category").text(n.category).name("confidence").fraction(n.confidence);
  w.name("subject").text(n.subject).name("wording").text(n.wording).end_object();
}

void append_position(json_writer& w, const slot_position& p) {
  w.begin_object().name("broadcast_date").text(p.broadcast_date).name("day").number(p.day);
  w.name("hour").number(p.hour).name("slot").number(p.slot).end_object();
}

} // namespace

void append_json(std::string& out, const segment_plan& p) {
  json_writer w(out);
  w.begin_object().name("catchphrase").text(p.catchphrase);
  if (!p.forecast.empty()) {
    w.name("forecast").begin_list();
    for (const auto& report : p.forecast) append_weather(w, report);
    w.end_list();
  }
  if (p.gossip) append_gossip(w.name("gossip"), *p.gossip);
  append_hints(w.name("hints"), p.hints);
  if (p.skeleton) w.name("language").text(p.language);
  if (!p.lore.empty()) w.name("lore").raw(json(p.lore).dump(-1, ' ', false, json::error_handler_t::replace));
  w.name("max_words").number(p.max_words).name("min_words").number(p.min_words);
  if (p.news) append_news(w.name("news"), *p.news);
  append_position(w.name("position"), p.position);
  w.name("segments_per_hour").number(p.segments_per_hour).name("seq").number(p.seq);
  if (!p.session.empty()) w.name("session").texts(p.session);
  // A skeleton comes once a story, which takes far longer than its document.
  if (p.skeleton) w.name("skeleton").raw(json(*p.skeleton).dump(-1, ' ', false, json::error_handler_t::replace));
  if (p.beat) append_json(w.name("story"), *p.beat);
  w.name("structure").text(p.structure);
  if (p.skeleton) w.name("target_length").number(p.target_length);
  w.name("type").text(to_string(p.type));
  if (!p.weather.type.empty()) append_weather(w.name("weather"), p.weather);
  w.end_object();
}

void to_json(json& j, const segment_plan& p) {
  std::string text;
  append_json(text, p);
  j = json::parse(text);
}

} // namespace longwave
