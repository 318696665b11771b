// Field by field, as segment.cpp writes them.
#include "messages/plan_json.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

using nlohmann::json;

template <class T>
void read(const json& j, const char* name, T& into) {
  if (const auto at = j.find(name); at != j.end() && !at->is_null()) at->get_to(into);
}

weather_report weather_of(const json& j) {
  weather_report w;
  read(j, "type", w.type);
  read(j, "intensity", w.intensity);
  read(j, "temperature_f", w.temperature_f);
  read(j, "emergency", w.emergency);
  read(j, "event", w.event);
  read(j, "previous_type", w.previous_type);
  return w;
}

variety_hints hints_of(const json& j) {
  variety_hints h;
  read(j, "recent_openings", h.recent_openings);
  read(j, "recent_catchphrases", h.recent_catchphrases);
  read(j, "recent_topics", h.recent_topics);
  read(j, "last_structure", h.last_structure);
  return h;
}

gossip_topic gossip_of(const json& j) {
  gossip_topic g;
  read(j, "id", g.id);
  read(j, "category", g.category);
  read(j, "subject", g.subject);
  read(j, "stage", g.stage);
  return g;
}

news_topic news_of(const json& j) {
  news_topic n;
  read(j, "category", n.category);
  read(j, "confidence", n.confidence);
  read(j, "wording", n.wording);
  read(j, "subject", n.subject);
  return n;
}

} // namespace

segment_plan plan_from_json(const json& j) {
  segment_plan p;
  const auto name = j.at("type").get<std::string>();
  const auto type = parse_segment_type(name);
  if (!type) throw json::other_error::create(501, "type is no segment type: " + name, &j);
  p.type = *type;
  read(j, "seq", p.seq);
  read(j, "position", p.position);
  read(j, "segments_per_hour", p.segments_per_hour);
  read(j, "structure", p.structure);
  read(j, "catchphrase", p.catchphrase);
  read(j, "min_words", p.min_words);
  read(j, "max_words", p.max_words);
  read(j, "language", p.language);
  read(j, "target_length", p.target_length);
  read(j, "lore", p.lore);
  read(j, "session", p.session);
  if (const auto at = j.find("weather"); at != j.end()) p.weather = weather_of(*at);
  if (const auto at = j.find("forecast"); at != j.end())
    for (const auto& w : *at) p.forecast.push_back(weather_of(w));
  if (const auto at = j.find("hints"); at != j.end()) p.hints = hints_of(*at);
  if (const auto at = j.find("gossip"); at != j.end()) p.gossip = gossip_of(*at);
  if (const auto at = j.find("news"); at != j.end()) p.news = news_of(*at);
  if (const auto at = j.find("story"); at != j.end()) p.beat = at->get<story_beat>();
  if (const auto at = j.find("skeleton"); at != j.end()) p.skeleton = at->get<story_skeleton>();
  return p;
}

} // namespace longwave
