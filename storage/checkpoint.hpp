// Which checkpoints a run keeps: a pure decision over their list (contract 8.18).
#pragma once

#include "messages/checkpoint.hpp"

#include <cstddef>
#include <vector>

namespace longwave::storage {

/// How many of each kind are kept; the newest ones win.
struct retention {
  std::size_t hourly = 24;
  std::size_t daily = 7;
  std::size_t weekly = 100;
  /// Pause, stop, end and manual ones together.
  std::size_t made_by_events = 100;
};

/// Positions in `oldest_first` of the checkpoints to drop, ascending.
std::vector<std::size_t> checkpoints_to_drop(const std::vector<checkpoint_record>& oldest_first,
                                             const retention& keep = {});

} // namespace longwave::storage
