// The DJ filter.
#include "actors/scheduler/lore_filter.hpp"

#include "actors/scheduler/faction_eras.hpp"
#include "actors/scheduler/lore_regions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace longwave {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c == '_' || c == '-' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool lists(const std::vector<std::string>& names, std::string_view wanted) {
  const auto key = lower(wanted);
  return std::any_of(names.begin(), names.end(), [&](const auto& n) { return lower(n) == key; });
}

std::string faction_key(std::string_view name) {
  const auto* known = find_faction(name);
  return known ? std::string(known->name) : lower(name);
}

/// domain 6.2, row "region", where a profile has no list of its own.
std::vector<std::string> built_in_foreign_regions(std::string_view home) {
  if (home == "Appalachia") return {"Mojave", "Commonwealth"};
  if (home == "Mojave") return {"Commonwealth", "Appalachia"};
  if (home == "Commonwealth") return {"Mojave", "Appalachia"};
  return {"Mojave", "Commonwealth", "Appalachia"};
}

} // namespace

std::optional<int> first_year_of_era(std::string_view era) {
  static constexpr std::array<std::pair<std::string_view, int>, 13> eras{{
    {"vanilla", 2102},        {"wastelanders", 2103},   {"steel dawn", 2103},    {"steel reign", 2104},
    {"fallout 76", 2102},     {"fo76", 2102},           {"fallout", 2161},       {"fallout 2", 2241},
    {"fallout 3", 2277},      {"fo3", 2277},            {"fallout new vegas", 2281}, {"fnv", 2281},
    {"fallout 4", 2287},
  }};
  auto key = lower(era);
  std::erase(key, ':');
  for (const auto& [name, year] : eras)
    if (name == key) return year;
  return key == "fo4" ? std::optional(2287) : std::nullopt;
}

std::string_view to_string(lore_refusal r) noexcept {
  switch (r) {
    case lore_refusal::none: return "none";
    case lore_refusal::undated: return "undated";
    case lore_refusal::temporal: return "temporal";
    case lore_refusal::regional: return "regional";
    case lore_refusal::faction: return "faction";
    case lore_refusal::tier: return "tier";
    case lore_refusal::era: return "era";
  }
  return "none";
}

lore_filter::lore_filter(const dj_profile& dj)
  : limits_(dj.knowledge), reach_(dj.knowledge.lore), home_(normalised_region(dj.knowledge.region)) {
  for (const auto& name : limits_.forbidden_factions) forbidden_.insert(faction_key(name));
  west_coast_forbidden_ = lists(limits_.forbidden_topics, "west coast factions");
  auto names = limits_.foreign_names;
  if (names.empty()) names = built_in_foreign_regions(home_);
  names.insert(names.end(), limits_.forbidden_topics.begin(), limits_.forbidden_topics.end());
  for (const auto& name : names) foreign_.insert(lower(normalised_region(name)));
  foreign_.erase(lower(home_));
}

bool lore_filter::foreign(std::string_view region) const { return foreign_.count(lower(region)) > 0; }

bool lore_filter::home(std::string_view region) const {
  if (lower(region) == lower(home_)) return true;
  return std::any_of(reach_.regions.begin(), reach_.regions.end(), [&](const auto& r) { return same_region(r, region); });
}

lore_refusal lore_filter::judge(const lore_glance& facts) const {
  const int cutoff = limits_.temporal_cutoff_year;
  if (!facts.year_min && !facts.year_max) return lore_refusal::undated;
  if (cutoff > 0 && (facts.year_max.value_or(0) > cutoff || facts.year_min.value_or(0) > cutoff)) return lore_refusal::temporal;
  if (limits_.year_min > 0 && facts.year_max && *facts.year_max < limits_.year_min) return lore_refusal::temporal;
  // A game spans all years before it; a chapter does not.
  const auto era = lower(facts.era);
  if (era == "wastelanders" || era == "steel dawn" || era == "steel reign")
    if (cutoff > 0 && first_year_of_era(era).value_or(0) > cutoff) return lore_refusal::era;
  if (facts.factions) {
    for (const auto& name : *facts.factions) {
      if (forbidden_.count(faction_key(name)) > 0) return lore_refusal::faction;
      const auto* known = find_faction(name);
      if (known && cutoff > 0 && known->founded > cutoff) return lore_refusal::faction;
      if (known && known->west_coast && west_coast_forbidden_) return lore_refusal::faction;
    }
  }
  return judge_place(facts);
}

lore_refusal lore_filter::judge_place(const lore_glance& facts) const {
  const auto tier = lower(facts.tier);
  if (tier == "classified" || (tier == "restricted" && !reach_.restricted)) return lore_refusal::tier;
  if (home(facts.region)) {
    if (reach_.post_war && !facts.post_war && facts.year_max.value_or(0) <= 2077) return lore_refusal::temporal;
    if (!reach_.home_tiers.empty() && !tier.empty() && !lists(reach_.home_tiers, tier)) return lore_refusal::tier;
    return lore_refusal::none;
  }
  if (!facts.region.empty() && foreign(facts.region)) return lore_refusal::regional;
  if (!facts.info_source.empty() && lists(reach_.info_sources, facts.info_source)) return lore_refusal::none;
  if (!facts.region_type.empty() && lists(reach_.region_types, facts.region_type)) return lore_refusal::none;
  if (!tier.empty() && lists(reach_.tiers, tier)) return lore_refusal::none;
  return lore_refusal::regional;
}

} // namespace longwave
