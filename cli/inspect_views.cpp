// Reads views of a run from its store.
#include "cli/inspect_views.hpp"

#include "actors/scheduler/beat_history.hpp"
#include "actors/scheduler/show.hpp"
#include "cli/pack_search.hpp"
#include "cli/run_content.hpp"
#include "messages/record.hpp"

#include <algorithm>
#include <deque>
#include <memory>

namespace longwave::cli {

namespace {

using pieces = std::map<std::string, nlohmann::json>;

bool under(const std::string& name, std::string_view prefix) { return name.rfind(prefix, 0) == 0; }

view_json position_json(const slot_position& p) {
  return {{"day", p.day},
          {"hour", p.hour},
          {"slot", p.slot},
          {"broadcast_date", p.broadcast_date.empty() ? view_json(nullptr) : view_json(p.broadcast_date)}};
}

/// Pieces of one part of the world: of stories, of the session's memory, or everything else.
view_json part_of(const pieces& state, const std::function<bool(const std::string&)>& belongs) {
  view_json part = view_json::object();
  for (const auto& [name, piece] : state)
    if (belongs(name)) part[name] = piece;
  return part;
}

bool is_story_piece(const std::string& name) {
  return name == "stories" || name == "templates" || under(name, "story/") || under(name, "aired/");
}

bool is_memory_piece(const std::string& name) { return under(name, "memory/"); }

/// The run's world, where its pack is there to read it with.
result<show> world_of(const storage::loaded_run& run) {
  auto pack = pack_of_run(run.config);
  if (!pack) return pack.error();
  return show::restore(run.config, std::make_shared<const content_pack>(std::move(pack.value())), run.state);
}

std::string note_of(const failure& why) { return "stored pieces are shown as they are: " + to_string(why); }

/// A beat as its record tells it, with its text.
struct told_beat {
  view_json shown;
  aired_beat beat;
};

std::vector<told_beat> beats_of(const storage::store& store, const std::string& run, std::uint64_t to,
                                const std::string& id) {
  std::vector<told_beat> beats;
  (void)store.segments(run, 1, to, [&](std::uint64_t, const std::string& line) {
    // Nothing of a line that does not even hold the id need be parsed.
    if (line.find(id) == std::string::npos) return true;
    const auto j = nlohmann::json::parse(line, nullptr, false);
    if (!j.is_object() || !j.contains("story") || !j["story"].is_object()) return true;
    const auto& told = j["story"];
    if (told.value("id", std::string()) != id || j.value("status", std::string()) != "accepted") return true;
    told_beat b;
    b.beat.seq = j.value("seq", std::uint64_t{0});
    b.beat.act = told.value("act", 0);
    b.beat.text = j.value("text", std::string());
    b.shown = {{"seq", b.beat.seq},
               {"day", j.value("day", 0)},
               {"hour", j.value("hour", 0)},
               {"act", b.beat.act},
               {"incorporation", told.value("incorporation", 0.0)},
               {"text", b.beat.text}};
    beats.push_back(std::move(b));
    return true;
  });
  return beats;
}

/// What the next prompt may be told of a story: see beat_history.hpp. Acts come from the airing's own list.
view_json history_of(std::vector<told_beat>& told, const view_json& airing) {
  std::vector<aired_beat> beats;
  for (auto& t : told) {
    for (const auto& act : airing.value("acts", view_json::array())) {
      if (act.value("act", 0) != t.beat.act) continue;
      t.beat.act_type = act.value("act_type", std::string());
      t.beat.act_title = act.value("title", std::string());
      t.beat.outcome = act.value("summary", std::string());
      t.beat.conflict_level = act.value("conflict_level", 0.5);
      for (const auto& e : act.value("entities", view_json::array()))
        if (e.is_string()) t.beat.entities.push_back(e.get<std::string>());
    }
    beats.push_back(t.beat);
  }
  const auto d = digest_beats(beats);
  view_json outcomes = view_json::array(), recent = view_json::array();
  for (const auto& o : d.outcomes)
    outcomes.push_back({{"act", o.act}, {"act_type", o.act_type}, {"title", o.title}, {"outcome", o.outcome}, {"beats", o.beats}});
  for (const auto& b : d.recent) recent.push_back(b.seq);
  return {{"count", d.count},
          {"summary",
           {{"is_summary", d.summarized_count > 0},
            {"summarized_count", d.summarized_count},
            {"outcomes", std::move(outcomes)},
            {"entities", d.entities},
            {"mean_conflict", d.summarized_count == 0 ? view_json(nullptr) : view_json(d.mean_conflict)}}},
          {"recent", std::move(recent)},
          {"tokens_full", d.tokens_full},
          {"tokens", d.tokens}};
}

} // namespace

result<view_json> runs_view(const storage::store& store) {
  auto runs = store.runs();
  if (!runs) return runs.error();
  view_json list = view_json::array();
  for (const auto& run : runs.value()) {
    auto config = store.config(run);
    auto head = store.head(run);
    if (!config) return config.error();
    if (!head) return head.error();
    const auto planned = config.value().planned_segments();
    list.push_back({{"run_id", run},
                    {"kind", to_string(config.value().kind)},
                    {"state", head.value().state},
                    {"segments_done", head.value().seq},
                    {"segments_planned", planned ? view_json(*planned) : view_json(nullptr)},
                    {"started_at", head.value().started_at},
                    {"output", config.value().output}});
  }
  return list;
}

result<view_json> run_view(const storage::store& store, const std::string& run) {
  auto loaded = store.load(run);
  if (!loaded) return loaded.error();
  const auto& r = loaded.value();
  const auto piece = [&](const char* name) {
    const auto at = r.state.find(name);
    return at == r.state.end() ? view_json(nullptr) : view_json(at->second);
  };
  view_json view;
  view["run_id"] = run;
  view["state"] = r.head.state;
  view["segments_done"] = r.head.seq;
  const auto planned = r.config.planned_segments();
  view["segments_planned"] = planned ? view_json(*planned) : view_json(nullptr);
  view["published"] = r.published;
  view["config"] = nlohmann::json(r.config);
  view["head"] = nlohmann::json(r.head);
  view["counters"] = piece("counters");
  view["gate"] = piece("gate");
  view["streak"] = piece("streak");
  view["checkpoint"] = piece("checkpoint");
  view["open_attempt"] = r.open_attempt && r.open_attempt->seq > r.head.seq ? view_json(nlohmann::json(*r.open_attempt))
                                                                            : view_json(nullptr);
  return view;
}

result<void> segments_view(const storage::store& store, const std::string& run, const segment_filter& filter,
                           const std::function<void(const std::string& line)>& each) {
  auto head = store.head(run);
  if (!head) return head.error();
  const auto to = head.value().seq;
  auto from = std::max<std::uint64_t>(filter.from, 1);
  if (filter.last && filter.status.empty() && to > *filter.last) from = std::max(from, to - *filter.last + 1);
  if (from > to || (filter.last && *filter.last == 0)) return ok();
  std::deque<std::string> kept;
  auto read = store.segments(run, from, to, [&](std::uint64_t, const std::string& line) {
    if (!filter.status.empty()) {
      const auto j = nlohmann::json::parse(line, nullptr, false);
      if (!j.is_object() || j.value("status", std::string()) != filter.status) return true;
    }
    if (!filter.last) {
      each(line);
      return true;
    }
    kept.push_back(line);
    if (kept.size() > *filter.last) kept.pop_front();
    return true;
  });
  for (const auto& line : kept) each(line);
  return read;
}

result<view_json> checkpoints_view(const storage::store& store, const std::string& run) {
  auto listed = store.checkpoints(run);
  if (!listed) return listed.error();
  view_json list = view_json::array();
  for (const auto& entry : listed.value()) {
    const auto& c = entry.record;
    view_json line{{"id", c.id}, {"kind", to_string(c.kind)}, {"seq", c.seq}, {"position", position_json(c.position)},
                   {"at", c.at}, {"valid", entry.valid}};
    if (!entry.valid) line["fault"] = entry.fault;
    list.push_back(std::move(line));
  }
  return list;
}

result<view_json> checkpoint_view(const storage::store& store, const std::string& run, const std::string& id) {
  auto listed = store.checkpoints(run);
  if (!listed) return listed.error();
  const auto at = std::find_if(listed.value().begin(), listed.value().end(),
                               [&](const auto& entry) { return entry.record.id == id; });
  if (at == listed.value().end())
    return failure{error_code::not_found, "no checkpoint '" + id + "'", "run " + run + " has none of that name",
                   "see `longwave inspect checkpoints`"};
  const auto& c = at->record;
  if (!at->valid)
    return failure{error_code::store_damaged, "checkpoint '" + id + "' is damaged", at->fault,
                   "the run does not need it: it goes on after its last committed segment"};
  auto config = store.config(run);
  if (!config) return config.error();
  auto state = store.state_at(run, c.seq);
  if (!state) return state.error();
  view_json view;
  view["metadata"] = {{"checkpoint_id", c.id},
                      {"created_at", c.at},
                      {"dj", config.value().dj.empty() ? view_json(nullptr) : view_json(config.value().dj)},
                      {"position", position_json(c.position)},
                      {"segments", c.seq},
                      {"schema_version", storage::schema_version},
                      {"kind", to_string(c.kind)},
                      {"run_id", run},
                      {"chain_head", c.head},
                      {"valid", true}};
  view["broadcast_state"] =
    part_of(state.value(), [](const std::string& name) { return !is_story_piece(name) && !is_memory_piece(name); });
  view["story_state"] = part_of(state.value(), is_story_piece);
  view["session_context"] = part_of(state.value(), is_memory_piece);
  return view;
}

result<view_json> stories_view(const storage::store& store, const std::string& run, std::string& note) {
  auto loaded = store.load(run);
  if (!loaded) return loaded.error();
  auto world = world_of(loaded.value());
  if (world) return view_json(world.value().stories_view());
  note = note_of(world.error());
  view_json list = view_json::array();
  for (const auto& [name, piece] : loaded.value().state) {
    if (!piece.is_object() || (!under(name, "story/") && !under(name, "aired/"))) continue;
    view_json airing{{"id", name.substr(6)}, {"status", piece.value("status", std::string("active"))}};
    airing["piece"] = piece;
    list.push_back(std::move(airing));
  }
  return list;
}

result<view_json> world_view(const storage::store& store, const std::string& run, std::string& note) {
  auto loaded = store.load(run);
  if (!loaded) return loaded.error();
  auto world = world_of(loaded.value());
  if (world) return view_json(world.value().world_view());
  note = note_of(world.error());
  return part_of(loaded.value().state, [](const std::string&) { return true; });
}

result<view_json> variety_view(const storage::store& store, const std::string& run) {
  auto loaded = store.load(run);
  if (!loaded) return loaded.error();
  const auto& state = loaded.value().state;
  view_json view;
  const auto at = state.find("variety");
  view["variety"] = at == state.end() ? view_json(nullptr) : view_json(at->second);
  view["memory"] = part_of(state, is_memory_piece);
  if (const auto c = state.find("counters"); c != state.end() && c->second.is_object()) {
    view["flagged"] = c->second.value("variety_flagged", std::uint64_t{0});
    view["repeated"] = c->second.value("repeated", std::uint64_t{0});
  }
  return view;
}

result<view_json> story_view(const storage::store& store, const std::string& run, const std::string& id,
                             std::string& note) {
  auto stories = stories_view(store, run, note);
  if (!stories) return stories.error();
  auto head = store.head(run);
  if (!head) return head.error();
  view_json found = view_json::array();
  for (auto& airing : stories.value()) {
    const auto airing_id = airing.value("id", std::string());
    if (airing_id != id && airing.value("story_id", airing_id.substr(0, airing_id.find('#'))) != id) continue;
    auto told = beats_of(store, run, head.value().seq, airing_id);
    airing["beats"] = view_json::array();
    for (const auto& beat : told) airing["beats"].push_back(beat.shown);
    airing["history"] = history_of(told, airing);
    found.push_back(airing);
  }
  if (found.empty())
    return failure{error_code::not_found, "no story '" + id + "'", "run " + run + " has not told it",
                   "see `longwave inspect stories`"};
  return found.size() == 1 ? view_json(found[0]) : found;
}

result<view_json> refused_view(const storage::store& store, const std::string& run) {
  const auto config = store.config(run);
  if (!config) return config.error();
  auto list = stories_not_told(config.value());
  if (!list) return list.error();
  return refused_json(list.value());
}

} // namespace longwave::cli
