// Reads one record of anybody's catalogue: which fields are understood, and what is wrong with it.
#pragma once

#include "messages/lore.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

namespace longwave {

/// What a record breaks. `kind` is a word for counting.
struct lore_fault {
  /// not_an_object, bad_field, too_large, no_title, no_text, bad_year, contradictory_years, empty_acts, bad_acts;
  /// files and sets of records add not_utf8, bad_json, duplicate_id, cyclic_callbacks.
  std::string kind;
  /// The field, as the record names it; may be empty.
  std::string field;
  std::string why;

  bool operator==(const lore_fault&) const = default;
};

/// Limits of one record; a longer field is a fault, never cut.
struct lore_limits {
  std::size_t text_bytes = 1'000'000;
  std::size_t name_bytes = 1'000;
  std::size_t list_items = 200;
  std::size_t acts = 60;
  int first_year = 1;
  int last_year = 9'999;
};

/// Reads a record: flat, or with its metadata in an object `metadata`. Fields and their other names:
///
/// id (story_id), title (wiki_title, name), text (document, content, body), summary, section, chunk_index, year (both
/// of) year_min and year_max, time_period ("2102", "2281-2287"), is_pre_war, is_post_war, region (location),
/// region_type, content_type (type), infobox_type, knowledge_tier (tier), info_source, era (fo76_era, game), faction,
/// factions, locations, characters, themes (theme_*), primary_subject_*, callbacks (callback_to), is_quest,
/// false_positive, acts, timeline, suggested_framing. What it does not know it leaves alone. A list may be a text with
/// commas. Numbers and truths may be texts, as CSV has them; an empty text is nothing.
///
/// A record without an id gets one from its title, section, chunk and text. One year stands for both; without years a
/// pre-war record ends in 2077, and one of a known game or chapter has its first year; else it stays undated.
std::variant<lore_record, lore_fault> read_lore_record(const nlohmann::json& row, const lore_limits& limits = {});

} // namespace longwave
