// Nobody is silent for more than ten seconds, and many runs share what they write.
#include "actors/monitor/status_pace.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

/// Longest silence of a run among `runs` whose status comes `late_ms` after the look that asked for it.
template <class Due>
std::int64_t longest_silence_ms(std::size_t runs, std::int64_t late_ms, Due due) {
  const status_pace pace;
  std::int64_t written = late_ms, longest = 0;
  for (std::int64_t now = pace.heartbeat_ms; now < 4'000'000; now += pace.heartbeat_ms) {
    if (!(pace.*due)(now - written, runs)) continue;
    longest = std::max(longest, now + late_ms - written);
    written = now + late_ms;
  }
  return longest;
}

constexpr auto loaded = &status_pace::is_due;
constexpr auto parked = &status_pace::is_due_parked;

} // namespace

TEST_CASE("status pace: up to 250 runs that rest are shown at every look, however late their status is written") {
  for (const std::size_t runs : {1u, 10u, 250u})
    for (const std::int64_t late : {0, 1, 5, 400}) CHECK(longest_silence_ms(runs, late, loaded) == 5'000);
  CHECK(longest_silence_ms(500, 5, loaded) == 10'000);
}

TEST_CASE("status pace: up to 50 parked runs are shown at every look, a hundred within ten seconds") {
  for (const std::size_t runs : {1u, 50u}) CHECK(longest_silence_ms(runs, 5, parked) == 5'000);
  CHECK(longest_silence_ms(100, 5, parked) == 10'000);
}

TEST_CASE("status pace: ten thousand silent runs write fifty statuses a second, parked ones ten, busy ones a hundred") {
  CHECK(longest_silence_ms(10'000, 5, loaded) >= 195'000);
  CHECK(longest_silence_ms(10'000, 5, loaded) <= 205'000);
  CHECK(longest_silence_ms(10'000, 5, parked) >= 995'000);
  CHECK(longest_silence_ms(10'000, 5, parked) <= 1'005'000);
  const status_pace pace;
  CHECK(pace.gap_of(1) == 50);
  CHECK(pace.gap_of(64) == 640);
}
