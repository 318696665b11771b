// One DJ: the facts, limits and manners that steer prompts and rules (domain 2).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace longwave {

/// What of a lore catalogue reaches a DJ besides the home region (domain 11).
struct lore_reach {
  /// Further regions that count as home.
  std::vector<std::string> regions;
  /// "West Coast", "East Coast".
  std::vector<std::string> region_types;
  /// Who passed it on: "vault-tec".
  std::vector<std::string> info_sources;
  /// Tiers that are known from everywhere: "common".
  std::vector<std::string> tiers;
  /// Tiers that are known at home; empty = all that are open.
  std::vector<std::string> home_tiers;
  /// Has informants: restricted matters are open.
  bool restricted = false;
  /// Only what happened after the war.
  bool post_war = false;
};

/// The hard limits of what a DJ can know.
struct knowledge_limits {
  int temporal_cutoff_year = 0;
  /// 0 = no lower limit.
  int year_min = 0;
  std::string region;
  std::vector<std::string> forbidden_factions;
  std::vector<std::string> forbidden_topics;
  std::vector<std::string> known_factions;
  /// Names of other regions and of what belongs to them; empty = the built-in table for `region`.
  std::vector<std::string> foreign_names;
  lore_reach lore;
};

/// A script by the DJ's own hand that shows the voice.
struct dj_example {
  /// intro, monologue, song_intro, anecdote, news, romance, humor, panic, music_intro or advice.
  std::string type;
  std::string text;
};

/// One DJ profile. `name` is the full display key, "Julie (2102, Appalachia)".
struct dj_profile {
  std::string name;
  /// Short names that `--dj` also takes, lower case.
  std::vector<std::string> shortcuts;
  std::string role;
  /// Comma-separated tone words ("hopeful, earnest").
  std::string tone;
  std::string station;
  /// First broadcast date, "YYYY-MM-DD".
  std::string start_date;
  std::string voice_pacing;
  /// The word "filler" in here switches the filler-word rule on.
  std::string voice_prosody;
  std::vector<std::string> voice_emphasis;
  std::vector<std::string> filler_words;
  std::vector<std::string> starter_phrases;
  std::vector<std::string> signature_patterns;
  /// How the DJ feels when nothing happens, and how about what: situation -> manner. For prompts.
  std::string emotional_baseline;
  std::map<std::string, std::string> reactions;
  std::vector<dj_example> examples;
  std::vector<std::string> catchphrases;
  std::vector<std::string> do_rules;
  std::vector<std::string> dont_rules;
  std::string system_prompt;
  knowledge_limits knowledge;
};

void to_json(nlohmann::json& j, const dj_profile& p);
/// Throws nlohmann::json::exception with the field's name when a field is missing or of the wrong type.
void from_json(const nlohmann::json& j, dj_profile& p);

} // namespace longwave
