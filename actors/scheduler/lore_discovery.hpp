// Which records of a catalogue are stories, found in four layers, and which titles never are (domain 11, Q15).
#pragma once

#include "messages/lore.hpp"

#include <set>
#include <string>
#include <string_view>

namespace longwave {

/// The four layers in order, and "" for a record that none of them finds.
inline constexpr std::string_view lore_layers[] = {"strict", "fuzzy", "content", "curated"};

/// Why a title is not a story's: "game_page" (Fallout N Perks), "prefix" (Walkthrough:), "suffix" ((perk)), "blacklist";
/// empty when it may be one. Case and blanks do not count; only whole patterns do: "The List" and "Listless" stay.
std::string_view title_exclusion(std::string_view title) noexcept;

/// Titles that the last layer knows: the built-in list of quest names, and those that an import names besides.
class curated_titles {
public:
  curated_titles() = default;
  void add(std::string_view title);
  bool has(std::string_view title) const;

private:
  std::set<std::string> more_;
};

/// The first layer that finds the record: strict (its infobox says quest, event or battle), fuzzy (its content type
/// does), content (its text reads like one: two cues, or one that nothing else has), curated (its title is listed).
std::string_view discovery_layer(const lore_record& record, const curated_titles& curated);

/// True for a text that tells nothing: empty, a heading, or the title again. Domain 11: one aired for a whole run.
bool is_boilerplate(std::string_view text, std::string_view title, std::string_view section);

} // namespace longwave
