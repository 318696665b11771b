// Runs every rule once over one pass of words and phrase hits.
#include "actors/validator/rules.hpp"

#include "actors/validator/error_shape.hpp"
#include "actors/validator/format.hpp"
#include "actors/validator/incorporation.hpp"
#include "actors/validator/lore.hpp"
#include "actors/validator/region.hpp"
#include "actors/validator/temporal.hpp"
#include "actors/validator/voice.hpp"
#include "actors/validator/words.hpp"
#include "messages/ascii_case.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace longwave {

struct compiled_rules {
  bool has_dj = false;
  temporal_limits years;
  voice_rules voice;
  phrase_set phrases;
  /// The home region and the station, lower case: exempt from cool-downs (contract 8.33).
  std::vector<std::string> home;
};

namespace {

struct topic_group {
  std::string_view name;
  std::vector<std::string_view> words;
};

// domain 4, "topic counters (7 keyword groups)"; factions and locations are found by their own names.
const std::array<topic_group, 5>& topic_groups() {
  static const std::array<topic_group, 5> groups{{
    {"raiders", {"raider", "raiders"}},
    {"vault", {"vault", "vaults", "overseer"}},
    {"weather", {"weather", "storm", "storms", "rain", "snow", "fog", "sunshine", "clouds", "wind"}},
    {"cryptids", {"cryptid", "cryptids", "mothman", "wendigo", "snallygaster", "sheepsquatch", "grafton monster"}},
    {"trading", {"trade", "trading", "trader", "traders", "merchant", "merchants", "caravan", "caravans"}},
  }};
  return groups;
}

std::string plain_words(std::string_view text) {
  const word_list words(text);
  return words.opening(words.size());
}

std::shared_ptr<const compiled_rules> compile_for_stories() {
  auto rules = std::make_shared<compiled_rules>();
  rules->phrases.seal();
  return rules;
}

std::shared_ptr<const compiled_rules> compile(const dj_profile& profile, const std::vector<std::string>& places) {
  auto rules = std::make_shared<compiled_rules>();
  const knowledge_limits& limits = profile.knowledge;
  rules->has_dj = true;
  rules->years.cutoff_year = limits.temporal_cutoff_year;
  rules->years.year_min = limits.year_min;
  phrase_set& phrases = rules->phrases;
  add_temporal_phrases(phrases);
  add_lore_phrases(phrases, limits);
  add_region_phrases(phrases, limits);
  rules->voice = add_voice_phrases(phrases, profile);
  add_format_phrases(phrases);
  for (const std::string& name : limits.known_factions)
    phrases.add(phrase_kind::faction, name, {.exact_case = has_capital(name)});
  std::vector<std::string> known;
  const auto add_place = [&](std::string_view name) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    known.emplace_back(name);
    phrases.add(phrase_kind::place, name, {.exact_case = has_capital(name)});
  };
  for (std::string_view name : home_places(limits.region)) add_place(name);
  for (const std::string& name : places) add_place(name);
  std::uint8_t index = 0;
  for (const topic_group& group : topic_groups()) {
    for (std::string_view w : group.words) phrases.add(phrase_kind::topic_group, w, {.tag = index});
    ++index;
  }
  phrases.seal();
  rules->home = {ascii_lower(limits.region), ascii_lower(profile.station)};
  return rules;
}

/// A text prepared for all rules.
struct script {
  explicit script(const compiled_rules& rules, std::string_view text) : words(text), set(words) {
    hits.reserve(32);
    rules.phrases.find(words, hits);
  }

  word_list words;
  word_hash_set set;
  std::vector<phrase_hit> hits;
};

/// A story's first heading is its title, not its opening.
std::string_view body_of(const compiled_rules& rules, std::string_view text) {
  if (rules.has_dj || !text.starts_with('#')) return text;
  const std::size_t line = text.find('\n');
  return line == std::string_view::npos ? text : text.substr(line + 1);
}

void add_unique(std::vector<std::string>& list, std::string_view item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.emplace_back(item);
}

variety_mark mark_of(const compiled_rules& rules, const segment_plan& plan, const script& s) {
  variety_mark mark;
  const std::string_view body = body_of(rules, s.words.text());
  mark.opening = body.size() == s.words.text().size() ? s.words.opening(variety_limits{}.opening_words)
                                                      : word_list(body).opening(variety_limits{}.opening_words);
  mark.catchphrases = catchphrases_in(rules.phrases, s.hits);
  mark.structure = plan.structure;
  for (const phrase_hit& hit : s.hits) {
    switch (rules.phrases.kind(hit)) {
      case phrase_kind::faction:
      case phrase_kind::place: add_unique(mark.topics, rules.phrases.name(hit)); break;
      case phrase_kind::topic_group: add_unique(mark.topics, topic_groups()[rules.phrases.tag(hit)].name); break;
      default: break;
    }
  }
  return mark;
}

/// A location is what a text is about when it is named twice, or is the only one named.
void add_focus(const compiled_rules& rules, const script& s, std::vector<std::string>& cooled) {
  std::vector<std::pair<std::string_view, int>> named;
  for (const phrase_hit& hit : s.hits) {
    if (rules.phrases.kind(hit) != phrase_kind::place) continue;
    const std::string_view name = rules.phrases.name(hit);
    const auto known = std::find_if(named.begin(), named.end(), [&](const auto& n) { return n.first == name; });
    if (known == named.end()) {
      named.emplace_back(name, 1);
    } else {
      ++known->second;
    }
  }
  for (const auto& [name, count] : named)
    if (count > 1 || named.size() == 1) cooled.push_back("location:" + ascii_lower(name));
}

/// Keys with a cool-down, taken from the text: a planned subject counts only when the text comes to it.
std::vector<std::string> cooled_keys(const compiled_rules& rules, const segment_plan& plan, const script& s) {
  std::vector<std::string> keys;
  if (plan.news && mentions_subject(s.set, plan.news->subject))
    keys.push_back("news:" + ascii_lower(plan.news->subject.empty() ? plan.news->category : plan.news->subject));
  if (plan.gossip && !plan.beat && mentions_subject(s.set, plan.gossip->subject))
    keys.push_back("topic:" + ascii_lower(plan.gossip->id.empty() ? plan.gossip->subject : plan.gossip->id));
  if (plan.beat) keys.push_back("quest:" + plan.beat->id);
  add_focus(rules, s, keys);
  for (const phrase_hit& hit : s.hits)
    if (rules.phrases.kind(hit) == phrase_kind::faction)
      add_unique(keys, "faction:" + ascii_lower(rules.phrases.name(hit)));
  return keys;
}

/// All words that the beat requires, with a space before, between and after them; empty without a beat.
std::string required_words(const segment_plan& plan) {
  std::string required;
  if (!plan.beat) return required;
  required = ' ' + plain_words(plan.beat->title) + ' ' + plain_words(plan.beat->summary) + ' ' +
             plain_words(plan.beat->telling) + ' ';
  for (const std::string& entity : plan.beat->entities) required += plain_words(entity) + ' ';
  // A story that goes on is told with what came before.
  for (const std::string& earlier : plan.beat->so_far) required += plain_words(earlier) + ' ';
  if (const auto& past = plan.beat->callback)
    required += plain_words(past->entity) + ' ' + plain_words(past->title) + ' ' + plain_words(past->outcome) + ' ';
  return required;
}

/// Names that may come again: home region, station, and what the beat requires (contract 8.33).
std::vector<std::string> exempt_keys(const compiled_rules& rules, const segment_plan& plan,
                                     const std::vector<std::string>& cooled) {
  // Only asked for when a name is not at home: reading a beat's words costs as much as reading the text's.
  std::optional<std::string> required;
  std::vector<std::string> exempt;
  for (const std::string& key : cooled) {
    if (!key.starts_with("location:") && !key.starts_with("faction:")) continue;
    const std::string_view name = std::string_view(key).substr(key.find(':') + 1);
    const bool home = std::any_of(rules.home.begin(), rules.home.end(), [&](const std::string& h) {
      return h.find(name) != std::string::npos;
    });
    if (!home && !required) required = required_words(plan);
    if (home || required->find(' ' + plain_words(name) + ' ') != std::string::npos) exempt.push_back(key);
  }
  return exempt;
}

recent_text digest_of(const compiled_rules& rules, const segment_plan& plan, const script& s,
                      const variety_mark& mark) {
  recent_text t;
  t.seq = plan.seq;
  t.day = plan.position.day;
  t.hour = plan.position.hour;
  t.opening = mark.opening;
  t.text_hash = s.words.text_hash();
  t.topics = mark.topics;
  t.catchphrases = mark.catchphrases;
  t.structure = mark.structure;
  t.type = to_string(plan.type);
  t.cooled = cooled_keys(rules, plan, s);
  return t;
}

std::vector<std::uint32_t> shingles_of(const script& s) {
  std::vector<std::uint32_t> hashes = s.set.distinct();
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

/// An answer that as a whole is no script: judged no further.
bool judge_shape(const std::string& text, std::vector<violation>& out) {
  const error_shape shape = shape_of(text);
  if (shape == error_shape::none) return true;
  if (shape == error_shape::blank) {
    out.push_back({"empty", "format", severity::critical, "The text is empty.", ""});
    return false;
  }
  constexpr std::size_t most_shown = 120;
  std::size_t shown = std::min(most_shown, text.size());
  while (shown > 0 && shown < text.size() && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) --shown;
  out.push_back({"error_shape", "backend", severity::critical,
                 "The answer as a whole is no script (" + std::string(to_string(shape)) + ").",
                 shape == error_shape::garbage ? std::string() : text.substr(0, shown)});
  return false;
}

void judge_story(const segment_plan& plan, const script& s, verdict& v) {
  if (!plan.beat) return;
  if (plan.beat->callback && !refers_back(*plan.beat, s.set))
    v.violations.push_back({"story_callback", "story", severity::warning,
                            "The text does not refer back to the earlier story as planned; name it and say what it came to.",
                            plan.beat->callback->title});
  v.incorporation = incorporation_score(*plan.beat, s.set);
  if (v.incorporation >= incorporation_rules{}.told_from) return;
  v.story_told = false;
  const int percent = static_cast<int>(v.incorporation * 100);
  v.violations.push_back({"story_incorporation", "story", severity::quality,
                          "The planned story is told too weakly (" + std::to_string(percent) +
                            " of 100 points); tell what happens and name who is in it.",
                          plan.beat->title});
}

} // namespace

rule_context::rule_context(const dj_profile& profile, const std::vector<std::string>& places)
  : compiled_(compile(profile, places)) {}

rule_context::rule_context() : compiled_(compile_for_stories()) {}

verdict judge_text(const rule_context& context, const segment_plan& plan, const std::string& text,
                   const repetition_window& window) {
  const compiled_rules& rules = context.compiled();
  verdict v;
  if (!judge_shape(text, v.violations)) {
    v.variety.structure = plan.structure;
    return v;
  }
  const script s(rules, text);
  if (rules.has_dj) {
    judge_years(s.words, rules.years, v.violations);
    judge_anachronisms(rules.phrases, s.hits, s.words, v.violations);
    judge_lore(rules.phrases, s.hits, s.words, v.violations);
    judge_region(rules.phrases, s.hits, s.words, v.violations);
    const bool catchphrase_due = plan.seq == 0 || !plan.catchphrase.empty();
    judge_voice(rules.voice, rules.phrases, s.hits, s.words, catchphrase_due, v.violations);
    judge_story(plan, s, v);
    judge_stage(rules.phrases, s.hits, s.words, plan, v.violations);
    judge_weather(rules.phrases, s.hits, plan, v.violations);
  }
  judge_format(s.words, plan, !rules.has_dj, v.violations);
  // Tiers before rules: critical, quality, warning; the rules' own order within each (domain 6.1).
  std::stable_sort(v.violations.begin(), v.violations.end(),
                   [](const violation& a, const violation& b) { return a.level < b.level; });
  v.variety = mark_of(rules, plan, s);
  recent_text digest = digest_of(rules, plan, s, v.variety);
  const std::vector<std::string> exempt = exempt_keys(rules, plan, digest.cooled);
  const std::size_t before = v.violations.size();
  judge_variety({digest, s.set, rules.has_dj, exempt}, window, v.violations);
  for (std::size_t i = before; i < v.violations.size(); ++i) add_unique(v.variety.flags, v.violations[i].rule);
  if (v.accepted()) {
    digest.shingles = shingles_of(s);
    v.digest = std::make_shared<const recent_text>(std::move(digest));
  }
  return v;
}

std::vector<std::string> resting_keys(const rule_context& context, const repetition_window& window, int day, int hour) {
  auto keys = resting_keys(window, day, hour);
  const auto& home = context.compiled().home;
  std::erase_if(keys, [&](const std::string& key) {
    const std::string_view name = std::string_view(key).substr(key.find(':') + 1);
    return std::any_of(home.begin(), home.end(), [&](const auto& h) { return h.find(name) != std::string::npos; });
  });
  return keys;
}

std::vector<std::string> named_keys(const rule_context& context, std::string_view text) {
  const compiled_rules& rules = context.compiled();
  const script s(rules, text);
  std::vector<std::string> keys;
  for (const phrase_hit& hit : s.hits) {
    const auto kind = rules.phrases.kind(hit);
    if (kind == phrase_kind::place) add_unique(keys, "location:" + ascii_lower(rules.phrases.name(hit)));
    if (kind == phrase_kind::faction) add_unique(keys, "faction:" + ascii_lower(rules.phrases.name(hit)));
  }
  return keys;
}

recent_text digest_text(const rule_context& context, const segment_plan& plan, const std::string& text,
                        const variety_mark& mark) {
  const script s(context.compiled(), text);
  recent_text t = digest_of(context.compiled(), plan, s, mark);
  t.shingles = shingles_of(s);
  return t;
}

} // namespace longwave
