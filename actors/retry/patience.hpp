// How long an attempt may take after others of its segment have stalled.
#pragma once

#include "actors/retry/outcome.hpp"

namespace longwave {

/// The numbers of the policy.
struct patience_limits {
  // backends.md 3, row 17: a server that needs longer than the deadline is asked again from scratch and fails for ever;
  // half as much again for each stall reaches twice the setting at the third attempt.
  int percent_a_stall = 50;
  // `--call-timeout` stays the measure: no call takes more than twice of it.
  int most_percent = 200;
};

/// What the next call of a segment gets of its hard deadline and its first-byte limit, percent: 100 for the first, more
/// for each attempt that stalled. Other failures say nothing about time. Pure; any thread.
int patience_percent(const attempt_state& state, const patience_limits& limits = {}) noexcept;

} // namespace longwave
