// The table of open segments.
#include "actors/held_segments.hpp"

#include <algorithm>
#include <cstring>

namespace longwave {

std::array<held_slot, held_slot_count>& held_slots() noexcept {
  static std::array<held_slot, held_slot_count> slots;
  return slots;
}

segment_hold::segment_hold(std::string_view run) noexcept {
  for (auto& slot : held_slots()) {
    bool free = false;
    if (!slot.taken.compare_exchange_strong(free, true)) continue;
    const auto length = std::min(run.size(), sizeof slot.run - 1);
    std::memcpy(slot.run, run.data(), length);
    slot.run[length] = '\0';
    slot_ = &slot;
    return;
  }
}

segment_hold::~segment_hold() {
  if (!slot_) return;
  slot_->seq.store(0);
  slot_->taken.store(false);
}

void segment_hold::set(std::uint64_t seq) noexcept {
  if (slot_) slot_->seq.store(seq, std::memory_order_release);
}

} // namespace longwave
