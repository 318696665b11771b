// Which segments are being worked on right now: read by the fatal signal handler, so nothing here locks or allocates.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace longwave {

/// One run's open segment. `seq` 0 = the slot is free.
struct held_slot {
  std::atomic<bool> taken{false};
  std::atomic<std::uint64_t> seq{0};
  char run[65] = {};
};

/// Runs beyond this number are not named in a crash marker; a crash then counts against none of theirs.
inline constexpr std::size_t held_slot_count = 1024;

/// All slots of this process.
std::array<held_slot, held_slot_count>& held_slots() noexcept;

/// A run's place in the table; free again with its destruction. Threads: one owner; the table may be read at any time.
class segment_hold {
public:
  explicit segment_hold(std::string_view run) noexcept;
  ~segment_hold();
  segment_hold(const segment_hold&) = delete;
  segment_hold& operator=(const segment_hold&) = delete;

  /// The segment whose attempt is in flight; 0 = none.
  void set(std::uint64_t seq) noexcept;

private:
  held_slot* slot_ = nullptr;
};

} // namespace longwave
