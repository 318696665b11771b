// What a failed attempt leads to: again, wait, skip or pause. The one retry policy of the program.
#pragma once

#include "messages/draft.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace longwave {

/// An attempt that was spent without an accepted text.
struct failed_attempt {
  /// 1-based.
  int attempt = 1;
  outcome_class outcome = outcome_class::rejected;
  /// One line: what went wrong.
  std::string detail;
  /// What the validator found; only for `rejected`.
  std::vector<violation> violations;
  /// The answer was `incomplete` because it was too long, and for nothing else.
  bool cut_by_length = false;
  /// Who was asked; empty for the offline grammar and planned faults.
  std::string endpoint = {};
  std::string model = {};
  /// Evidence for `longwave why`, a JSON object (retry/evidence.hpp); empty for none. Takes no part in decisions.
  std::string evidence = {};
};

void to_json(nlohmann::json& j, const failed_attempt& f);
void from_json(const nlohmann::json& j, failed_attempt& f);

/// Where one segment stands in its attempts. Stored with the run, so that a restart goes on with the same number.
struct attempt_state {
  /// Number of the attempt that runs now or comes next, 1-based.
  int attempt = 1;
  /// Drafts rejected by validation so far: part of the segment's randomness (contract 8.20).
  int rejected = 0;
  /// Attempts that failed because the planned story was told too weakly, and for nothing graver.
  int incorporation_failures = 0;
  int refusals = 0;
  /// Spent attempts in order.
  std::vector<failed_attempt> history;
  /// Waited for a busy backend so far, milliseconds on the run's clock.
  std::int64_t busy_ms = 0;
  /// Waited for an endpoint that refuses connections, milliseconds on the run's clock.
  std::int64_t outage_ms = 0;
  int actor_deaths = 0;
  int process_deaths = 0;
};

/// Compact, with sorted names: written with every segment.
void append_json(std::string& out, const attempt_state& s);
void to_json(nlohmann::json& j, const attempt_state& s);
void from_json(const nlohmann::json& j, attempt_state& s);

enum class next_step { again, wait_busy, wait_outage, skip, pause_config, pause_quota, pause_busy };

std::string_view to_string(next_step s) noexcept;

/// The numbers of the policy that are not settings of a run.
struct retry_limits {
  // contract 8.1: "A refusal (content filter) is asked once more."
  int refusals = 2;
  // domain 5: attempts 1 and 2 failed because of the story, attempt 3 goes without it
  int incorporation_failures = 2;
  // domain 14: "up to 2 regenerations, the last with the used templates excluded"
  int duplicates = 2;
};

struct retry_decision {
  next_step step = next_step::again;
  /// Before the next call, milliseconds on the run's clock.
  std::int64_t wait_ms = 0;
  /// The next attempt is a generic gossip segment; the beat is not consumed.
  bool drop_story = false;
  attempt_state after;
  /// "max_retries_exceeded", "refused" or "duplicate"; only for `skip`.
  std::string skip_reason;
};

/// Decides what follows a failed attempt (contract 8.1, 8.2, 8.5). Pure; any thread.
///
/// Spent attempts are those of the classes transport, stall, incomplete, empty, loop, refused and rejected. Busy
/// answers, interruptions, configuration and quota spend none. `ok` is no failure; given one, the attempt is spent, so
/// that a caller's mistake cannot ask for ever.
/// @param max_attempts        model calls a segment, at least 1
/// @param validation_enabled  without it a rejected draft is not asked for again
/// @param retry_after_ms      wait that a busy backend asked for; 0 = none
/// @param stall_after_ms      busy waiting for one segment ends after this
/// @param outage_wait_ms      refused connections are waited out up to this before one spends an attempt
/// @param refused_connection  the transport failure was a refused connection or a missing route
retry_decision decide_retry(const attempt_state& state, const failed_attempt& failed, int max_attempts,
                            bool validation_enabled, std::int64_t retry_after_ms, std::int64_t stall_after_ms,
                            std::int64_t outage_wait_ms, bool refused_connection);

/// True when this segment's story has failed too often to be asked for again.
bool drops_story(const attempt_state& state) noexcept;

/// True when a story was too near to an earlier one so often that the next attempt takes another skeleton.
bool changes_template(const attempt_state& state) noexcept;

/// True when the attempt failed because its story was told before, and for nothing graver.
bool is_duplicate_failure(const failed_attempt& failed) noexcept;

} // namespace longwave
