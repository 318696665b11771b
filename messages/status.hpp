// What is known of a run at one moment: sent by its scheduler, shown by the monitor in LIVE_STATUS.json and the API.
#pragma once

#include "messages/draft.hpp"
#include "messages/judge.hpp"
#include "messages/segment.hpp"
#include "messages/usage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// The life cycle of a run (contract section 4 and 8.10).
enum class run_state { starting, running, pausing, paused, stopping, stopped, completed, aborted, failed };

std::string_view to_string(run_state s) noexcept;
std::optional<run_state> parse_run_state(std::string_view text) noexcept;
/// stopped, completed, aborted and failed end a run's life in this process.
bool is_final(run_state s) noexcept;

/// A warning in force.
struct status_warning {
  std::string code;
  std::string message;
  /// RFC 3339.
  std::string since;

  bool operator==(const status_warning&) const = default;
};

/// Counts over all terminal records of a run; derivable from the records, kept so that nobody has to read them.
struct run_counters {
  std::uint64_t accepted = 0;
  std::uint64_t skipped = 0;
  /// Segments that reached a verdict of the validator, and how many ended valid / valid at once.
  std::uint64_t evaluated = 0;
  std::uint64_t passed = 0;
  std::uint64_t first_attempt_passed = 0;
  std::uint64_t attempts = 0;
  std::uint64_t segments_retried = 0;
  /// Drafts that were made before their turn (`--speculate`) and thrown away; their tokens are in the sums below.
  std::uint64_t discarded_drafts = 0;
  std::uint64_t failures_total = 0;
  std::string last_failure;
  /// Accepted segments with a variety flag, and with one that counts as repetition (contract 8.33).
  std::uint64_t variety_flagged = 0;
  std::uint64_t repeated = 0;
  std::uint64_t critical_accepted = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  /// Calls whose usage the backend did not report.
  std::uint64_t usage_missing = 0;
  /// Calls whose usage is known.
  std::uint64_t usage_known = 0;
  std::map<std::string, std::uint64_t> by_severity;
  std::map<std::string, std::uint64_t> by_category;

  std::uint64_t done() const noexcept { return accepted + skipped; }
};

/// Compact, with sorted names: written with every segment.
void append_json(std::string& out, const run_counters& c);
void to_json(nlohmann::json& j, const run_counters& c);
void from_json(const nlohmann::json& j, run_counters& c);

/// A part of the status as the room that knows it words it; shared between messages, so nobody changes it.
using status_part = std::shared_ptr<const nlohmann::json>;

/// A run as its scheduler sees it.
struct run_facts {
  std::string run_id;
  std::string kind;
  std::string dj;
  std::uint64_t seed = 0;
  run_state state = run_state::starting;
  std::string state_reason;
  std::vector<std::string> pause_reasons;
  std::string started_at;
  std::string backend_kind;
  /// ok, waiting_on_backend (it is busy), retrying (a back-off after a failed attempt), down, refuses.
  std::string backend_state = "ok";
  /// End of the wait in progress on the run's clock, RFC 3339, and what is left of it; empty when there is none.
  std::string backend_wait_until;
  std::optional<std::int64_t> backend_wait_ms;
  /// What the backend said last when it was not ok; one line.
  std::string backend_detail;
  /// `backend.endpoints`; null for none.
  status_part endpoints;
  slot_position position;
  std::optional<std::uint64_t> planned;
  run_counters counters;
  std::uint64_t consecutive_failures = 0;
  int failure_limit = 5;
  std::int64_t elapsed_ms = 0;
  /// Empty until there are some.
  std::optional<std::int64_t> last_segment_ms;
  std::string gate_state = "ok";
  double gate_threshold = 0.1;
  /// The story engine's view (contract section 4, `stories`); null for an empty one.
  status_part stories;
  /// The weather of the last segment and the order in force (`weather`); null for story runs.
  status_part weather;
  /// Searches of the catalogue that the retrieval cache answered, and those that it did not; both 0 without a catalogue.
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::string checkpoint_id;
  std::string checkpoint_at;
  /// Planned end of a `--duration-seconds` run on the elapsed clock; empty for none.
  std::optional<std::int64_t> duration_ms;
  std::vector<status_warning> warnings;
  /// As of the last committed segment, like the counters.
  usage_ledger usage;
  std::vector<model_price> prices;
  spending_limit limit;
  /// Empty where no judge takes part.
  std::optional<judge_tally> judge;
  /// With `--judge-batch`: drafts that are made and wait for the judge; how many the batch will have, while it is being made.
  std::uint64_t drafts_waiting = 0;
  std::optional<std::uint64_t> drafts_in_batch;
};

} // namespace longwave
