// Reading and writing DJ profiles.
#include "messages/profile.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

/// Optional fields stay at their default; a field that is there must have the right type.
template <class T>
void read_if_there(const nlohmann::json& j, const char* key, T& value) {
  if (const auto found = j.find(key); found != j.end()) found->get_to(value);
}

void to_json_limits(nlohmann::json& j, const knowledge_limits& k) {
  j = {{"temporal_cutoff_year", k.temporal_cutoff_year},
       {"year_min", k.year_min},
       {"region", k.region},
       {"forbidden_factions", k.forbidden_factions},
       {"forbidden_topics", k.forbidden_topics},
       {"known_factions", k.known_factions},
       {"foreign_names", k.foreign_names},
       {"lore",
        {{"regions", k.lore.regions},
         {"region_types", k.lore.region_types},
         {"info_sources", k.lore.info_sources},
         {"tiers", k.lore.tiers},
         {"home_tiers", k.lore.home_tiers},
         {"restricted", k.lore.restricted},
         {"post_war", k.lore.post_war}}}};
}

void from_json_reach(const nlohmann::json& j, lore_reach& r) {
  read_if_there(j, "regions", r.regions);
  read_if_there(j, "region_types", r.region_types);
  read_if_there(j, "info_sources", r.info_sources);
  read_if_there(j, "tiers", r.tiers);
  read_if_there(j, "home_tiers", r.home_tiers);
  read_if_there(j, "restricted", r.restricted);
  read_if_there(j, "post_war", r.post_war);
}

void from_json_limits(const nlohmann::json& j, knowledge_limits& k) {
  j.at("temporal_cutoff_year").get_to(k.temporal_cutoff_year);
  j.at("region").get_to(k.region);
  j.at("forbidden_factions").get_to(k.forbidden_factions);
  j.at("forbidden_topics").get_to(k.forbidden_topics);
  read_if_there(j, "year_min", k.year_min);
  read_if_there(j, "known_factions", k.known_factions);
  read_if_there(j, "foreign_names", k.foreign_names);
  if (const auto lore = j.find("lore"); lore != j.end()) from_json_reach(*lore, k.lore);
}

void from_json_examples(const nlohmann::json& j, std::vector<dj_example>& examples) {
  for (const auto& e : j) examples.push_back({e.at("type").get<std::string>(), e.at("text").get<std::string>()});
}

} // namespace

void to_json(nlohmann::json& j, const dj_profile& p) {
  nlohmann::json limits;
  to_json_limits(limits, p.knowledge);
  auto examples = nlohmann::json::array();
  for (const auto& e : p.examples) examples.push_back({{"type", e.type}, {"text", e.text}});
  j = {{"name", p.name},
       {"shortcuts", p.shortcuts},
       {"role", p.role},
       {"tone", p.tone},
       {"station", p.station},
       {"start_date", p.start_date},
       {"voice", {{"pacing", p.voice_pacing}, {"prosody", p.voice_prosody}, {"emphasis", p.voice_emphasis}}},
       {"speech_patterns",
        {{"filler_words", p.filler_words},
         {"starter_phrases", p.starter_phrases},
         {"signature_patterns", p.signature_patterns}}},
       {"emotional_range", {{"baseline", p.emotional_baseline}, {"reactions", p.reactions}}},
       {"examples", std::move(examples)},
       {"knowledge_constraints", std::move(limits)},
       {"catchphrases", p.catchphrases},
       {"do", p.do_rules},
       {"dont", p.dont_rules},
       {"system_prompt", p.system_prompt}};
}

void from_json(const nlohmann::json& j, dj_profile& p) {
  j.at("name").get_to(p.name);
  j.at("role").get_to(p.role);
  j.at("tone").get_to(p.tone);
  j.at("start_date").get_to(p.start_date);
  j.at("system_prompt").get_to(p.system_prompt);
  j.at("catchphrases").get_to(p.catchphrases);
  from_json_limits(j.at("knowledge_constraints"), p.knowledge);
  read_if_there(j, "shortcuts", p.shortcuts);
  read_if_there(j, "station", p.station);
  read_if_there(j, "do", p.do_rules);
  read_if_there(j, "dont", p.dont_rules);
  if (const auto voice = j.find("voice"); voice != j.end()) {
    read_if_there(*voice, "pacing", p.voice_pacing);
    read_if_there(*voice, "prosody", p.voice_prosody);
    read_if_there(*voice, "emphasis", p.voice_emphasis);
  }
  if (const auto speech = j.find("speech_patterns"); speech != j.end()) {
    read_if_there(*speech, "filler_words", p.filler_words);
    read_if_there(*speech, "starter_phrases", p.starter_phrases);
    read_if_there(*speech, "signature_patterns", p.signature_patterns);
  }
  if (const auto range = j.find("emotional_range"); range != j.end()) {
    read_if_there(*range, "baseline", p.emotional_baseline);
    read_if_there(*range, "reactions", p.reactions);
  }
  if (const auto examples = j.find("examples"); examples != j.end()) from_json_examples(*examples, p.examples);
}

} // namespace longwave
