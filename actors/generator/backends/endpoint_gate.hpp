// What is known of one model server: whether, when and how often it may be asked. Pure; the time comes in.
//
// Concurrency adapts as TCP does (additive increase, multiplicative decrease): every sound answer adds 1/limit, a busy
// answer or a stall halves it. A cool-down is shared by all calls: of two, the longer one holds.
#pragma once

#include "messages/draft.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// The numbers of a gate.
struct gate_limits {
  /// Calls in flight at most: Ollama works on one by default and queues the rest.
  int ollama_in_flight = 1;
  int in_flight = 16;
  /// First avoidance after a call that did not get through; doubles up to the cap (contract 8.1's back-off).
  std::int64_t first_avoid_ms = 1'000;
  std::int64_t avoid_cap_ms = 30'000;
  /// A server that refuses key, model or quota is left alone this long while others are there.
  std::int64_t refuses_ms = 300'000;
};

/// One server as all calls of the process see it.
struct endpoint_gate {
  /// Calls in flight at most, at least 1.
  int most = 1;
  /// As adapted, 1..most; its whole part counts.
  double limit = 1;
  int in_flight = 0;
  /// It asked to be left alone until then, milliseconds on the caller's clock.
  std::int64_t reopens_at_ms = 0;
  /// Others are asked instead until then.
  std::int64_t avoided_until_ms = 0;
  int busy_in_row = 0;
  int failures_in_row = 0;
  bool refuses = false;
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  std::string last_failure;

  bool has_place() const noexcept { return in_flight < static_cast<int>(limit); }
  bool cools(std::int64_t now_ms) const noexcept { return now_ms < reopens_at_ms; }
  bool avoided(std::int64_t now_ms) const noexcept { return now_ms < avoided_until_ms; }
  /// "ok", "waiting", "down" or "refuses".
  std::string_view state(std::int64_t now_ms) const noexcept;

  void begin() noexcept;
  /// Takes the end of a call in. Of a virtual-clock run the server's waits are not kept: such a run passes them at once.
  void end(const draft& answer, std::int64_t now_ms, bool virtual_clock);
};

/// Limits for a kind of server. @param asked the configured number of calls in flight; 0 = the kind's own
endpoint_gate make_gate(std::string_view kind, int asked) noexcept;

/// What to do with a call.
struct gate_choice {
  /// Index of the server to ask now.
  std::optional<std::size_t> at;
  /// A suitable server has no place: wait until a call ends.
  bool full = false;
  /// All suitable servers want to be left alone: milliseconds until the first may be asked. Only without the above.
  std::int64_t wait_ms = 0;
  /// Every server was tried already.
  bool none = false;
};

/// Chooses the least loaded server that is neither cooling, avoided nor full; of equals the one with the fewest calls so
/// far, then the first. When all are avoided, the one whose avoidance ends first is asked all the same: whether and when
/// to ask a dead backend again is the retry actor's decision, not this one's.
/// @param tried servers that this call has asked already  @param virtual_clock no wait is kept
gate_choice choose_endpoint(const std::vector<const endpoint_gate*>& gates, const std::vector<bool>& tried,
                            std::int64_t now_ms, bool virtual_clock);

/// Whether another server may be asked in the same attempt: the answer cost no model call here (busy, refused
/// connection, key, model or quota). A prompt that is too long is too long for the others of the kind as well.
bool may_go_elsewhere(const draft& answer) noexcept;

} // namespace longwave
