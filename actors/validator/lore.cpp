// Forbidden names found by the phrase search, told as violations.
#include "actors/validator/lore.hpp"

#include <algorithm>

namespace longwave {

void add_lore_phrases(phrase_set& phrases, const knowledge_limits& limits) {
  for (const std::string& name : limits.forbidden_factions)
    phrases.add(phrase_kind::forbidden_faction, name, {.exact_case = has_capital(name)});
  for (const std::string& name : limits.forbidden_topics)
    phrases.add(phrase_kind::forbidden_topic, name, {.exact_case = has_capital(name), .with_plural = true});
}

void judge_lore(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                std::vector<violation>& out) {
  for (const phrase_hit& hit : hits) {
    const bool faction = phrases.kind(hit) == phrase_kind::forbidden_faction;
    if (!faction && phrases.kind(hit) != phrase_kind::forbidden_topic) continue;
    const std::string& name = phrases.name(hit);
    violation v{faction ? "forbidden_faction" : "forbidden_topic", "lore", severity::critical,
                (faction ? "The faction \"" : "The topic \"") + name + "\" is forbidden for this DJ.",
                std::string(words.span(hit.first, hit.count))};
    const bool known = std::any_of(out.begin(), out.end(), [&](const violation& o) {
      return o.rule == v.rule && o.message == v.message;
    });
    if (!known) out.push_back(std::move(v));
  }
}

} // namespace longwave
