// Stories to and from JSON, as packs, records and `inspect` write them.
#include "messages/story.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

using nlohmann::json;

/// Reads a field and names it when its type is wrong; nlohmann's own message names only the types.
template <class T>
T read(const json& j, const char* field) {
  const json& value = j.at(field);
  try {
    return value.get<T>();
  } catch (const json::type_error& e) {
    throw json::type_error::create(302, std::string("field '") + field + "': " + e.what(), &j);
  }
}

/// The same for a field that may be left out.
template <class T>
T read_or(const json& j, const char* field, T fallback) {
  return j.contains(field) ? read<T>(j, field) : fallback;
}

std::vector<std::string> read_list(const json& j, const char* field) {
  return read_or<std::vector<std::string>>(j, field, {});
}

timeline read_timeline(const json& j) {
  const auto name = read<std::string>(j, "timeline");
  if (auto line = parse_timeline(name)) return *line;
  throw json::other_error::create(501, "field 'timeline': unknown timeline \"" + name + "\"", &j);
}

/// Skeleton acts lie as act_1..act_3, so that a pack cannot mix up their order.
std::vector<std::string> read_skeleton_acts(const json& j, const char* field) {
  const json& acts = j.at(field);
  std::vector<std::string> out;
  for (const char* name : {"act_1", "act_2", "act_3"}) out.push_back(read<std::string>(acts, name));
  return out;
}

json skeleton_acts(const std::vector<std::string>& acts) {
  json out = json::object();
  for (std::size_t i = 0; i < acts.size(); ++i) out["act_" + std::to_string(i + 1)] = acts[i];
  return out;
}

story_callback callback_of(const json& j) {
  story_callback c;
  c.id = read<std::string>(j, "id");
  c.title = read<std::string>(j, "title");
  c.entity = read_or<std::string>(j, "entity", "");
  c.outcome = read_or<std::string>(j, "outcome", "");
  c.days_ago = read_or<int>(j, "days_ago", 1);
  c.seq = read_or<std::uint64_t>(j, "seq", 0);
  return c;
}

} // namespace

std::string_view to_string(timeline t) noexcept {
  switch (t) {
    case timeline::daily: return "daily";
    case timeline::weekly: return "weekly";
    case timeline::monthly: return "monthly";
    case timeline::yearly: return "yearly";
  }
  return "daily";
}

std::optional<timeline> parse_timeline(std::string_view text) noexcept {
  for (timeline t : all_timelines) {
    if (to_string(t) == text) return t;
  }
  return std::nullopt;
}

void to_json(json& j, const story_act& a) {
  j = json{{"act_number", a.act_number}, {"act_type", a.act_type},
           {"title", a.title},           {"summary", a.summary},
           {"entities", a.entities},     {"themes", a.themes},
           {"conflict_level", a.conflict_level}};
  if (!a.tellings.empty()) j["tellings"] = a.tellings;
  if (!a.emotional_tone.empty()) j["emotional_tone"] = a.emotional_tone;
}

void to_json(json& j, const story_record& s) {
  j = json{{"story_id", s.story_id},
           {"title", s.title},
           {"timeline", to_string(s.line)},
           {"summary", s.summary},
           {"content_type", s.content_type},
           {"themes", s.themes},
           {"factions", s.factions},
           {"locations", s.locations},
           {"characters", s.characters},
           {"region", s.region},
           {"year_min", s.year_min},
           {"year_max", s.year_max},
           {"knowledge_tier", s.knowledge_tier},
           {"suggested_framing", s.suggested_framing},
           {"acts", s.acts}};
  if (!s.callbacks.empty()) j["callbacks"] = s.callbacks;
}

void from_json(const json& j, story_act& a) {
  a.act_number = read<int>(j, "act_number");
  a.act_type = read<std::string>(j, "act_type");
  a.title = read<std::string>(j, "title");
  a.summary = read<std::string>(j, "summary");
  a.tellings = read_list(j, "tellings");
  a.entities = read_list(j, "entities");
  a.themes = read_list(j, "themes");
  a.conflict_level = read_or<double>(j, "conflict_level", 0.5);
  a.emotional_tone = read_or<std::string>(j, "emotional_tone", "");
}

void from_json(const json& j, story_record& s) {
  s.story_id = read<std::string>(j, "story_id");
  s.title = read<std::string>(j, "title");
  s.line = read_timeline(j);
  s.summary = read<std::string>(j, "summary");
  s.content_type = read_or<std::string>(j, "content_type", "event");
  s.themes = read_list(j, "themes");
  s.factions = read_list(j, "factions");
  s.locations = read_list(j, "locations");
  s.characters = read_list(j, "characters");
  s.region = read_or<std::string>(j, "region", "");
  s.year_min = read_or<int>(j, "year_min", 0);
  s.year_max = read_or<int>(j, "year_max", 0);
  s.knowledge_tier = read_or<std::string>(j, "knowledge_tier", "common");
  s.suggested_framing = read_or<std::string>(j, "suggested_framing", "report");
  s.acts = read<std::vector<story_act>>(j, "acts");
  s.callbacks = read_list(j, "callbacks");
}

void append_json(json_writer& w, const story_beat& b) {
  w.begin_object().name("act").number(b.act).name("act_title").text(b.act_title).name("act_type").text(b.act_type);
  w.name("acts_total").number(b.acts_total);
  if (b.callback) {
    const story_callback& c = *b.callback;
    w.name("callback_to").begin_object().name("days_ago").number(c.days_ago).name("entity").text(c.entity);
    w.name("id").text(c.id).name("outcome").text(c.outcome).name("seq").number(c.seq).name("title").text(c.title);
    w.end_object();
  }
  w.name("conflict_level").fraction(b.conflict_level);
  w.name("emotional_tone").text(b.emotional_tone).name("entities").texts(b.entities);
  w.name("framing").text(b.framing).name("id").text(b.id).name("so_far").texts(b.so_far);
  w.name("summary").text(b.summary).name("telling").text(b.telling).name("themes").texts(b.themes);
  w.name("timeline").text(to_string(b.line)).name("title").text(b.title).end_object();
}

void to_json(json& j, const story_beat& b) {
  std::string text;
  json_writer w(text);
  append_json(w, b);
  j = json::parse(text);
}

void from_json(const json& j, story_beat& b) {
  b.id = read<std::string>(j, "id");
  b.title = read<std::string>(j, "title");
  b.line = read_timeline(j);
  b.act = read<int>(j, "act");
  b.acts_total = read<int>(j, "acts_total");
  b.act_type = read_or<std::string>(j, "act_type", "");
  b.act_title = read_or<std::string>(j, "act_title", "");
  b.summary = read_or<std::string>(j, "summary", "");
  b.telling = read_or<std::string>(j, "telling", "");
  b.entities = read_list(j, "entities");
  b.themes = read_list(j, "themes");
  b.conflict_level = read_or<double>(j, "conflict_level", 0.5);
  b.emotional_tone = read_or<std::string>(j, "emotional_tone", "");
  b.framing = read_or<std::string>(j, "framing", "");
  b.so_far = read_list(j, "so_far");
  if (const auto at = j.find("callback_to"); at != j.end() && !at->is_null()) b.callback = callback_of(*at);
}

void to_json(json& j, const story_skeleton& s) {
  j = json{{"template_id", s.template_id},
           {"template_name", s.template_name},
           {"canonical_core",
            {{"setting", s.setting},
             {"primary_fear", s.primary_fear},
             {"antagonist", s.antagonist},
             {"mechanism", s.mechanism},
             {"twist", s.twist}}},
           {"story_skeleton", skeleton_acts(s.acts)},
           {"variation_axes", s.variation_axes}};
  if (!s.template_name_ko.empty()) j["template_name_ko"] = s.template_name_ko;
  if (!s.acts_ko.empty()) j["story_skeleton_ko"] = skeleton_acts(s.acts_ko);
}

void from_json(const json& j, story_skeleton& s) {
  s.template_id = read<std::string>(j, "template_id");
  s.template_name = read<std::string>(j, "template_name");
  const json& core = j.at("canonical_core");
  s.setting = read<std::string>(core, "setting");
  s.primary_fear = read<std::string>(core, "primary_fear");
  s.antagonist = read<std::string>(core, "antagonist");
  s.mechanism = read<std::string>(core, "mechanism");
  s.twist = read<std::string>(core, "twist");
  s.acts = read_skeleton_acts(j, "story_skeleton");
  s.variation_axes = read_list(j, "variation_axes");
  s.template_name_ko = read_or<std::string>(j, "template_name_ko", "");
  s.acts_ko.clear();
  if (j.contains("story_skeleton_ko")) s.acts_ko = read_skeleton_acts(j, "story_skeleton_ko");
}

} // namespace longwave
