// Tables of wars and events, and the rules over them.
#include "actors/scheduler/story_canon.hpp"

#include "actors/scheduler/faction_eras.hpp"
#include "messages/ascii_case.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace longwave {

namespace {

using std::string_view;

constexpr int war_year = 2077;

/// Factions at war with each other. Facts of the setting; names as the table of eras has them.
constexpr std::array<std::pair<string_view, string_view>, 14> wars{{
  {"NCR", "Caesar's Legion"},
  {"NCR", "Brotherhood of Steel"},
  {"NCR", "Enclave"},
  {"NCR", "Great Khans"},
  {"NCR", "Powder Gangers"},
  {"NCR", "Fiends"},
  {"Caesar's Legion", "Mr. House"},
  {"Caesar's Legion", "Followers of the Apocalypse"},
  {"Brotherhood of Steel", "Enclave"},
  {"Lyons' Brotherhood", "Enclave"},
  {"Brotherhood of Steel", "Institute"},
  {"Brotherhood of Steel", "Railroad"},
  {"Institute", "Railroad"},
  {"Institute", "Minutemen"},
}};

/// domain 6.6: alliance, cooperate, together, allied, partnership; with their inflections.
constexpr std::array cooperation{string_view("alliance"),    string_view("alliances"), string_view("allied"),      string_view("ally"),
                                 string_view("cooperate"),   string_view("cooperates"), string_view("cooperated"), string_view("cooperating"),
                                 string_view("cooperation"), string_view("together"),  string_view("partnership"), string_view("partnerships")};

struct dated_event {
  string_view words;
  int year;
};

/// Events whose name stands for one year. Facts of the setting.
constexpr std::array<dated_event, 9> events{{
  {"great war", 2077},
  {"reclamation day", 2102},
  {"first battle of hoover dam", 2277},
  {"second battle of hoover dam", 2281},
  {"project purity", 2277},
  {"quincy massacre", 2287},
  {"broken mask", 2229},
  {"bitter springs massacre", 2278},
  {"battle of helios", 2276},
}};

bool part_of_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80; }

/// Whole words in a text of lower case.
bool has_words(string_view text, string_view words) {
  for (auto at = text.find(words); at != string_view::npos; at = text.find(words, at + 1)) {
    const auto end = at + words.size();
    if ((at == 0 || !part_of_word(text[at - 1])) && (end == text.size() || !part_of_word(text[end]))) return true;
  }
  return false;
}

string_view cooperation_in(string_view text) {
  const auto words = ascii_lower(text);
  const auto at = std::find_if(cooperation.begin(), cooperation.end(), [&](string_view w) { return has_words(words, w); });
  return at == cooperation.end() ? string_view() : *at;
}

std::vector<string_view> sentences_of(string_view text) {
  std::vector<string_view> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '.' || text[i] == '!' || text[i] == '?' || text[i] == '\n') {
      // "Mr. House": a point behind a short capitalised word ends nothing.
      if (text[i] == '.' && i >= 2 && (text.substr(i - 2, 2) == "Mr" || text.substr(i - 2, 2) == "Dr")) continue;
      out.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  out.push_back(text.substr(from));
  return out;
}

/// Names as the table of eras has them, each once, listed ones first.
std::vector<const faction_era*> factions_of(const story_record& story) {
  std::vector<const faction_era*> found;
  const auto add = [&](string_view name) {
    const auto* era = find_faction(name);
    if (era && std::find(found.begin(), found.end(), era) == found.end()) found.push_back(era);
  };
  for (const auto& name : story.factions) add(name);
  for (const auto& name : factions_named_in(story.title + ". " + story.summary)) add(name);
  return found;
}

std::optional<canon_finding> alliance(string_view a, string_view b, string_view word) {
  return canon_finding{true, "hostile_alliance",
                       std::string(a) + " and " + std::string(b) + " are at war, and it speaks of \"" + std::string(word) + "\""};
}

std::optional<canon_finding> hostile_alliance(const story_record& story, const std::vector<const faction_era*>& factions) {
  const auto look = [&](const auto& names, string_view text) -> std::optional<canon_finding> {
    const auto word = cooperation_in(text);
    if (word.empty()) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i)
      for (std::size_t k = i + 1; k < names.size(); ++k)
        if (are_hostile(names[i], names[k])) return alliance(names[i], names[k], word);
    return std::nullopt;
  };
  std::vector<string_view> names;
  for (const auto* f : factions) names.push_back(f->name);
  if (auto found = look(names, story.summary)) return found;
  for (const auto& act : story.acts)
    for (const auto sentence : sentences_of(act.summary))
      if (auto found = look(factions_named_in(sentence), sentence)) return found;
  return std::nullopt;
}

void check_eras(const story_record& story, const std::vector<const faction_era*>& factions, std::vector<canon_finding>& out) {
  const int last = story.year_max != 0 ? story.year_max : story.year_min;
  const int first = story.year_min != 0 ? story.year_min : story.year_max;
  for (const auto* f : factions) {
    if (last != 0 && last < f->founded)
      out.push_back({true, "before_founding",
                     std::string(f->name) + " was founded in " + std::to_string(f->founded) + ", and it ends in " + std::to_string(last)});
    const bool refounded = f->refounded && last >= *f->refounded;
    if (first != 0 && f->ended && first > *f->ended && !refounded)
      out.push_back({false, "after_end",
                     std::string(f->name) + " ended in " + std::to_string(*f->ended) + ", and it begins in " + std::to_string(first)});
  }
}

void check_years(const story_record& story, std::vector<canon_finding>& out) {
  if (story.year_min != 0 && story.year_max != 0 && story.year_min > story.year_max)
    out.push_back({true, "contradictory_years",
                   "it begins in " + std::to_string(story.year_min) + " and ends in " + std::to_string(story.year_max)});
  if (story.year_min != 0 && story.year_min < war_year)
    out.push_back({false, "before_war", "it begins in " + std::to_string(story.year_min) + ", before the war of 2077"});
  const auto text = ascii_lower(story.title + ". " + story.summary);
  for (const auto& event : events) {
    if (!has_words(text, event.words)) continue;
    const bool before = story.year_max != 0 && event.year > story.year_max;
    const bool after = story.year_min != 0 && event.year < story.year_min;
    if (before || after)
      out.push_back({false, "event_outside_years", "the " + std::string(event.words) + " was in " + std::to_string(event.year)});
  }
}

} // namespace

bool are_hostile(string_view a, string_view b) noexcept {
  const auto *first = find_faction(a), *second = find_faction(b);
  if (!first || !second) return false;
  return std::any_of(wars.begin(), wars.end(), [&](const auto& war) {
    return (war.first == first->name && war.second == second->name) || (war.first == second->name && war.second == first->name);
  });
}

std::vector<canon_finding> check_canon(const story_record& story) {
  std::vector<canon_finding> out;
  const auto factions = factions_of(story);
  if (auto found = hostile_alliance(story, factions)) out.push_back(std::move(*found));
  check_eras(story, factions, out);
  check_years(story, out);
  return out;
}

std::string canon_error(const story_record& story) {
  for (const auto& f : check_canon(story))
    if (f.error) return f.rule + ": " + f.why;
  return {};
}

} // namespace longwave
