// How often actors may die before restarting them is no cure any more.
#pragma once

#include <chrono>
#include <deque>

namespace longwave {

/// Deaths within a sliding period of real time. Beyond the intensity the supervisor stops restarting (contract 8.3).
struct restart_intensity {
  // contract 8.3: "The sixth actor death within 60 s of real time"
  int max_restarts = 5;
  std::chrono::milliseconds period{60'000};

  /// Notes a death; true when more than `max_restarts` lie within the period up to and with this one.
  /// @param now  a steady clock's reading; never goes back
  bool note(std::chrono::milliseconds now);
  /// Forgets all deaths: a person has resumed.
  void reset() noexcept { deaths.clear(); }

  /// Times of the deaths still within the period, oldest first; at most `max_restarts + 1`.
  std::deque<std::chrono::milliseconds> deaths;
};

} // namespace longwave
