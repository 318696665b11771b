// The retention decision over a run's checkpoints.
#include "storage/checkpoint.hpp"

#include <algorithm>

namespace longwave::storage {

std::vector<std::size_t> checkpoints_to_drop(const std::vector<checkpoint_record>& oldest_first,
                                             const retention& keep) {
  auto left = keep;
  const auto quota = [&](checkpoint_kind kind) -> std::size_t& {
    switch (kind) {
      case checkpoint_kind::hourly: return left.hourly;
      case checkpoint_kind::daily: return left.daily;
      case checkpoint_kind::weekly: return left.weekly;
      default: return left.made_by_events;
    }
  };
  std::vector<std::size_t> drop;
  for (std::size_t i = oldest_first.size(); i-- > 0;) {
    auto& places = quota(oldest_first[i].kind);
    if (places == 0)
      drop.push_back(i);
    else
      --places;
  }
  std::reverse(drop.begin(), drop.end());
  return drop;
}

} // namespace longwave::storage
