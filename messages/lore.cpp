// Lore records to and from JSON: a field without a value is left out.
#include "messages/lore.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

using nlohmann::json;

/// Calls `each(name, field)` for every field that is a text, a list of texts or a number.
template <class Record, class Each>
void for_each_field(Record& r, Each&& each) {
  each("id", r.id);
  each("title", r.title);
  each("section", r.section);
  each("chunk_index", r.chunk_index);
  each("text", r.text);
  each("content_type", r.content_type);
  each("infobox_type", r.infobox_type);
  each("region", r.region);
  each("location", r.location);
  each("region_type", r.region_type);
  each("is_pre_war", r.pre_war);
  each("is_post_war", r.post_war);
  each("knowledge_tier", r.tier);
  each("info_source", r.info_source);
  each("era", r.era);
  each("factions", r.factions);
  each("locations", r.locations);
  each("characters", r.characters);
  each("themes", r.themes);
  each("callbacks", r.callbacks);
  each("emotional_tone", r.emotional_tone);
  each("no_story", r.labelled_no_story);
  each("acts", r.acts);
  each("summary", r.summary);
  each("framing", r.framing);
  each("layer", r.layer);
  each("excluded", r.excluded);
  each("source", r.source);
  each("line", r.line_number);
}

} // namespace

void to_json(json& j, const lore_record& r) {
  j = json::object();
  for_each_field(r, [&](const char* name, const auto& value) {
    if (value != std::decay_t<decltype(value)>{}) j[name] = value;
  });
  if (r.year_min) j["year_min"] = *r.year_min;
  if (r.year_max) j["year_max"] = *r.year_max;
  if (r.line) j["timeline"] = to_string(*r.line);
}

void from_json(const json& j, lore_record& r) {
  lore_record read;
  for_each_field(read, [&](const char* name, auto& value) {
    if (const auto it = j.find(name); it != j.end()) it->get_to(value);
  });
  j.at("id");
  if (const auto it = j.find("year_min"); it != j.end()) read.year_min = it->get<int>();
  if (const auto it = j.find("year_max"); it != j.end()) read.year_max = it->get<int>();
  if (const auto it = j.find("timeline"); it != j.end()) read.line = parse_timeline(it->get<std::string>());
  r = std::move(read);
}

lore_glance glance_at(const lore_record& r, std::uint64_t number) noexcept {
  return {number,    r.title, r.layer,      r.excluded,  r.region,    r.region_type, r.tier,
          r.info_source, r.era, r.factions.empty() ? nullptr : &r.factions, r.year_min, r.year_max, r.post_war, r.labelled_no_story};
}

void to_json(json& j, const lore_passage& p) {
  j = json{{"id", p.id}, {"title", p.title}, {"text", p.text}, {"layer", p.layer}, {"framing", p.framing}};
  if (!p.source.empty()) j["source"] = p.source;
}

void from_json(const json& j, lore_passage& p) {
  lore_passage read;
  j.at("id").get_to(read.id);
  j.at("title").get_to(read.title);
  j.at("text").get_to(read.text);
  read.layer = j.value("layer", read.layer);
  read.framing = j.value("framing", read.framing);
  read.source = j.value("source", read.source);
  p = std::move(read);
}

} // namespace longwave
