// Names in common, and the wording of what a past story came to.
#include "actors/scheduler/story_callbacks.hpp"

#include "messages/ascii_case.hpp"
#include "messages/sentences.hpp"

#include <algorithm>

namespace longwave {

story_names::story_names(const story_record& story) : links_(story.callbacks) {
  const std::string home = ascii_lower(story.region);
  const auto add = [&](const std::vector<std::string>& list, callback_tie tie) {
    for (const auto& name : list) {
      std::string folded = ascii_lower(name);
      if (!folded.empty() && folded != home) names_.push_back({std::move(folded), name, tie});
    }
  };
  add(story.characters, callback_tie::character);
  add(story.locations, callback_tie::place);
  add(story.factions, callback_tie::faction);
  for (const auto& act : story.acts) add(act.entities, callback_tie::entity);
  // An act's entities repeat the lists above: the closest tie of a name that a list has counts, `entity` only for others.
  std::stable_sort(names_.begin(), names_.end(), [](const entry& a, const entry& b) { return a.folded < b.folded; });
  names_.erase(std::unique(names_.begin(), names_.end(), [](const entry& a, const entry& b) { return a.folded == b.folded; }),
               names_.end());
}

bool story_names::tie_to(const story_record& past, const story_names& names_of_past, callback_link& out) const {
  const bool linked = std::any_of(links_.begin(), links_.end(),
                                  [&](const std::string& to) { return to == past.story_id || to == past.title; });
  const entry* best = nullptr;
  auto a = names_.begin();
  for (const auto& b : names_of_past.names_) {
    while (a != names_.end() && a->folded < b.folded) ++a;
    if (a == names_.end()) break;
    if (a->folded == b.folded && (!best || b.tie < best->tie)) best = &b;
  }
  if (!best && !linked) return false;
  if (!best) {
    const auto& all = names_of_past.names_;
    const auto closest = std::min_element(all.begin(), all.end(), [](const entry& x, const entry& y) { return x.tie < y.tie; });
    if (closest != all.end()) best = &*closest;
  }
  out.tie = linked ? callback_tie::linked : best->tie;
  out.entity = best ? best->name : std::string();
  return true;
}

std::string told_outcome(std::string_view summary, std::size_t words) {
  std::string out;
  std::size_t told = 0;
  while (!summary.empty()) {
    auto sentence = summary.substr(0, first_sentence(summary));
    summary.remove_prefix(sentence.size());
    while (!sentence.empty() && static_cast<unsigned char>(sentence.back()) <= ' ') sentence.remove_suffix(1);
    told += count_words(sentence);
    if (!out.empty() && told > words) break;
    if (!out.empty()) out += ' ';
    out += sentence;
  }
  return out;
}

story_callback make_callback(const past_story& past, const callback_link& link, int day) {
  story_callback c;
  c.id = past.id;
  c.title = past.story->title;
  c.entity = link.entity;
  if (!past.story->acts.empty()) {
    const story_act& last = past.story->acts.back();
    c.outcome = told_outcome(last.summary);
    // Records of a catalogue may hold one endless sentence: the act's title says it shorter.
    if (count_words(c.outcome) > 2 * callback_rules{}.outcome_words) c.outcome = last.title;
  }
  c.days_ago = day - past.ended_day;
  c.seq = past.ended;
  return c;
}

} // namespace longwave
