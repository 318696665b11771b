// Planned faults: what the backend shall do wrong, when, for rehearsals and tests (contract section 7).
//
// Pure: the same plan, seed and position give the same fault, also after a restart.
#pragma once

#include "messages/draft.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One fault as it shall happen.
struct planned_fault {
  /// timeout refuse reset http500 http429 http503 empty garbage truncated slow bad nousage badusage crash abort, and for the judge of the
  /// draft: judge_down judge_garbage judge_reject.
  std::string kind;
  /// For `crash`: generator, validator, retry, scheduler, committer or monitor.
  std::string actor;
  /// For `slow`: by how much the call is delayed, milliseconds on the run's clock.
  std::int64_t ms = 0;
  /// Of every kind: by how much the judge of the draft is delayed, milliseconds on the run's clock.
  std::int64_t judge_ms = 0;
  /// For `http429` and `http503`: the wait the server asks for, milliseconds; 0 = none.
  std::int64_t retry_after_ms = 0;
  /// For `bad`: the text that goes to the validator as if a model had written it.
  std::string text;
};

/// An ordered list of rules; the first that matches a call wins.
class fault_plan {
public:
  /// Reads JSON Lines; blank lines are left out.
  /// Keys: `fault` (required), `segment` and `attempt` (a number, "*" or "a-b"), `call` (a number or "a-b"),
  /// `probability` (0..1), `ms`, `judge_ms`, `retry_after` (seconds), `text`. `slow` without `ms` and `judge_ms` means 1000, `bad` without `text`
  /// an error message as content.
  /// @return `bad_fault_plan` naming line and field when a key, a fault or a value is not understood
  static result<fault_plan> parse(std::string_view jsonl);

  bool empty() const noexcept { return rules_.empty(); }

  /// The fault of one call, if any.
  /// @param segment 1-based  @param attempt 1-based, as spent  @param call 1-based number of the run's generator calls
  /// @param seed the run's seed, for rules with a probability
  std::optional<planned_fault> find(std::uint64_t segment, int attempt, std::uint64_t call, std::uint64_t seed) const;

private:
  /// Inclusive; the default matches everything.
  struct range {
    std::uint64_t first = 0;
    std::uint64_t last = UINT64_MAX;
    bool holds(std::uint64_t n) const noexcept { return first <= n && n <= last; }
  };
  struct rule {
    range segment;
    range attempt;
    range call;
    double probability = 1;
    planned_fault fault;
  };
  struct reader;

  std::vector<rule> rules_;
};

/// What the backend would have answered under this fault without being called (timeout, refuse, reset, http500,
/// http503, http429, empty, garbage, bad), or nothing when the call must be made (slow, truncated, nousage, badusage)
/// or the fault is none of the backend's (crash, abort).
/// `took_ms` is the time the caller must let pass on the run's clock: `call_timeout_ms` for a timeout, else 0.
std::optional<draft> answer_instead(const planned_fault& fault, std::int64_t call_timeout_ms);

/// Changes a real answer: `truncated` cuts a sound text in half, `nousage` and `badusage` take its usage away.
/// Every other fault leaves it as it is.
draft spoil(const planned_fault& fault, draft answer);

} // namespace longwave
