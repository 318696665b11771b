// A planned slot of a run: everything that a generator and a validator need to know about it, decided beforehand.
#pragma once

#include "messages/lore.hpp"
#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// What a slot is for (domain 3). `story` is also the type of every segment of a story run.
enum class segment_type { emergency_weather, time_check, weather, news, story, gossip, music_intro };

/// All types in the order of their names.
inline constexpr std::array segment_types_by_name{segment_type::emergency_weather, segment_type::gossip,
                                                  segment_type::music_intro,       segment_type::news,
                                                  segment_type::story,             segment_type::time_check,
                                                  segment_type::weather};

std::string_view to_string(segment_type t) noexcept;
std::optional<segment_type> parse_segment_type(std::string_view text) noexcept;

/// morning 06-09, midday 10-13, afternoon 14-17, evening 18-21, night 22-05 (domain 3).
std::string_view time_band(int hour) noexcept;

/// A place in simulated time. For story runs only `slot` counts; day and hour stay 1 and 0.
struct slot_position {
  /// 1-based broadcast day.
  int day = 1;
  /// 0..23.
  int hour = 6;
  /// 1-based within the hour.
  int slot = 1;
  /// "YYYY-MM-DD", simulated; empty for story runs.
  std::string broadcast_date;

  bool operator==(const slot_position&) const = default;
};

void to_json(nlohmann::json& j, const slot_position& p);
void from_json(const nlohmann::json& j, slot_position& p);

/// The weather that holds in a slot, from the seeded calendar or an override.
struct weather_report {
  /// sunny cloudy rainy foggy snow rad_storm dust_storm glowing_fog.
  std::string type;
  /// minor, moderate or severe.
  std::string intensity;
  int temperature_f = 0;
  bool emergency = false;
  /// The event's key, "<type>@<date>/<slot hour>"; alerted once per key.
  std::string event;
  /// Type of the slot before, for continuity; empty at the start.
  std::string previous_type;
};

/// One rumour at one stage.
struct gossip_topic {
  std::string id;
  std::string category;
  /// What the rumour is about, a noun phrase: "a light in the old lookout".
  std::string subject;
  /// rumor, spreading, confirmed or resolved.
  std::string stage;
};

/// One item of news.
struct news_topic {
  std::string category;
  /// 0..1; decides the wording (domain 4).
  double confidence = 0;
  /// "confirmed", "solid reports", "according to reports", "word is".
  std::string wording;
  std::string subject;
};

/// What the prompt asks to avoid, taken from what was really used before.
struct variety_hints {
  std::vector<std::string> recent_openings;
  std::vector<std::string> recent_catchphrases;
  std::vector<std::string> recent_topics;
  std::string last_structure;
};

/// The whole plan of one segment. Built by the scheduler, never changed afterwards, shared read-only.
struct segment_plan {
  std::uint64_t seq = 0;
  segment_type type = segment_type::gossip;
  slot_position position;
  /// Slots an hour in this run: 1 folds the time check into the hour's segment (domain 3).
  int segments_per_hour = 1;
  weather_report weather;
  /// Weather of the coming slots of the day, for forecasts.
  std::vector<weather_report> forecast;
  std::optional<gossip_topic> gossip;
  std::optional<news_topic> news;
  std::optional<story_beat> beat;
  /// A pattern id: how the script is built (opening kind and flow). Neighbours of a type never share one.
  std::string structure;
  /// A catch-phrase to work in; empty for none.
  std::string catchphrase;
  variety_hints hints;
  /// What a prompt may tell the model of the world, best first; empty without a catalogue.
  std::vector<lore_passage> lore;
  /// What the last segments said, oldest first: "day 2, 07:00, gossip: ..."; filled only for backends that read prompts.
  std::vector<std::string> session;
  int min_words = 30;
  int max_words = 225;

  // Story runs only.
  std::optional<story_skeleton> skeleton;
  /// "en" or "ko".
  std::string language = "en";
  /// Characters; 0 = the pack's own length.
  int target_length = 0;
  /// Every skeleton was told before and `--dedup-policy strict` forbids telling one again: not to be generated.
  bool told_before = false;
};

/// Appends the plan as compact JSON with sorted names, for provenance, `inspect` and `why`. The one form there is: it is
/// written with every segment, so it is made without a document.
void append_json(std::string& out, const segment_plan& p);
/// The same as a document.
void to_json(nlohmann::json& j, const segment_plan& p);

} // namespace longwave
