// Fills the table from a profile and a plan.
#include "actors/generator/prompt_inputs.hpp"

#include "actors/generator/token_estimate.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

constexpr std::string_view input_names[] = {
  "act_1", "act_2", "act_3", "antagonist", "broadcast_date", "catchphrase", "clock", "cutoff_year", "day", "dj_name",
  "do_rules", "dont_rules", "emergency", "english", "feedback", "filler_words", "first_slot", "forbidden_factions",
  "forbidden_topics", "forecast", "foreign_names", "framing_direct", "framing_report", "framing_rumor",
  "framing_speculation", "gossip_category", "gossip_stage", "gossip_subject", "hour", "hourly", "intensity",
  "judge_rules", "known_factions", "korean", "language", "lore", "max_words", "mechanism", "min_words",
  "news_category", "news_subject", "news_wording", "pacing", "previous_weather", "primary_fear", "prosody",
  "recent_catchphrases", "recent_openings", "recent_topics", "region", "role", "script", "seq", "session", "setting",
  "stage_confirmed", "stage_resolved", "stage_rumor", "stage_spreading", "station", "story", "story_act",
  "story_act_title", "story_act_type", "story_acts_total", "story_callback_entity", "story_callback_outcome",
  "story_callback_title", "story_entities", "story_first", "story_framing",
  "story_last", "story_so_far", "story_summary", "story_themes", "story_title", "story_tone", "structure",
  "structure_a", "structure_b", "structure_c", "structure_d", "system_prompt", "target_length", "temperature",
  "template_name", "time_band", "tone", "twist", "type", "type_words", "variation_axes", "weather",
  "weather_changed", "weather_cloudy", "weather_dust_storm", "weather_foggy", "weather_glowing_fog",
  "weather_rad_storm", "weather_rainy", "weather_snow", "weather_sunny", "weather_words", "year_min"};

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    if (item.empty()) continue;
    if (!out.empty()) out += "; ";
    out += item;
  }
  return out;
}

std::string spaced(std::string words) {
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

/// The listed name that is `prefix` and `rest`; empty when there is none.
std::string_view listed_name(std::string_view prefix, std::string_view rest) {
  for (const auto name : input_names)
    if (name.size() == prefix.size() + rest.size() && name.substr(0, prefix.size()) == prefix &&
        name.substr(prefix.size()) == rest)
      return name;
  return {};
}

void set_flag(prompt_inputs& into, std::string_view prefix, std::string_view rest) {
  if (const auto name = listed_name(prefix, rest); !name.empty()) into.set(name, "yes");
}

void add_weather(prompt_inputs& into, const segment_plan& plan) {
  const auto& w = plan.weather;
  if (w.type.empty()) return;
  into.set("weather", w.type);
  into.set("weather_words", spaced(w.type));
  set_flag(into, "weather_", w.type);
  into.set("intensity", w.intensity);
  into.set("temperature", std::to_string(w.temperature_f));
  into.set("previous_weather", spaced(w.previous_type));
  if (!w.previous_type.empty() && w.previous_type != w.type) into.set("weather_changed", "yes");
  if (w.emergency) into.set("emergency", "yes");
  std::vector<std::string> later;
  for (const auto& f : plan.forecast) later.push_back(spaced(f.type) + ", " + std::to_string(f.temperature_f) + " F");
  into.set("forecast", joined(later));
}

/// Cuts to about `tokens`, at a blank.
std::string cut_to_tokens(std::string text, std::uint64_t tokens) {
  while (estimate_tokens(text) > tokens) {
    const auto blank = text.rfind(' ', text.size() - text.size() / 8 - 1);
    if (blank == std::string::npos || blank == 0) return {};
    text.resize(blank);
  }
  return text;
}

void add_beat(prompt_inputs& into, const story_beat& beat) {
  const auto entities = joined(beat.entities), themes = joined(beat.themes);
  std::uint64_t left = story_context_limit - 100; // the template's own words around it
  const auto take = [&](std::string text, std::uint64_t most) {
    text = cut_to_tokens(std::move(text), std::min(most, left));
    left -= estimate_tokens(text);
    return text;
  };
  into.set("story", "yes");
  into.set("story_title", take(beat.title, 80));
  into.set("story_act", std::to_string(beat.act));
  into.set("story_acts_total", std::to_string(beat.acts_total));
  into.set("story_act_type", beat.act_type);
  into.set("story_act_title", take(beat.act_title, 80));
  into.set("story_summary", take(beat.summary, 400));
  into.set("story_entities", take(entities, 150));
  into.set("story_themes", take(themes, 60));
  into.set("story_framing", beat.framing);
  set_flag(into, "framing_", beat.framing);
  into.set("story_tone", take(beat.emotional_tone, 30));
  if (beat.act == 1) into.set("story_first", "yes");
  if (beat.act == beat.acts_total) into.set("story_last", "yes");
  if (const auto& past = beat.callback) {
    into.set("story_callback_title", take(past->title, 80));
    into.set("story_callback_entity", take(past->entity, 40));
    into.set("story_callback_outcome", take(past->outcome, 120));
  }
  // The newest acts matter most: they are kept as long as there is room.
  std::vector<std::string> kept;
  for (auto at = beat.so_far.rbegin(); at != beat.so_far.rend(); ++at) {
    const auto size = estimate_tokens(*at) + 1;
    if (size > left) break;
    left -= size;
    kept.push_back(*at);
  }
  std::reverse(kept.begin(), kept.end());
  into.set("story_so_far", joined(kept));
}

/// "- Title (an old file): text", a line each: what the DJ may use and how it is known. Record texts are one line each
/// (passage_text), so none of them can look like a part of the prompt.
std::string lore_lines(const std::vector<lore_passage>& passages) {
  std::string out;
  for (const auto& p : passages) {
    if (!out.empty()) out += '\n';
    out += "- " + p.title;
    if (p.framing == "archive") out += " (from an old file that was found)";
    if (p.framing == "memory") out += " (of the time before the war)";
    if (p.framing == "hearsay") out += " (hearsay: tell it as what people say)";
    out += ": " + p.text;
  }
  return out;
}

/// The last segments a line each, newest last; the oldest are left out first.
std::string session_lines(const std::vector<std::string>& session) {
  std::uint64_t left = session_context_limit;
  std::string out;
  for (auto at = session.rbegin(); at != session.rend(); ++at) {
    const auto size = estimate_tokens(*at) + 2;
    if (size > left) break;
    left -= size;
    out = "- " + *at + (out.empty() ? "" : "\n") + out;
  }
  return out;
}

void add_variety(prompt_inputs& into, const segment_plan& plan) {
  into.set("catchphrase", plan.catchphrase);
  into.set("recent_openings", joined(plan.hints.recent_openings));
  into.set("recent_catchphrases", joined(plan.hints.recent_catchphrases));
  into.set("recent_topics", joined(plan.hints.recent_topics));
  into.set("structure", plan.structure);
  if (!plan.structure.empty()) set_flag(into, "structure_", std::string_view(plan.structure).substr(plan.structure.size() - 1));
}

void add_skeleton(prompt_inputs& into, const segment_plan& plan) {
  const auto& s = *plan.skeleton;
  const bool korean = plan.language == "ko";
  into.set(korean ? "korean" : "english", "yes");
  into.set("template_name", korean && !s.template_name_ko.empty() ? s.template_name_ko : s.template_name);
  into.set("setting", spaced(s.setting));
  into.set("primary_fear", spaced(s.primary_fear));
  into.set("antagonist", spaced(s.antagonist));
  into.set("mechanism", spaced(s.mechanism));
  into.set("twist", spaced(s.twist));
  const auto& acts = korean && !s.acts_ko.empty() ? s.acts_ko : s.acts;
  constexpr std::array<std::string_view, 3> names{"act_1", "act_2", "act_3"};
  for (std::size_t i = 0; i < acts.size() && i < names.size(); ++i) into.set(names[i], acts[i]);
  into.set("variation_axes", joined(s.variation_axes));
  // domain 13: 3,000 to 4,000 characters unless asked otherwise
  into.set("target_length", std::to_string(plan.target_length > 0 ? plan.target_length : 3'500));
}

} // namespace

void prompt_inputs::set(std::string_view name, std::string text) {
  if (!text.empty()) entries_.emplace_back(name, std::move(text));
}

const std::string* prompt_inputs::find(std::string_view name) const noexcept {
  for (const auto& [known, text] : entries_)
    if (known == name) return &text;
  return nullptr;
}

const std::vector<std::string_view>& prompt_input_names() {
  static const std::vector<std::string_view> names(std::begin(input_names), std::end(input_names));
  return names;
}

void add_profile(prompt_inputs& into, const dj_profile& p) {
  into.set("dj_name", p.name);
  into.set("station", p.station);
  into.set("role", p.role);
  into.set("tone", p.tone);
  into.set("pacing", p.voice_pacing);
  into.set("prosody", p.voice_prosody);
  into.set("filler_words", joined(p.filler_words));
  into.set("do_rules", joined(p.do_rules));
  into.set("dont_rules", joined(p.dont_rules));
  into.set("system_prompt", p.system_prompt);
  if (p.knowledge.temporal_cutoff_year > 0) into.set("cutoff_year", std::to_string(p.knowledge.temporal_cutoff_year));
  if (p.knowledge.year_min > 0) into.set("year_min", std::to_string(p.knowledge.year_min));
  into.set("region", p.knowledge.region);
  into.set("forbidden_factions", joined(p.knowledge.forbidden_factions));
  into.set("forbidden_topics", joined(p.knowledge.forbidden_topics));
  into.set("known_factions", joined(p.knowledge.known_factions));
  into.set("foreign_names", joined(p.knowledge.foreign_names));
}

void add_plan(prompt_inputs& into, const segment_plan& plan) {
  into.set("type", std::string(to_string(plan.type)));
  into.set("type_words", spaced(std::string(to_string(plan.type))));
  into.set("language", plan.language);
  into.set("seq", std::to_string(plan.seq));
  into.set("min_words", std::to_string(plan.min_words));
  into.set("max_words", std::to_string(plan.max_words));
  if (plan.skeleton) return add_skeleton(into, plan);
  into.set("hour", std::to_string(plan.position.hour));
  into.set("clock", std::to_string(plan.position.hour) + ":00");
  into.set("time_band", std::string(time_band(plan.position.hour)));
  into.set("day", std::to_string(plan.position.day));
  into.set("broadcast_date", plan.position.broadcast_date);
  if (plan.segments_per_hour == 1) into.set("hourly", "yes");
  if (plan.position.slot == 1) into.set("first_slot", "yes");
  add_weather(into, plan);
  if (plan.gossip) {
    into.set("gossip_subject", plan.gossip->subject);
    into.set("gossip_category", spaced(plan.gossip->category));
    into.set("gossip_stage", plan.gossip->stage);
    set_flag(into, "stage_", plan.gossip->stage);
  }
  if (plan.news) {
    into.set("news_subject", plan.news->subject);
    into.set("news_category", spaced(plan.news->category));
    into.set("news_wording", plan.news->wording);
  }
  if (plan.beat) add_beat(into, *plan.beat);
  into.set("lore", lore_lines(plan.lore));
  into.set("session", session_lines(plan.session));
  add_variety(into, plan);
}

prompt_inputs sample_inputs() {
  prompt_inputs all;
  for (const auto name : input_names) all.set(name, "sample");
  return all;
}

} // namespace longwave
