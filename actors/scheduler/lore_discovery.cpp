// Layers, title patterns and cues.
#include "actors/scheduler/lore_discovery.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace longwave {

namespace {

using std::string_view;

std::string folded(string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) || c == '_') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += static_cast<char>(std::tolower(byte));
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

constexpr std::array prefixes{string_view("walkthrough:"), string_view("category:"), string_view("list of "),
                              string_view("template:"), string_view("portal:"), string_view("user:"),
                              string_view("file:"), string_view("talk:")};
constexpr std::array suffixes{string_view("(perk)"), string_view("(weapon)"), string_view("(armor)"), string_view("(item)")};
constexpr std::array game_pages{string_view("perks"), string_view("stats"), string_view("items"), string_view("weapons"),
                                string_view("armor"), string_view("achievements"), string_view("quests"),
                                string_view("apparel"), string_view("consumables"), string_view("characters"),
                                string_view("locations")};

/// "fallout 76 quests", "fallout: new vegas perks": the game, then one of the words, and nothing else.
bool is_game_page(const std::string& title) {
  if (title.rfind("fallout", 0) != 0) return false;
  const auto last = title.rfind(' ');
  if (last == std::string::npos || std::find(game_pages.begin(), game_pages.end(), string_view(title).substr(last + 1)) == game_pages.end())
    return false;
  auto game = title.substr(7, last - 7);
  while (!game.empty() && (game.front() == ' ' || game.front() == ':')) game.erase(0, 1);
  const bool numbered = !game.empty() && std::all_of(game.begin(), game.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return game.empty() || numbered || game == "new vegas" || game == "tactics" || game == "shelter";
}

/// Quest names of the setting: facts. What metadata and text do not show, this list does.
constexpr std::array known_quests{
  string_view("beyond the beef"), string_view("come fly with me"), string_view("ring-a-ding-ding!"), string_view("the house always wins"),
  string_view("they went that-a-way"), string_view("ghost town gunfight"), string_view("i fought the law"), string_view("volare!"),
  string_view("heartache by the number"), string_view("for auld lang syne"), string_view("i could make you care"),
  string_view("arizona killer"), string_view("wang dang atomic tango"), string_view("one for my baby"), string_view("how little we know"),
  string_view("return to sender"), string_view("still in the dark"), string_view("the white wash"), string_view("there stands the grass"),
  string_view("the coyotes"), string_view("debt collector"), string_view("the superhuman gambit"), string_view("blood ties"),
  string_view("tenpenny tower"), string_view("the power of the atom"), string_view("big trouble in big town"), string_view("reilly's rangers"),
  string_view("the replicated man"), string_view("stealing independence"), string_view("those!"), string_view("trouble on the homefront"),
  string_view("head of state"), string_view("oasis"), string_view("strictly business"), string_view("you gotta shoot 'em in the head"),
  string_view("human error"), string_view("confidence man"), string_view("the big dig"), string_view("the silver shroud"),
  string_view("last voyage of the u.s.s. constitution"), string_view("the devil's due"), string_view("kid in a fridge"),
  string_view("cambridge polymer labs"), string_view("when freedom calls"), string_view("taking independence"), string_view("into the fire"),
  string_view("first contact"), string_view("heart of the enemy"), string_view("an ounce of prevention"), string_view("wolf in sheep's clothing"),
  string_view("bound by fame"), string_view("the motherlode"), string_view("recruitment blues"), string_view("tracking unknowns")};

constexpr std::array story_kinds{string_view("quest"), string_view("questline"), string_view("event"), string_view("battle"), string_view("war"),
                                 string_view("mission"), string_view("conflict"), string_view("siege"), string_view("campaign")};

/// The kind as a word of the metadata: "infobox quest", "side_quest", "quest".
bool says_story(string_view metadata) {
  auto text = folded(metadata);
  std::replace(text.begin(), text.end(), '-', ' ');
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    auto word = text.substr(begin, end - begin);
    if (word.size() > 1 && word.back() == 's') word.pop_back();
    if (std::find(story_kinds.begin(), story_kinds.end(), string_view(word)) != story_kinds.end()) return true;
    begin = end + 1;
  }
  return false;
}

bool letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool has_phrase(string_view text, string_view phrase) {
  for (auto at = text.find(phrase); at != string_view::npos; at = text.find(phrase, at + 1)) {
    const auto end = at + phrase.size();
    if ((at == 0 || !letter_or_digit(text[at - 1])) && (end == text.size() || !letter_or_digit(text[end]))) return true;
  }
  return false;
}

/// Nothing but a quest is written about like this.
constexpr std::array strong_cues{string_view("main quest"), string_view("side quest"), string_view("quest giver"), string_view("quest stages"),
                                 string_view("this quest"), string_view("the quest"), string_view("quest reward"), string_view("a quest"),
                                 string_view("quest objectives")};
/// Two of these make one.
constexpr std::array weak_cues{string_view("objective"), string_view("objectives"), string_view("reward"), string_view("rewards"), string_view("mission"),
                               string_view("quest"), string_view("quests"), string_view("speak to"), string_view("speak with"),
                               string_view("return to"), string_view("task"), string_view("tasked"), string_view("journal entry"),
                               string_view("quickstart"), string_view("hired to"), string_view("asked to")};

bool reads_like_one(string_view text) {
  const auto lower = folded(text);
  if (std::any_of(strong_cues.begin(), strong_cues.end(), [&](string_view c) { return has_phrase(lower, c); })) return true;
  return std::count_if(weak_cues.begin(), weak_cues.end(), [&](string_view c) { return has_phrase(lower, c); }) >= 2;
}

} // namespace

string_view title_exclusion(string_view given) noexcept {
  const auto title = folded(given);
  if (is_game_page(title)) return "game_page";
  // "List of" alone is a list too; "Walkthrough :" is written with a blank at times.
  auto tight = title;
  if (const auto colon = tight.find(" :"); colon != std::string::npos) tight.erase(colon, 1);
  for (const auto prefix : prefixes)
    if (tight.rfind(prefix, 0) == 0 || tight + ' ' == prefix) return "prefix";
  for (const auto suffix : suffixes)
    if (title.ends_with(suffix)) return "suffix";
  return "";
}

void curated_titles::add(string_view title) { more_.insert(folded(title)); }

bool curated_titles::has(string_view title) const {
  const auto wanted = folded(title);
  return more_.count(wanted) > 0 || std::find(known_quests.begin(), known_quests.end(), string_view(wanted)) != known_quests.end();
}

string_view discovery_layer(const lore_record& record, const curated_titles& curated) {
  if (says_story(record.infobox_type)) return "strict";
  if (says_story(record.content_type)) return "fuzzy";
  if (!record.acts.empty()) return "strict"; // whoever wrote acts wrote a story
  if (reads_like_one(record.text)) return "content";
  if (curated.has(record.title)) return "curated";
  return "";
}

bool is_boilerplate(string_view text, string_view title, string_view section) {
  const auto lower = folded(text);
  const auto words = lower.empty() ? 0 : std::count(lower.begin(), lower.end(), ' ') + 1;
  if (lower.size() < 10 || words < 3) return true;
  auto bare = lower;
  while (!bare.empty() && (bare.back() == '.' || bare.back() == ':' || bare.back() == ' ' || bare.back() == '=')) bare.pop_back();
  while (!bare.empty() && (bare.front() == '=' || bare.front() == '#' || bare.front() == ' ')) bare.erase(0, 1);
  return bare == folded(title) || (!section.empty() && bare == folded(section));
}

} // namespace longwave
