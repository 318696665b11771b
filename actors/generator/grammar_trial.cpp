// Drawn plans, spoken by the offline backend as in a run.
#include "actors/generator/grammar_trial.hpp"

#include "actors/generator/backends/offline.hpp"
#include "messages/random.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace longwave {

namespace {

constexpr std::array skies{"sunny", "cloudy", "rainy", "foggy", "snow", "rad_storm", "dust_storm", "glowing_fog"};
constexpr std::array intensities{"minor", "moderate", "severe"};
constexpr std::array rumor_stages{"rumor", "spreading", "confirmed", "resolved"};
constexpr std::array news_wordings{"confirmed", "solid reports", "according to reports", "word is"};
constexpr std::array framings{"direct", "report", "rumor", "speculation"};

template <class List>
const auto& any_of(const List& list, random_stream& draw) {
  return list[draw.below(list.size())];
}

weather_report drawn_weather(random_stream& draw, bool emergency) {
  weather_report w;
  w.type = emergency ? skies[5 + draw.below(3)] : any_of(skies, draw);
  w.intensity = any_of(intensities, draw);
  w.temperature_f = static_cast<int>(draw.below(120)) - 10;
  w.emergency = emergency;
  if (draw.chance(0.8)) w.previous_type = any_of(skies, draw);
  return w;
}

story_beat drawn_beat(const story_record& story, random_stream& draw) {
  story_beat b;
  const auto at = draw.below(story.acts.size());
  const auto& act = story.acts[at];
  b.id = story.story_id;
  b.title = story.title;
  b.line = story.line;
  b.act = act.act_number;
  b.acts_total = static_cast<int>(story.acts.size());
  b.act_type = act.act_type;
  b.act_title = act.title;
  b.summary = act.summary;
  if (!act.tellings.empty()) b.telling = any_of(act.tellings, draw);
  b.entities = act.entities;
  b.themes = act.themes;
  b.emotional_tone = act.emotional_tone;
  b.framing = any_of(framings, draw);
  for (std::size_t i = 0; i < at; ++i) b.so_far.push_back(story.acts[i].title + ": " + story.acts[i].summary);
  if (draw.chance(0.2)) {
    const int days = static_cast<int>(draw.below(30)) + 1;
    b.callback = story_callback{"earlier", "An Earlier Story", draw.chance(0.5) ? "Somebody" : "", "it went well", days, 1};
  }
  return b;
}

segment_plan drawn_plan(const content_pack& pack, const dj_profile& dj, segment_type type, char structure, std::uint64_t seq) {
  random_stream draw(1, seq, static_cast<std::uint64_t>(structure), std::string("grammar trial ") + std::string(to_string(type)));
  segment_plan plan;
  plan.seq = seq;
  plan.type = type;
  plan.structure = std::string(1, structure);
  plan.segments_per_hour = draw.chance(0.5) ? 1 : 2;
  plan.position.slot = plan.segments_per_hour == 1 || type == segment_type::time_check ? 1 : 2;
  plan.position.hour = static_cast<int>(draw.below(24));
  char date[16];
  std::snprintf(date, sizeof date, "-%02u-%02u", static_cast<unsigned>(draw.below(12)) + 1, static_cast<unsigned>(draw.below(28)) + 1);
  plan.position.broadcast_date = dj.start_date.substr(0, 4) + date;
  plan.weather = drawn_weather(draw, type == segment_type::emergency_weather);
  for (auto left = draw.below(3); left > 0; --left) plan.forecast.push_back(drawn_weather(draw, false));
  if (draw.chance(0.7) && !dj.catchphrases.empty()) plan.catchphrase = any_of(dj.catchphrases, draw);
  const auto subject = [&](const std::vector<topic_list>& lists) -> const topic_list* {
    const auto* list = lists.empty() ? nullptr : &any_of(lists, draw);
    return list && !list->subjects.empty() ? list : nullptr;
  };
  if (type == segment_type::gossip)
    if (const auto* list = subject(pack.gossip)) plan.gossip = gossip_topic{"g", list->category, any_of(list->subjects, draw), any_of(rumor_stages, draw)};
  if (type == segment_type::news)
    if (const auto* list = subject(pack.news)) plan.news = news_topic{list->category, 0.8, any_of(news_wordings, draw), any_of(list->subjects, draw)};
  if (type == segment_type::story && !pack.stories.empty()) {
    const auto& story = any_of(pack.stories, draw);
    if (!story.acts.empty()) plan.beat = drawn_beat(story, draw);
  }
  return plan;
}

/// What is said, each thing once.
class fault_list {
public:
  explicit fault_list(std::size_t most) : most_(most) {}
  void add(std::string fault, const std::string& where) {
    if (std::find(causes_.begin(), causes_.end(), fault) != causes_.end() || causes_.size() >= most_) return;
    causes_.push_back(fault);
    told_.push_back(std::move(fault) + where);
  }
  std::vector<std::string> take() { return std::move(told_); }

private:
  std::size_t most_;
  std::vector<std::string> causes_, told_;
};

void speak(backend& offline, segment_plan plan, const std::string& who, fault_list& faults) {
  generation_call call;
  call.seq = plan.seq;
  call.seed = 1;
  call.plan = std::make_shared<const segment_plan>(std::move(plan));
  offline.start(call, [&](draft d) {
    if (d.outcome == outcome_class::ok) return;
    auto why = d.detail;
    // The rule is what counts; the sentence around it is for a run's log.
    const auto from = why.find(": "), to = why.find("; ");
    if (from != std::string::npos && to != std::string::npos && to > from) why = why.substr(from + 2, to - from - 2);
    faults.add(why, " (" + who + std::string(to_string(call.plan->type)) + ")");
  });
}

} // namespace

std::vector<std::string> grammar_faults(const std::shared_ptr<const content_pack>& pack, const grammar_trial_limits& limits) {
  fault_list faults(limits.faults);
  for (const auto& [language, source] : pack->grammars) {
    const auto compiled = grammar::compile(source, language);
    if (!compiled) continue;
    for (const auto& fact : compiled.value().facts())
      if (!is_known_fact(fact)) faults.add("grammar " + language + ": there is no fact " + fact, "");
    if (pack->kind == "stories") {
      const auto offline = make_offline_backend(pack, "");
      for (std::size_t i = 0; i < pack->skeletons.size(); ++i) {
        segment_plan plan;
        plan.seq = i + 1;
        plan.type = segment_type::story;
        plan.language = language;
        plan.skeleton = pack->skeletons[i];
        speak(*offline, std::move(plan), pack->skeletons[i].template_id + ", ", faults);
      }
      continue;
    }
    for (const auto& dj : pack->profiles) {
      const auto offline = make_offline_backend(pack, dj.name);
      for (const auto type : segment_types_by_name)
        for (const char structure : {'a', 'b', 'c', 'd'})
          for (int i = 1; i <= limits.plans; ++i) {
            auto plan = drawn_plan(*pack, dj, type, structure, static_cast<std::uint64_t>(i));
            plan.language = language;
            speak(*offline, std::move(plan), dj.name + ", ", faults);
          }
    }
  }
  return faults.take();
}

} // namespace longwave
