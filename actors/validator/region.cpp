// Tables of names by region.
#include "actors/validator/region.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

// domain 6.2, row "region"
constexpr auto foreign_to_appalachia = std::to_array<std::string_view>(
  {"NCR", "Institute", "Railroad", "Minutemen", "New Vegas", "Mojave", "Commonwealth"});
constexpr auto foreign_to_mojave = std::to_array<std::string_view>(
  {"Institute", "Railroad", "Minutemen", "Diamond City", "Commonwealth", "Appalachia"});
constexpr auto foreign_to_commonwealth = std::to_array<std::string_view>(
  {"NCR", "Mr. House", "Caesar's Legion", "Mojave", "New Vegas", "Appalachia", "Vault 76"});

constexpr auto appalachian_places = std::to_array<std::string_view>(
  {"Flatwoods", "Morgantown", "Charleston", "Grafton", "Whitespring", "Harpers Ferry", "Watoga", "Point Pleasant",
   "Sutton", "Welch", "Beckley", "Lewisburg", "Huntersville", "Helvetia", "Berkeley Springs", "Clarksburg",
   "Summersville", "Camden Park", "Vault 76", "Cranberry Bog", "Savage Divide", "Toxic Valley", "Ash Heap",
   "The Mire", "Top of the World", "Pleasant Valley", "Bramwell", "Monongah", "Philippi", "Vault-Tec University"});
constexpr auto mojave_places = std::to_array<std::string_view>(
  {"Goodsprings", "Primm", "Novac", "Freeside", "Nipton", "Hoover Dam", "Boulder City", "Searchlight", "Jacobstown",
   "Camp McCarran", "Westside", "Red Rock Canyon", "New Vegas", "The Strip", "Nellis", "Bitter Springs",
   "Mojave Outpost", "Black Mountain", "Lake Mead", "Cottonwood Cove"});
constexpr auto commonwealth_places = std::to_array<std::string_view>(
  {"Diamond City", "Goodneighbor", "Sanctuary", "Concord", "Lexington", "Bunker Hill", "Quincy", "Salem", "Covenant",
   "Glowing Sea", "Cambridge", "The Castle", "Vault 81", "Boston", "Warwick", "Nahant", "Vault 111", "Somerville"});
constexpr auto capital_places = std::to_array<std::string_view>(
  {"Megaton", "Rivet City", "Canterbury Commons", "Big Town", "Arefu", "Underworld", "Tenpenny Tower",
   "Little Lamplight", "Girdershade", "Galaxy News", "Grayditch", "Vault 101", "Springvale", "Minefield"});

struct region_table {
  std::string_view region;
  std::span<const std::string_view> foreign;
  std::span<const std::string_view> places;
};

const std::array<region_table, 4> tables{{
  {"Appalachia", foreign_to_appalachia, appalachian_places},
  {"Mojave", foreign_to_mojave, mojave_places},
  {"Commonwealth", foreign_to_commonwealth, commonwealth_places},
  // No list of foreign names is known for it: its DJ's card does not exist (domain 2).
  {"Capital Wasteland", {}, capital_places},
}};

/// "Mojave Wasteland" and "The Commonwealth" mean the regions of the table.
const region_table* table_of(std::string_view region) noexcept {
  for (const region_table& t : tables)
    if (region.find(t.region) != std::string_view::npos) return &t;
  return nullptr;
}

void add_name(phrase_set& phrases, phrase_kind kind, std::string_view name) {
  phrases.add(kind, name, {.exact_case = has_capital(name)});
}

/// A name that the DJ lives with cannot be foreign.
bool is_home(const knowledge_limits& limits, std::string_view name) {
  if (limits.region.find(name) != std::string::npos) return true;
  return std::find(limits.known_factions.begin(), limits.known_factions.end(), name) != limits.known_factions.end();
}

} // namespace

void add_region_phrases(phrase_set& phrases, const knowledge_limits& limits) {
  if (!limits.foreign_names.empty()) {
    for (const std::string& name : limits.foreign_names) add_name(phrases, phrase_kind::foreign_name, name);
    return;
  }
  const region_table* own = table_of(limits.region);
  if (own != nullptr && !own->foreign.empty()) {
    for (std::string_view name : own->foreign)
      if (!is_home(limits, name)) add_name(phrases, phrase_kind::foreign_name, name);
    return;
  }
  std::vector<std::string_view> listed;
  for (const region_table& t : tables) {
    for (std::string_view name : t.foreign) {
      if (is_home(limits, name) || std::find(listed.begin(), listed.end(), name) != listed.end()) continue;
      listed.push_back(name);
      add_name(phrases, phrase_kind::doubtful_foreign_name, name);
    }
  }
}

void judge_region(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                  std::vector<violation>& out) {
  for (const phrase_hit& hit : hits) {
    const bool certain = phrases.kind(hit) == phrase_kind::foreign_name;
    if (!certain && phrases.kind(hit) != phrase_kind::doubtful_foreign_name) continue;
    const std::string& name = phrases.name(hit);
    violation v{"foreign_name", "regional", certain ? severity::critical : severity::warning,
                certain ? "The name \"" + name + "\" belongs to another region; the location is out of reach."
                        : "The name \"" + name + "\" may belong to another region.",
                std::string(words.span(hit.first, hit.count))};
    const bool known = std::any_of(out.begin(), out.end(), [&](const violation& o) {
      return o.rule == v.rule && o.message == v.message;
    });
    if (!known) out.push_back(std::move(v));
  }
}

std::span<const std::string_view> home_places(std::string_view region) noexcept {
  const region_table* t = table_of(region);
  return t != nullptr ? t->places : std::span<const std::string_view>{};
}

} // namespace longwave
