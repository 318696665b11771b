// Lore as data: one record of a catalogue as imported, what it may be asked for, and the passages that prompts get.
#pragma once

#include "messages/error.hpp"
#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One chunk of a catalogue (domain 11), normalised when it was imported. A record with `acts` is a whole story.
struct lore_record {
  /// Unique in a catalogue.
  std::string id;
  /// The page or quest that it belongs to; chunks of one title make one story.
  std::string title;
  std::string section;
  int chunk_index = 0;
  std::string text;
  std::string content_type;
  std::string infobox_type;
  /// Normalised ("West Virginia" -> "Appalachia"); empty when it was not given.
  std::string region;
  /// Region or location as it was given.
  std::string location;
  /// "East Coast", "West Coast".
  std::string region_type;
  /// Empty: not known. A record without years is kept, and told by no DJ.
  std::optional<int> year_min;
  std::optional<int> year_max;
  bool pre_war = false;
  bool post_war = false;
  /// common, regional, restricted, classified; empty = not given.
  std::string tier;
  /// public, vault-tec, a faction.
  std::string info_source;
  /// Era or game as it was given ("wastelanders").
  std::string era;
  std::vector<std::string> factions;
  std::vector<std::string> locations;
  std::vector<std::string> characters;
  std::vector<std::string> themes;
  /// Ids or titles of the records that this one calls back to.
  std::vector<std::string> callbacks;
  std::string emotional_tone;
  /// Labelled as no story by whoever made the catalogue.
  bool labelled_no_story = false;
  /// Of a whole story only.
  std::vector<story_act> acts;
  std::string summary;
  std::optional<timeline> line;
  std::string framing;

  // -- decided at import -------------------------------------------------------------------------------------------
  /// Which layer found it to be a story: strict, fuzzy, content, curated; empty = none did.
  std::string layer;
  /// Why its title is no story's ("perks"); empty = it may be one.
  std::string excluded;

  // -- provenance --------------------------------------------------------------------------------------------------
  /// File or server that it came from, and the line (record number where there are no lines) there.
  std::string source;
  std::uint64_t line_number = 0;
};

void to_json(nlohmann::json& j, const lore_record& r);
/// Throws nlohmann::json::exception for what `to_json` did not write.
void from_json(const nlohmann::json& j, lore_record& r);

/// Of a record, what filters look at. Views: they hold as long as the catalogue that gave them.
struct lore_glance {
  /// Place in the catalogue.
  std::uint64_t number = 0;
  std::string_view title;
  std::string_view layer;
  std::string_view excluded;
  std::string_view region;
  std::string_view region_type;
  std::string_view tier;
  std::string_view info_source;
  std::string_view era;
  /// Factions that the record lists or names; null for none.
  const std::vector<std::string>* factions = nullptr;
  std::optional<int> year_min;
  std::optional<int> year_max;
  bool post_war = false;
  bool labelled_no_story = false;
};

lore_glance glance_at(const lore_record& record, std::uint64_t number = 0) noexcept;

/// A record that a search found.
struct lore_hit {
  std::uint64_t number = 0;
  /// How telling the words are that it has, in millionths; more is better.
  std::int64_t score = 0;

  bool operator==(const lore_hit&) const = default;
};

/// A catalogue to read from. Usable from any thread.
class lore_catalogue {
public:
  virtual ~lore_catalogue() = default;

  /// Calls `look` for every record in order of number. Cheap: texts are not read. Fails with store_damaged or io_failed before
  /// the first call: a part of a catalogue is never taken for the whole.
  virtual result<void> each(const std::function<void(const lore_glance&)>& look) const = 0;
  /// Fails with not_found, store_damaged or io_failed.
  virtual result<lore_record> record(std::uint64_t number) const = 0;
  virtual std::size_t size() const noexcept = 0;
  /// Over all records; equal catalogues have equal ones.
  virtual std::string content_hash() const = 0;
  /// Keyword search: the records that have the most telling of the words, best first, ties by number.
  /// @param allowed  says which numbers may come back; null for all
  /// Fails with store_damaged or io_failed.
  virtual result<std::vector<lore_hit>> search(std::string_view words, std::size_t limit,
                                               const std::function<bool(std::uint64_t)>& allowed) const = 0;
};

/// What a prompt wants to know about.
struct lore_query {
  /// Words to look for; the order does not count.
  std::string words;
  /// Most records that may come back.
  std::size_t limit = 5;

  bool operator==(const lore_query&) const = default;
};

/// A piece of lore for a prompt.
struct lore_passage {
  std::string id;
  std::string title;
  /// One line without control characters, cut for a prompt.
  std::string text;
  /// Which layer found its record to be a story; "none": it is told as background.
  std::string layer = "none";
  /// How the DJ knows it: direct, archive (an old file found), memory (of before the war) or hearsay (domain 2).
  std::string framing = "direct";
  /// File or server and the line there: "quests.jsonl:12".
  std::string source;
  /// Of the record in the catalogue; 0 in a plan that was read back.
  std::uint64_t number = 0;

  bool operator==(const lore_passage&) const = default;
};

void to_json(nlohmann::json& j, const lore_passage& p);
void from_json(const nlohmann::json& j, lore_passage& p);

/// Where passages come from: only those that the run's DJ may know. The same catalogue and query give the same hits in
/// the same order, best first. Usable from any thread.
class lore_source {
public:
  virtual ~lore_source() = default;

  /// Fails with store_damaged or io_failed.
  virtual result<std::vector<lore_hit>> find(const lore_query& query) const = 0;
  /// A record as a passage of at most `bytes`; nothing when what is left of it may not be said by the DJ.
  /// Fails as `lore_catalogue::record`.
  virtual result<std::optional<lore_passage>> passage(std::uint64_t number, std::size_t bytes) const = 0;
};

} // namespace longwave
