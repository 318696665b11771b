// Offline generation: picks the entry point, obeys feedback, and builds stories to length.
#include "actors/generator/backends/offline.hpp"

#include "actors/validator/region.hpp"
#include "actors/validator/repetition.hpp"
#include "messages/ascii_case.hpp"
#include "messages/pack.hpp"
#include "messages/sentences.hpp"
#include "messages/shared_part.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace longwave {

namespace {

/// Characters, not bytes.
std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string_view> sentences(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto length = first_sentence(text);
    parts.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return parts;
}

void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
}

/// Paragraphs of a story in order. `extra` holds the places where further paragraphs go in.
struct story_parts {
  std::string title;
  std::string open, act1, act2, act3, close;
  std::vector<std::string> after_act1, after_act2;

  std::vector<std::string*> all() {
    std::vector<std::string*> order{&open, &act1};
    for (auto& p : after_act1) order.push_back(&p);
    order.push_back(&act2);
    for (auto& p : after_act2) order.push_back(&p);
    order.push_back(&act3);
    order.push_back(&close);
    return order;
  }

  std::string text() {
    std::string out = "# " + title;
    for (const auto* p : all())
      if (!p->empty()) out += "\n\n" + *p;
    return out += '\n';
  }
};

/// Keeps the leading sentences of each part, in turn, up to `target` characters; one sentence each, unless only
/// leaving out a middle act comes near the target.
void shorten(story_parts& parts, std::size_t target) {
  const auto order = parts.all();
  std::vector<std::vector<std::string_view>> available;
  std::vector<std::string> kept(order.size());
  std::size_t length = count_characters(parts.title) + 3 + 2 * order.size();
  for (std::size_t i = 0; i < order.size(); ++i) {
    available.push_back(sentences(*order[i]));
    if (available[i].empty()) continue;
    kept[i] = available[i].front();
    length += count_characters(kept[i]);
  }
  std::vector<char> closed(order.size(), 0);
  // Too tight even so: a middle act is missed least. (Called before paragraphs are added: places 2 and 1.)
  for (const std::size_t middle : {2u, 1u}) {
    if (length <= target + target / 10) break;
    length -= count_characters(kept[middle]) + 2;
    kept[middle].clear();
    closed[middle] = 1;
  }
  for (std::size_t round = 1; std::find(closed.begin(), closed.end(), 0) != closed.end(); ++round) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (closed[i]) continue;
      const bool more = round < available[i].size();
      const auto size = more ? count_characters(available[i][round]) : 0;
      if (!more || length + size > target + target / 20) {
        closed[i] = 1;
        continue;
      }
      kept[i] += available[i][round];
      length += size;
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    trim_end(kept[i]);
    *order[i] = std::move(kept[i]);
  }
}

/// The leading sentences of a paragraph that bring a text closest to what is missing; may be empty.
std::string cut_to(std::string_view paragraph, std::size_t missing) {
  std::string kept;
  std::size_t length = 0;
  for (const auto sentence : sentences(paragraph)) {
    const auto size = count_characters(sentence);
    if (length + size > missing && length + size - missing > missing - std::min(length, missing)) break;
    kept += sentence;
    length += size;
  }
  trim_end(kept);
  return kept;
}

/// Adds paragraphs until `target` characters, at most `limit` of them.
result<void> lengthen(story_parts& parts, expander& e, std::size_t target) {
  constexpr int limit = 400;
  std::size_t length = count_characters(parts.text());
  for (int i = 0; i < limit && length < target; ++i) {
    std::string paragraph;
    if (auto done = e.append("paragraph", paragraph); !done) return done;
    const auto size = count_characters(paragraph) + 2;
    if (length + size > target + target / 20) {
      paragraph = cut_to(paragraph, target - length);
      if (paragraph.empty()) return ok();
    }
    length += count_characters(paragraph) + 2;
    (i % 2 == 0 ? parts.after_act1 : parts.after_act2).push_back(std::move(paragraph));
  }
  return ok();
}

/// Adds paragraphs until the default length.
result<void> lengthen_to_default(story_parts& parts, expander& e, bool korean) {
  constexpr std::size_t default_words = 600;
  constexpr std::size_t default_characters = 1'500;
  constexpr int limit = 100;
  for (int i = 0; i < limit; ++i) {
    const std::string text = parts.text();
    if (korean ? count_characters(text) >= default_characters : count_words(text) >= default_words) break;
    std::string paragraph;
    if (auto done = e.append("paragraph", paragraph); !done) return done;
    (i % 2 == 0 ? parts.after_act1 : parts.after_act2).push_back(std::move(paragraph));
  }
  return ok();
}

/// A grammar that is ready, or why it is not.
struct language_grammar {
  std::optional<grammar> compiled;
  std::string trouble;
  /// Where the names stand that may have to rest: found once.
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> places_of_names;
};

/// All grammars of a pack. Runs of one pack share them.
struct grammar_set {
  explicit grammar_set(std::shared_ptr<const content_pack> from) : pack(std::move(from)) {
    for (const auto& [language, source] : pack->grammars) {
      auto compiled = grammar::compile(source, pack->name + " (" + language + ")");
      auto& entry = languages[language];
      if (compiled) entry.compiled = std::move(compiled).value();
      else entry.trouble = to_string(compiled.error());
    }
    std::vector<std::string> names;
    for (const auto& profile : pack->profiles) {
      const auto& known = profile.knowledge.known_factions;
      names.insert(names.end(), known.begin(), known.end());
      for (const auto place : home_places(profile.knowledge.region)) names.emplace_back(place);
    }
    for (const auto& story : pack->stories) names.insert(names.end(), story.locations.begin(), story.locations.end());
    std::transform(names.begin(), names.end(), names.begin(), [](const auto& name) { return ascii_lower(name); });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    for (auto& [language, entry] : languages) {
      if (!entry.compiled) continue;
      auto places = entry.compiled->alternatives_with(names);
      for (std::size_t i = 0; i < names.size(); ++i) entry.places_of_names.emplace(names[i], std::move(places[i]));
    }
  }

  std::shared_ptr<const content_pack> pack;
  std::map<std::string, language_grammar> languages;
};

std::shared_ptr<const grammar_set> grammars_of(const std::shared_ptr<const content_pack>& pack) {
  if (pack->content_hash.empty()) return std::make_shared<const grammar_set>(pack);
  return shared_part<grammar_set>(pack->content_hash + pack->folder.string(),
                                  [&] { return std::make_shared<const grammar_set>(pack); });
}

/// Tries of a draft that sounds like an earlier text before it is taken as it is.
constexpr std::uint64_t most_variants = 8;

bool heard_before_by_half(const repetition_window& heard, std::string_view text) {
  const word_list words(text);
  return heard.all.nearest(word_hash_set(words), limit_of("near_duplicate", limit_kind::no_immediate_repeat)).has_value();
}

/// The first words of a text as the rule of openings sees them.
std::string opening_of(std::string_view text) {
  constexpr std::size_t enough = 160; // bytes; six words are shorter
  return word_list(text.substr(0, enough)).opening(variety_limits{}.opening_words);
}

draft answered(std::string text, std::string_view system_prompt, std::string_view user_prompt) {
  draft d;
  d.usage = token_usage{count_words(system_prompt) + count_words(user_prompt), count_words(text)};
  d.text = std::move(text);
  return d;
}

draft unusable(std::string why) {
  draft d;
  d.outcome = outcome_class::config;
  d.detail = std::move(why);
  return d;
}

const std::shared_ptr<const dj_profile>& nobody() {
  static const auto profile = std::make_shared<const dj_profile>();
  return profile;
}

class offline_backend final : public backend {
public:
  offline_backend(std::shared_ptr<const content_pack> pack, std::string dj)
    : pack_(std::move(pack)), set_(grammars_of(pack_)), grammars_(set_->languages) {
    for (const auto& profile : pack_->profiles)
      if (profile.name == dj) profile_ = {pack_, &profile};
  }

  std::shared_ptr<call_handle> start(const generation_call& call, answer_function answer) override {
    answer(generate(call));
    return nullptr;
  }

  std::shared_ptr<call_handle> probe(answer_function answer) override {
    for (const auto& [language, entry] : grammars_) {
      if (entry.compiled) continue;
      answer(unusable(entry.trouble));
      return nullptr;
    }
    answer(grammars_.empty() ? unusable("pack " + pack_->name + " has no grammar") : answered("Ready.", {}, {}));
    return nullptr;
  }

  backend_info info() const override { return {"offline", "grammar", {}}; }

private:
  draft generate(const generation_call& call) const {
    if (!call.plan) return unusable("the call has no plan");
    const auto& plan = *call.plan;
    const auto found = grammars_.find(plan.language);
    if (found == grammars_.end()) return unusable("pack " + pack_->name + " has no grammar for " + plan.language);
    if (!found->second.compiled) return unusable(found->second.trouble);
    const grammar& g = *found->second.compiled;

    const expansion_key key{call.seed, call.seq, static_cast<std::uint64_t>(std::max(call.rejected, 0))};
    const auto avoid = avoided_phrases(call.feedback);
    auto facts = facts_of(plan, *profile_);
    if (call.rejected > 0) facts.set("rejected", number_in_words(call.rejected));
    auto text = plan.skeleton ? tell_story(g, facts, key, plan.target_length, avoid)
                              : script(found->second, call, facts, key, avoid);
    if (!text) return unusable(to_string(text.error()));
    return answered(std::move(text).value(), call.system_prompt, call.user_prompt);
  }

  result<std::string> script(const language_grammar& language, const generation_call& call, fact_table& facts,
                             expansion_key key, std::span<const std::string> avoid) const {
    const auto& plan = *call.plan;
    auto type = plan.type;
    if (type == segment_type::story && !plan.beat) type = segment_type::gossip;
    if (type == segment_type::gossip && !plan.gossip) set_gossip(facts, key);
    if (type == segment_type::news && !plan.news) set_news(facts, key);
    for (const auto& v : call.feedback)
      if (v.rule == "story_incorporation" || v.category == "story") facts.set("beat.plain", "yes");

    // Structures are named a to d; a longer id ("gossip.c") counts by its last letter.
    const char last = plan.structure.empty() ? 'a' : plan.structure.back();
    const char structure = last >= 'a' && last <= 'd' ? last : 'a';
    std::string symbol = "script.";
    symbol += to_string(type);
    symbol += '.';
    symbol += structure;
    std::vector<std::uint32_t> shunned;
    for (const auto& name : call.resting)
      if (const auto at = language.places_of_names.find(name); at != language.places_of_names.end())
        shunned.insert(shunned.end(), at->second.begin(), at->second.end());
    std::string text;
    text.reserve(1'536);
    for (;; ++key.variant) {
      text.clear();
      expander e(*language.compiled, facts, key, avoid);
      if (!shunned.empty()) e.shun(shunned);
      if (auto done = e.append(symbol, text); !done) return done.error();
      if (!call.heard || key.variant + 1 >= most_variants) break;
      if (opening_rests(*call.heard, opening_of(text), plan.position.day, true)) continue;
      if (!heard_before_by_half(*call.heard, text)) break;
    }
    trim_end(text);
    return text;
  }

  /// A plan without a topic (a story that fell back) still gets one, from the pack.
  void set_gossip(fact_table& facts, const expansion_key& key) const {
    const auto* list = any(pack_->gossip, key, "fallback_rumor");
    if (!list) return;
    random_stream stream(key.seed, key.seq, key.rejected, "fallback_subject");
    facts.set("gossip.subject", list->subjects[stream.below(list->subjects.size())]);
    facts.set("gossip.category", list->category);
    facts.set("gossip.stage", "rumor");
  }

  void set_news(fact_table& facts, const expansion_key& key) const {
    const auto* list = any(pack_->news, key, "fallback_news");
    if (!list) return;
    random_stream stream(key.seed, key.seq, key.rejected, "fallback_subject");
    std::string words = list->category;
    std::replace(words.begin(), words.end(), '_', ' ');
    facts.set("news.subject", list->subjects[stream.below(list->subjects.size())]);
    facts.set("news.category", list->category);
    facts.set("news.category_words", std::move(words));
    facts.set("news.wording", "word is");
  }

  static const topic_list* any(const std::vector<topic_list>& lists, const expansion_key& key,
                               std::string_view purpose) {
    std::vector<const topic_list*> filled;
    for (const auto& list : lists)
      if (!list.subjects.empty()) filled.push_back(&list);
    if (filled.empty()) return nullptr;
    random_stream stream(key.seed, key.seq, key.rejected, purpose);
    return filled[stream.below(filled.size())];
  }

  std::shared_ptr<const content_pack> pack_;
  /// The pack's own, or an empty one.
  std::shared_ptr<const dj_profile> profile_ = nobody();
  std::shared_ptr<const grammar_set> set_;
  const std::map<std::string, language_grammar>& grammars_;
};

} // namespace

result<std::string> tell_story(const grammar& g, const fact_table& facts, expansion_key key, int target_length,
                               std::span<const std::string> avoid) {
  expander e(g, facts, key, avoid);
  story_parts parts;
  const std::pair<std::string_view, std::string*> fixed[] = {
    {"title", &parts.title},     {"story.open", &parts.open}, {"story.act1", &parts.act1},
    {"story.act2", &parts.act2}, {"story.act3", &parts.act3}, {"story.close", &parts.close}};
  for (const auto& [symbol, out] : fixed) {
    if (auto done = e.append(symbol, *out); !done) return done.error();
    trim_end(*out);
  }
  const auto target = static_cast<std::size_t>(std::max(target_length, 0));
  const std::string* language = facts.find("language");
  result<void> done = ok();
  if (target == 0) done = lengthen_to_default(parts, e, language != nullptr && *language == "ko");
  else if (count_characters(parts.text()) > target + target / 20) shorten(parts, target);
  else done = lengthen(parts, e, target);
  if (!done) return done.error();
  return parts.text();
}

std::vector<std::string> avoided_phrases(const std::vector<violation>& feedback) {
  constexpr std::size_t longest = 48;
  std::vector<std::string> phrases;
  for (const auto& v : feedback) {
    std::string_view rest = v.evidence;
    while (!rest.empty()) {
      const auto end = rest.find_first_of(",;");
      std::string_view phrase = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      while (!phrase.empty() && phrase.front() == ' ') phrase.remove_prefix(1);
      while (!phrase.empty() && phrase.back() == ' ') phrase.remove_suffix(1);
      if (!phrase.empty() && phrase.size() <= longest) phrases.emplace_back(phrase);
    }
  }
  return phrases;
}

std::unique_ptr<backend> make_offline_backend(std::shared_ptr<const content_pack> pack, std::string dj) {
  return std::make_unique<offline_backend>(std::move(pack), std::move(dj));
}

} // namespace longwave
