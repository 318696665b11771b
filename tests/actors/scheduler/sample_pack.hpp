// A small made-up pack for tests of the scheduler: one DJ, stories on all timelines, rumours and news.
#pragma once

#include "actors/scheduler/show.hpp"
#include "messages/random.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace longwave::test {

inline story_record sample_story(const std::string& id, timeline line, int acts, int tellings = 3) {
  story_record s;
  s.story_id = id;
  s.title = "Title of " + id;
  s.line = line;
  s.summary = "What happens in " + id;
  s.content_type = "event";
  s.region = "Appalachia";
  s.year_min = 2096;
  s.year_max = 2102;
  s.knowledge_tier = "common";
  s.suggested_framing = "report";
  s.characters = {"Tess"};
  for (int i = 1; i <= acts; ++i) {
    story_act a;
    a.act_number = i;
    a.act_type = i == 1 ? "setup" : i == acts ? "resolution" : "rising";
    a.title = "Act " + std::to_string(i);
    a.summary = "In act " + std::to_string(i) + " of " + id + " something happens.";
    for (int t = 1; t <= tellings; ++t) {
      a.tellings.push_back(id + " act " + std::to_string(i) + " telling " + std::to_string(t));
    }
    s.acts.push_back(a);
  }
  return s;
}

inline dj_profile sample_dj(const std::string& region = "Appalachia") {
  dj_profile d;
  d.name = "Tester (2102, " + region + ")";
  d.start_date = "2102-10-23";
  d.catchphrases = {"First phrase", "Second phrase", "Third phrase", "Fourth phrase"};
  d.knowledge.region = region;
  d.knowledge.temporal_cutoff_year = 2102;
  d.knowledge.forbidden_factions = {"NCR"};
  d.knowledge.known_factions = {"Responders"};
  return d;
}

/// 40 daily stories of 3 or 4 acts, 10 weekly of 5, 4 monthly of 5, 2 yearly of 6.
inline std::shared_ptr<content_pack> sample_pack(const std::string& region = "Appalachia") {
  auto pack = std::make_shared<content_pack>();
  pack->kind = "broadcast";
  pack->profiles.push_back(sample_dj(region));
  const auto add = [&](const char* prefix, timeline line, int count, int acts, int spread) {
    for (int i = 0; i < count; ++i) {
      pack->stories.push_back(sample_story(prefix + std::to_string(i), line, acts + i % spread));
      pack->stories.back().region = region;
    }
  };
  add("d-", timeline::daily, 40, 3, 2);
  add("w-", timeline::weekly, 10, 5, 1);
  add("m-", timeline::monthly, 4, 5, 1);
  add("y-", timeline::yearly, 2, 6, 1);
  for (const char* category : {"romance", "conflict", "creature_reports", "settlement_news"}) {
    topic_list list{category, {}};
    for (int i = 0; i < 8; ++i) list.subjects.push_back(std::string(category) + " subject " + std::to_string(i));
    pack->gossip.push_back(list);
  }
  for (const char* category : {"settlement_report", "creature_alert", "trade_route_update", "faction_update"}) {
    topic_list list{category, {}};
    for (int i = 0; i < 5; ++i) list.subjects.push_back(std::string(category) + " item " + std::to_string(i));
    pack->news.push_back(list);
  }
  return pack;
}

inline run_config sample_config(std::uint64_t seed, std::int64_t hours, int segments_per_hour = 1,
                                const std::string& region = "Appalachia") {
  run_config c;
  c.run_id = "sample";
  c.dj = sample_dj(region).name;
  c.seed = seed;
  c.duration_hours = hours;
  c.segments_per_hour = segments_per_hour;
  c.start_date = "2102-10-23";
  c.stories_enabled = true;
  return c;
}

/// How a test wants a segment to end.
enum class ending { accepted, skipped, dropped };

/// Plans and settles one segment as a run would.
inline std::shared_ptr<const segment_plan> play(show& s, std::uint64_t seq, ending how = ending::accepted) {
  const auto plan = s.plan(seq);
  const std::string text = "Words of segment number " + std::to_string(seq) + " on the air.";
  variety_mark mark;
  mark.opening = "words of segment number " + std::to_string(seq);
  mark.structure = plan->structure;
  if (!plan->catchphrase.empty()) mark.catchphrases = {plan->catchphrase};
  if (how == ending::skipped) {
    s.settle(*plan, {});
  } else {
    const bool dropped = how == ending::dropped && plan->beat;
    if (dropped) mark.structure = s.without_story(*plan)->structure;
    s.settle(*plan, {true, &text, &mark, plan->beat && !dropped ? 0.8 : -1.0, dropped});
  }
  return plan;
}

/// Keeps pieces as a store does.
inline void keep(std::map<std::string, nlohmann::json>& state, show& s) {
  for (const auto& [name, text] : s.take_changes()) {
    if (text == "null") {
      state.erase(name);
    } else {
      state[name] = nlohmann::json::parse(text);
    }
  }
}

inline std::string as_text(const segment_plan& plan) { return nlohmann::json(plan).dump(); }

} // namespace longwave::test
