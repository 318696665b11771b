// Plans with everything in them, one a segment type.
#include "actors/generator/prompt_check.hpp"

#include "actors/generator/prompt.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

std::string longest_subject(const std::vector<topic_list>& lists) {
  std::string longest;
  for (const auto& list : lists)
    for (const auto& subject : list.subjects)
      if (subject.size() > longest.size()) longest = subject;
  return longest;
}

story_beat fullest_beat(const content_pack& pack) {
  story_beat beat;
  for (const auto& story : pack.stories)
    for (const auto& act : story.acts) {
      if (act.summary.size() < beat.summary.size()) continue;
      beat.id = story.story_id;
      beat.title = story.title;
      beat.act = act.act_number;
      beat.acts_total = static_cast<int>(story.acts.size());
      beat.act_type = act.act_type;
      beat.act_title = act.title;
      beat.summary = act.summary;
      beat.entities = act.entities;
      beat.themes = act.themes;
      beat.framing = story.suggested_framing;
      beat.so_far.clear();
      for (const auto& told : story.acts) beat.so_far.push_back(told.summary);
    }
  return beat;
}

segment_plan fullest_plan(const run_setup& setup, segment_type type) {
  segment_plan plan;
  plan.seq = 1;
  plan.type = type;
  plan.weather = {"glowing_fog", "moderate", 50, type == segment_type::emergency_weather, "", "cloudy"};
  plan.forecast.assign(3, {"rad_storm", "moderate", 50, false, "", ""});
  plan.structure = "a";
  if (type == segment_type::gossip) plan.gossip = gossip_topic{"", "settlement_news", longest_subject(setup.pack->gossip), "spreading"};
  if (type == segment_type::news)
    plan.news = news_topic{"historical_discovery", 0.9, "according to reports", longest_subject(setup.pack->news)};
  if (type == segment_type::story) plan.beat = fullest_beat(*setup.pack);
  plan.hints.recent_openings.assign(5, "six words of an earlier opening");
  plan.hints.recent_topics.assign(5, "a topic of before");
  if (setup.profile && !setup.profile->catchphrases.empty()) plan.catchphrase = setup.profile->catchphrases.front();
  return plan;
}

segment_plan fullest_story(const run_setup& setup) {
  segment_plan plan;
  plan.seq = 1;
  plan.type = segment_type::story;
  plan.language = setup.config->language;
  plan.target_length = setup.config->target_length;
  const auto size = [](const story_skeleton& s) {
    std::size_t all = 0;
    for (const auto& act : s.acts) all += act.size();
    return all;
  };
  const auto& all = setup.pack->skeletons;
  const auto at = std::max_element(all.begin(), all.end(), [&](const auto& a, const auto& b) { return size(a) < size(b); });
  plan.skeleton = at == all.end() ? story_skeleton{} : *at;
  return plan;
}

} // namespace

std::optional<std::string> prompt_beyond_window(const run_setup& setup) {
  const auto window = window_of(*setup.config);
  if (!window) return std::nullopt;
  std::vector<segment_plan> plans;
  if (setup.config->kind == run_kind::stories) {
    plans.push_back(fullest_story(setup));
  } else {
    for (const auto type : {segment_type::emergency_weather, segment_type::time_check, segment_type::weather, segment_type::news,
                            segment_type::story, segment_type::gossip, segment_type::music_intro})
      plans.push_back(fullest_plan(setup, type));
  }
  for (auto& plan : plans) {
    attempt_order order;
    order.setup = std::shared_ptr<const run_setup>(std::shared_ptr<const run_setup>(), &setup); // not owned: used here only
    order.plan = std::make_shared<const segment_plan>(std::move(plan));
    auto call = make_call(order);
    call.max_tokens = settings_for(*order.plan).max_tokens;
    if (auto why = too_long_for(call, window)) return std::string(to_string(order.plan->type)) + ": " + *why;
  }
  return std::nullopt;
}

} // namespace longwave
