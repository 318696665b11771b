// Stories as data: what a pack holds, and the one beat of a story that a segment tells.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

class json_writer;

/// How long a story runs (domain 10).
enum class timeline { daily, weekly, monthly, yearly };

std::string_view to_string(timeline t) noexcept;
std::optional<timeline> parse_timeline(std::string_view text) noexcept;

inline constexpr std::array all_timelines{timeline::daily, timeline::weekly, timeline::monthly, timeline::yearly};

/// One act of a story, in order, told at least once.
struct story_act {
  int act_number = 1;
  /// setup, rising, climax, falling or resolution.
  std::string act_type;
  std::string title;
  /// One or two plain sentences: what happens. The incorporation score compares a script with it.
  std::string summary;
  /// Ready-made radio tellings of the act, each a different wording; the offline backend airs them in turn.
  std::vector<std::string> tellings;
  std::vector<std::string> entities;
  std::vector<std::string> themes;
  double conflict_level = 0.5;
  std::string emotional_tone;

  bool operator==(const story_act&) const = default;
};

/// One story of a pack's catalogue.
struct story_record {
  std::string story_id;
  std::string title;
  timeline line = timeline::daily;
  std::string summary;
  /// quest, event, character or faction.
  std::string content_type;
  std::vector<std::string> themes;
  std::vector<std::string> factions;
  std::vector<std::string> locations;
  std::vector<std::string> characters;
  std::string region;
  int year_min = 0;
  int year_max = 0;
  /// common, regional, restricted or classified.
  std::string knowledge_tier;
  /// direct, report, rumor or speculation.
  std::string suggested_framing;
  std::vector<story_act> acts;
  /// Earlier stories that this one may refer back to, by id or title, whatever names they share.
  std::vector<std::string> callbacks;
};

void to_json(nlohmann::json& j, const story_act& a);
void to_json(nlohmann::json& j, const story_record& s);
/// Both throw nlohmann::json::exception with the field's name when a field is missing or of the wrong type.
void from_json(const nlohmann::json& j, story_act& a);
void from_json(const nlohmann::json& j, story_record& s);

/// A look back at another story that was told to its end.
struct story_callback {
  /// The airing: "<story_id>" or "<story_id>#2".
  std::string id;
  std::string title;
  /// A name that both stories have; of an author's own link, one of the earlier story's.
  std::string entity;
  /// What it came to: the summary of its last act.
  std::string outcome;
  /// Broadcast days since it ended, at least 1.
  int days_ago = 1;
  /// The segment in which it ended.
  std::uint64_t seq = 0;

  bool operator==(const story_callback&) const = default;
};

/// The part of a story that one segment is planned to tell.
struct story_beat {
  /// One airing of a story: "<story_id>", told again "<story_id>#2" (contract 8.31).
  std::string id;
  std::string title;
  timeline line = timeline::daily;
  int act = 1;
  int acts_total = 1;
  std::string act_type;
  std::string act_title;
  std::string summary;
  /// The telling chosen for this airing; empty when the act has none.
  std::string telling;
  std::vector<std::string> entities;
  std::vector<std::string> themes;
  double conflict_level = 0.5;
  std::string emotional_tone;
  /// How the DJ came to know: direct, report, rumor, speculation.
  std::string framing;
  /// What earlier acts came to, oldest first; short.
  std::vector<std::string> so_far;
  /// `callback_to` in JSON; most beats have none.
  std::optional<story_callback> callback;
};

/// Compact, with sorted names: written with every segment that tells a story.
void append_json(json_writer& w, const story_beat& b);
void to_json(nlohmann::json& j, const story_beat& b);
void from_json(const nlohmann::json& j, story_beat& b);

/// A skeleton for one story of a story run (domain 13).
struct story_skeleton {
  std::string template_id;
  std::string template_name;
  /// setting, primary_fear, antagonist, mechanism, twist: terms of the enumerations in domain 14.
  std::string setting;
  std::string primary_fear;
  std::string antagonist;
  std::string mechanism;
  std::string twist;
  /// Three sentences, one an act.
  std::vector<std::string> acts;
  std::vector<std::string> variation_axes;
  /// The same name and acts in Korean; empty when the pack has none.
  std::string template_name_ko;
  std::vector<std::string> acts_ko;
};

void to_json(nlohmann::json& j, const story_skeleton& s);
void from_json(const nlohmann::json& j, story_skeleton& s);

} // namespace longwave
