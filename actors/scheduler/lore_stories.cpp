// Chunks to acts.
#include "actors/scheduler/lore_stories.hpp"

#include "actors/scheduler/lore_discovery.hpp"
#include "actors/scheduler/narrative_weight.hpp"
#include "messages/ascii_case.hpp"
#include "messages/random.hpp"
#include "messages/sentences.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <set>
#include <tuple>

namespace longwave {

namespace {

using std::string_view;

/// What a listener can take in at a time; the incorporation score compares a script with it.
constexpr std::size_t summary_words = 60;
constexpr std::size_t title_bytes = 200;
constexpr std::size_t story_title_bytes = 300;
constexpr std::size_t most_names = 8;

struct arc_part {
  string_view type;
  double conflict;
};
/// domain 11
constexpr std::array<arc_part, 5> five_acts{{{"setup", .2}, {"rising", .5}, {"climax", .8}, {"falling", .5}, {"resolution", .3}}};
constexpr double fighting_bonus = .2;

bool speaks_of_fighting(string_view text) {
  static constexpr std::array words{string_view("war"),    string_view("battle"), string_view("attack"), string_view("fight"), string_view("raid"),
                                    string_view("kill"),   string_view("destroy"), string_view("threat"), string_view("enemy"), string_view("danger"),
                                    string_view("siege"),  string_view("defend"), string_view("betray"), string_view("conflict")};
  const auto all = ascii_lower(text);
  return std::any_of(words.begin(), words.end(), [&](string_view word) {
    for (auto at = all.find(word); at != std::string::npos; at = all.find(word, at + 1)) {
      const bool starts = at == 0 || !std::isalpha(static_cast<unsigned char>(all[at - 1]));
      auto end = at + word.size();
      for (const auto* ending : {"ed", "s", "ing", "ers", "er"})
        if (all.compare(end, string_view(ending).size(), ending) == 0 && (end + string_view(ending).size() == all.size() ||
            !std::isalpha(static_cast<unsigned char>(all[end + string_view(ending).size()]))))
          return starts;
      if (starts && (end == all.size() || !std::isalpha(static_cast<unsigned char>(all[end])))) return true;
    }
    return false;
  });
}

/// Whole sentences up to the limit, at least one; a single endless one is cut at a word.
std::string shortened(const std::vector<std::string>& sentences) {
  std::string out;
  std::size_t words = 0;
  for (const auto& s : sentences) {
    const auto more = count_words(s);
    if (!out.empty() && words + more > summary_words) break;
    out += (out.empty() ? "" : " ") + s;
    words += more;
  }
  if (words <= 2 * summary_words) return out;
  std::size_t at = 0;
  for (std::size_t n = 0; n < summary_words && at != std::string::npos; ++n) at = out.find(' ', at + 1);
  if (at != std::string::npos) out = out.substr(0, at) + ".";
  return out;
}

/// Cut to a length in bytes without tearing a character.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

void add_all(std::vector<std::string>& into, const std::vector<std::string>& more, std::size_t limit = most_names) {
  for (const auto& item : more)
    if (into.size() < limit && !item.empty() && std::find(into.begin(), into.end(), item) == into.end()) into.push_back(item);
}

std::string id_for(const lore_record& first) {
  std::string id = "lore-";
  for (char c : ascii_lower(first.title)) {
    const bool legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (legal) id += c;
    else if (id.back() != '-') id += '-';
    if (id.size() >= 48) break;
  }
  while (id.back() == '-') id.pop_back();
  char tail[16];
  std::snprintf(tail, sizeof tail, "-%06x", static_cast<unsigned>(random_stream(0, 0, 0, first.title).next() & 0xffffff));
  return id + tail;
}

std::string content_kind(const lore_record& r) {
  const auto kind = ascii_lower(r.content_type + " " + r.infobox_type);
  if (kind.find("quest") != std::string::npos || kind.find("mission") != std::string::npos) return "quest";
  if (kind.find("faction") != std::string::npos) return "faction";
  if (kind.find("character") != std::string::npos) return "character";
  return kind.find_first_not_of(' ') == std::string::npos ? "quest" : "event";
}

std::string framing_of(const lore_record& r) {
  if (r.framing == "direct" || r.framing == "report" || r.framing == "rumor" || r.framing == "speculation") return r.framing;
  // An archive find is reported, hearsay is not (domain 2).
  return r.tier == "restricted" ? "rumor" : "report";
}

/// The sentences of act `index` of `acts`: an even share of all, in order.
std::vector<std::string> share(const std::vector<std::string>& all, std::size_t index, std::size_t acts) {
  const auto begin = index * all.size() / acts;
  auto end = (index + 1) * all.size() / acts;
  if (end == begin) end = begin + 1; // fewer sentences than acts: neighbours share one
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(std::min(end, all.size()))};
}

story_act make_act(const story_record& story, int number, const arc_part& part, const std::vector<std::string>& sentences, const std::string& section,
                   bool fighting) {
  story_act act;
  act.act_number = number;
  act.act_type = part.type;
  act.title = cut(section.empty() ? story.title : section, title_bytes);
  act.summary = shortened(sentences);
  act.conflict_level = part.conflict;
  if (fighting && (part.type == "rising" || part.type == "climax")) act.conflict_level = std::min(1.0, part.conflict + fighting_bonus);
  // Only names that the act really has; else the story's title is what a script must keep.
  const auto text = ascii_lower(act.summary);
  for (const auto* names : {&story.characters, &story.locations, &story.factions})
    for (const auto& name : *names)
      if (act.entities.size() < 3 && text.find(ascii_lower(name)) != std::string::npos) add_all(act.entities, {name});
  add_all(act.themes, story.themes, 2);
  return act;
}

void take_facts(story_record& story, const std::vector<const lore_record*>& chunks) {
  for (const auto* r : chunks) {
    add_all(story.factions, r->factions);
    add_all(story.locations, r->locations);
    add_all(story.characters, r->characters);
    add_all(story.themes, r->themes);
    if (r->year_min) story.year_min = story.year_min == 0 ? *r->year_min : std::min(story.year_min, *r->year_min);
    if (r->year_max) story.year_max = std::max(story.year_max, *r->year_max);
    if (story.region.empty()) story.region = r->region;
    if (story.knowledge_tier.empty()) story.knowledge_tier = r->tier;
  }
  if (story.knowledge_tier.empty()) story.knowledge_tier = "common";
}

void add_acts(story_record& story, const std::vector<const lore_record*>& chunks) {
  std::vector<std::string> sentences;
  std::string all;
  for (const auto* r : chunks) {
    for (auto& s : sentences_of(r->text)) sentences.push_back(std::move(s));
    all += r->text + "\n";
  }
  const bool fighting = speaks_of_fighting(all);
  if (chunks.size() >= 3) {
    for (std::size_t i = 0; i < five_acts.size(); ++i)
      story.acts.push_back(make_act(story, static_cast<int>(i) + 1, five_acts[i], share(sentences, i, five_acts.size()),
                                    chunks[i * chunks.size() / five_acts.size()]->section, fighting));
    return;
  }
  for (std::size_t i = 0; i < chunks.size(); ++i)
    story.acts.push_back(make_act(story, static_cast<int>(i) + 1, i == 0 ? five_acts.front() : five_acts.back(), sentences_of(chunks[i]->text),
                                  chunks[i]->section, fighting));
}

} // namespace

std::vector<std::string> sentences_of(string_view text) {
  std::vector<std::string> out;
  std::string now;
  const auto close = [&] {
    while (!now.empty() && now.back() == ' ') now.pop_back();
    if (!now.empty() && std::any_of(now.begin(), now.end(), [](unsigned char c) { return std::isalnum(c) || c >= 0x80; })) {
      if (const char last = now.back(); last != '.' && last != '!' && last != '?' && last != '"' && static_cast<unsigned char>(last) < 0x80) now += '.';
      out.push_back(now);
    }
    now.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) < ' ';
    if (blank) {
      if (c == '\n' && i + 1 < text.size() && text[i + 1] == '\n') close();
      else if (!now.empty() && now.back() != ' ') now += ' ';
      continue;
    }
    now += c;
    const bool ends = (c == '.' || c == '!' || c == '?') && (i + 1 == text.size() || std::isspace(static_cast<unsigned char>(text[i + 1])) != 0);
    // "Mr. House" and "U.S. Army" go on: a short word with a capital before the dot ends nothing.
    const auto word = now.rfind(' ') == std::string::npos ? now : now.substr(now.rfind(' ') + 1);
    const bool abbreviation = c == '.' && word.size() <= 4 && !word.empty() && word[0] >= 'A' && word[0] <= 'Z' && i + 1 < text.size();
    if (ends && !abbreviation) close();
  }
  close();
  return out;
}

timeline timeline_for_story(double weight, std::size_t acts) noexcept {
  if (weight >= 8) return acts >= 7 ? timeline::yearly : timeline::monthly;
  if (weight >= 6) return acts >= 5 ? timeline::monthly : timeline::weekly;
  if (weight >= 3) return acts >= 3 ? timeline::weekly : timeline::daily;
  return timeline::daily;
}

bool is_valid_arc(const story_record& story) {
  if (story.acts.size() < 2) return false;
  std::set<string_view> types;
  for (const auto& act : story.acts) types.insert(act.act_type);
  const auto& last = story.acts.back().act_type;
  return types.size() >= 2 && story.acts.front().act_type == "setup" && (last == "climax" || last == "resolution");
}

std::optional<story_record> make_story(std::vector<const lore_record*> chunks) {
  std::sort(chunks.begin(), chunks.end(), [](const auto* a, const auto* b) {
    return std::tie(a->chunk_index, a->section, a->id) < std::tie(b->chunk_index, b->section, b->id);
  });
  std::erase_if(chunks, [](const auto* r) { return r->acts.empty() && is_boilerplate(r->text, r->title, r->section); });
  if (chunks.empty()) return std::nullopt;
  const lore_record& first = *chunks.front();
  const auto own = std::find_if(chunks.begin(), chunks.end(), [](const auto* r) { return !r->acts.empty(); });

  story_record story;
  story.story_id = id_for(first);
  story.title = cut(first.title, story_title_bytes);
  story.content_type = content_kind(first);
  story.suggested_framing = framing_of(first);
  take_facts(story, chunks);
  for (const auto* chunk : chunks) add_all(story.callbacks, chunk->callbacks);
  if (own != chunks.end()) {
    story.acts = (*own)->acts;
    story.summary = (*own)->summary.empty() ? shortened(sentences_of((*own)->text)) : (*own)->summary;
  } else {
    add_acts(story, chunks);
  }
  if (story.summary.empty()) story.summary = shortened(sentences_of(first.summary.empty() ? first.text : first.summary));
  if (story.summary.empty()) story.summary = story.acts.front().summary;
  for (auto& act : story.acts) {
    if (act.title.empty()) act.title = story.title;
    if (act.themes.empty()) add_all(act.themes, story.themes, 2);
  }
  story.line = own != chunks.end() && (*own)->line ? *(*own)->line : timeline_for_story(weigh_narrative(narrative_input_of(story)).weight, story.acts.size());
  return story;
}

} // namespace longwave
