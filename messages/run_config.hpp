// What a run is asked to do: stored with the run, compared on resume.
#pragma once

#include "messages/error.hpp"
#include "messages/usage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// A broadcast of at most this many hours is a pilot. Source: domain 16, one week of 16 hours a day.
constexpr std::int64_t pilot_hours = 112;

enum class run_kind { broadcast, stories };

std::string_view to_string(run_kind k) noexcept;
std::optional<run_kind> parse_run_kind(std::string_view text) noexcept;

/// First letter or digit, then up to 63 of letters, digits, dot, underscore, hyphen; lower case only.
bool legal_run_id(std::string_view id) noexcept;
/// The nearest legal id to a folder's name; never empty.
std::string legalised_run_id(std::string_view name);

/// Configuration of one run. Fields marked (F) belong to the fingerprint: they shape the output (contract 8.26).
struct run_config {
  std::string run_id;
  run_kind kind = run_kind::broadcast;           ///< (F)
  std::string dj;                                ///< (F) full profile name; empty for story runs
  std::string pack;                              ///< pack name or folder as given
  std::string pack_hash;                         ///< (F) of the pack, and of the catalogue or quest pool with it
  std::string lore;                              ///< absolute folder of a lore catalogue, empty for none
  std::string quest_pool;                        ///< absolute path of a quest pool file, empty for none
  std::uint64_t seed = 0;                        ///< (F)
  std::string backend = "offline";               ///< (F) kind
  std::string model;                             ///< (F)
  /// Each a URL, which settings of its own may follow ("http://a:8080 kind=ollama model=m in-flight=2").
  std::vector<std::string> endpoints;
  std::string api_key_file;
  std::string output;                            ///< absolute output folder

  // Broadcasts.
  std::int64_t duration_hours = 0;               ///< may grow on resume
  int segments_per_hour = 1;                     ///< (F)
  int start_hour = 6;                            ///< (F)
  int hours_per_day = 16;                        ///< (F)
  std::string start_date;                        ///< (F) "YYYY-MM-DD"
  bool stories_enabled = false;                  ///< (F)
  bool validation_enabled = false;               ///< (F, as the mode)
  std::string validation_mode = "rules";         ///< (F) rules, llm, hybrid
  int checkpoint_interval_hours = 1;

  // Story runs.
  std::optional<std::uint64_t> max_stories;      ///< may grow on resume
  std::optional<std::int64_t> duration_seconds;  ///< may grow on resume
  std::int64_t interval_seconds = 0;
  std::string template_id;                       ///< (F)
  int target_length = 0;                         ///< (F) characters; 0 = the pack's own
  bool dedup_enabled = false;                    ///< a story too near to an earlier one is asked for again, then skipped
  int load_history = 200;                        ///< earlier stories that are remembered
  std::string registry = "run";                  ///< whose stories count as earlier: run, or shared = all of the store
  std::string dedup_policy = "warn";             ///< a skeleton that was told before: warn = another one, strict = skip
  std::string language = "en";                   ///< (F)

  // Both.
  int max_attempts = 3;                          ///< (F)
  std::int64_t call_timeout_ms = 60'000;
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t first_byte_timeout_ms = 0;        ///< 0 = the call timeout
  std::int64_t idle_timeout_ms = 30'000;
  int in_flight = 0;                             ///< calls at once an endpoint; 0 = the kind's own
  int context_tokens = 0;                        ///< window of the model, asked of an Ollama; 0 = 8192 there, else not known
  std::string max_tokens_field = "max_tokens";   ///< OpenAI-compatible servers
  std::string fallback_model;                    ///< for refusals and prompts that are too long; empty for none
  std::int64_t pause_grace_ms = 25'000;
  std::int64_t stall_after_s = 1'800;
  std::int64_t outage_wait_s = 60;
  bool exit_on_failure_limit = false;
  bool auto_resume = false;
  bool virtual_clock = false;
  bool segment_files = true;
  bool use_feedback = true;
  std::vector<model_price> prices;
  double budget = 0;                             ///< in the currency of the prices; 0 = no limit
  std::uint64_t budget_tokens = 0;               ///< 0 = no limit
  std::string validation_model;                  ///< the judge's; empty = the run's own
  std::string judge_backend;                     ///< empty = the run's own
  std::vector<std::string> judge_endpoints;      ///< empty = the run's own
  std::string judge_api_key_file;                ///< empty = the run's own
  std::int64_t judge_timeout_ms = 120'000;
  std::string escalation = "natural";            ///< (F) natural, always (a rehearsal) or never
  bool speculate = false;                        ///< the next draft is made while the judge reads this one
  std::string judge_batch = "off";               ///< drafts that the judge reads in a row: off, hour, or their number
  double judge_sample = 1;                       ///< share of the drafts that the judge reads, 0..1
  std::string fault_plan;                        ///< the plan's text (JSON Lines), not its path; empty for none
  std::string log_prompts;                       ///< folder, empty for none
  std::string call_log;                          ///< file, empty for none
  std::int64_t disk_floor_bytes = 500'000'000;   ///< 0 = off

  bool operator==(const run_config&) const = default;

  /// Number of planned segments; empty for a story run without a count.
  std::optional<std::uint64_t> planned_segments() const noexcept;

  /// SHA-free, readable fingerprint: one "name=value" a line over the (F) fields, in a fixed order.
  std::vector<std::pair<std::string, std::string>> fingerprint() const;
};

/// Version of planner, grammar engine and rules: part of the fingerprint, raised when they change output.
inline constexpr int generator_version = 4;

void to_json(nlohmann::json& j, const run_config& c);
void from_json(const nlohmann::json& j, run_config& c);

} // namespace longwave
