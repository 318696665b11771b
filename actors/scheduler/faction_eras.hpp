// When the factions of the setting were there, and how their names stand in a text (domain 6.6).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One faction. Facts of the setting.
struct faction_era {
  /// The name that `factions` lists use.
  std::string_view name;
  /// Further ways to write it; each with a capital, which is how it stands in a text.
  std::span<const std::string_view> aliases;
  int founded = 0;
  /// Empty: still there.
  std::optional<int> ended;
  /// A faction of the west coast: what the topic "west coast factions" forbids.
  bool west_coast = false;
  /// It came back in this year.
  std::optional<int> refounded = {};
};

std::span<const faction_era> all_faction_eras() noexcept;

/// The era of a faction under any of its names, in any case; null for one that is in no table.
const faction_era* find_faction(std::string_view name) noexcept;

/// Names of the factions that a text mentions: whole words, capitalised as listed, each once, in the table's order.
std::vector<std::string> factions_named_in(std::string_view text);

} // namespace longwave
