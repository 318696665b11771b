// The table of factions.
#include "actors/scheduler/faction_eras.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace longwave {

namespace {

using std::string_view;

// Years: domain 6.6. A faction that is not in that table has the year in which it is first known.
constexpr std::array brotherhood{string_view("Brotherhood of Steel"), string_view("the Brotherhood")};
constexpr std::array lyons{string_view("Lyons' Brotherhood"), string_view("Lyons' Pride")};
constexpr std::array maxson{string_view("Maxson's Brotherhood"), string_view("Elder Maxson")};
constexpr std::array mojave_chapter{string_view("Mojave Chapter"), string_view("Mojave Brotherhood")};
constexpr std::array ncr{string_view("NCR"), string_view("New California Republic")};
constexpr std::array legion{string_view("Caesar's Legion"), string_view("Legion"), string_view("Legionaries"),
                            string_view("Legionary"), string_view("Legate")};
constexpr std::array enclave{string_view("Enclave")};
constexpr std::array institute{string_view("Institute")};
constexpr std::array railroad{string_view("Railroad")};
constexpr std::array minutemen{string_view("Minutemen"), string_view("Minuteman")};
constexpr std::array followers{string_view("Followers of the Apocalypse")};
constexpr std::array khans{string_view("Great Khans"), string_view("Khans")};
constexpr std::array responders{string_view("Responders")};
constexpr std::array free_states{string_view("Free States")};
constexpr std::array boomers{string_view("Boomers")};
constexpr std::array powder{string_view("Powder Gangers"), string_view("Powder Ganger")};
constexpr std::array fiends{string_view("Fiends")};
constexpr std::array house{string_view("Mr. House")};

constexpr std::array<faction_era, 18> table{{
  {"Brotherhood of Steel", brotherhood, 2082, std::nullopt, false},
  {"Lyons' Brotherhood", lyons, 2255, 2278, false},
  {"Maxson's Brotherhood", maxson, 2283, std::nullopt, false},
  {"Mojave Chapter", mojave_chapter, 2274, std::nullopt, true},
  {"NCR", ncr, 2189, std::nullopt, true},
  {"Caesar's Legion", legion, 2247, 2283, true},
  {"Enclave", enclave, 2077, 2278, false},
  {"Institute", institute, 2110, std::nullopt, false},
  {"Railroad", railroad, 2266, std::nullopt, false},
  {"Minutemen", minutemen, 2180, 2240, false, 2287},
  {"Followers of the Apocalypse", followers, 2155, std::nullopt, true},
  {"Great Khans", khans, 2267, std::nullopt, true},
  {"Responders", responders, 2082, 2096, false},
  {"Free States", free_states, 2082, 2086, false},
  {"Boomers", boomers, 2231, std::nullopt, true},
  {"Powder Gangers", powder, 2280, std::nullopt, true},
  {"Fiends", fiends, 2275, std::nullopt, true},
  {"Mr. House", house, 2274, std::nullopt, true},
}};

bool part_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80; }

bool mentions(string_view text, string_view name) {
  for (auto at = text.find(name); at != string_view::npos; at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !part_of_word(text[at - 1])) && (end == text.size() || !part_of_word(text[end]))) return true;
  }
  return false;
}

/// Lower case, an article in front and blanks or underscores left out of account.
std::string key_of(string_view name) {
  std::string out;
  for (char c : name)
    if (c != ' ' && c != '_' && c != '\'' && c != '.') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (out.rfind("the", 0) == 0) out.erase(0, 3);
  return out;
}

} // namespace

std::span<const faction_era> all_faction_eras() noexcept { return table; }

const faction_era* find_faction(string_view name) noexcept {
  const auto wanted = key_of(name);
  for (const auto& f : table) {
    if (key_of(f.name) == wanted) return &f;
    if (std::any_of(f.aliases.begin(), f.aliases.end(), [&](string_view a) { return key_of(a) == wanted; })) return &f;
  }
  return nullptr;
}

std::vector<std::string> factions_named_in(string_view text) {
  std::vector<std::string> found;
  for (const auto& f : table)
    if (std::any_of(f.aliases.begin(), f.aliases.end(), [&](string_view a) { return mentions(text, a); }))
      found.emplace_back(f.name);
  return found;
}

} // namespace longwave
