// The name of one attempt in flight: answers that carry an old ticket are dropped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace longwave {

/// Everything an attempt needs, immutable; actors/attempt_order.hpp.
struct attempt_order;
using order_ptr = std::shared_ptr<const attempt_order>;

/// One attempt in flight. `serial` never repeats within a scheduler's life.
struct attempt_ticket {
  std::string run;
  std::uint64_t seq = 0;
  std::uint64_t serial = 0;

  bool operator==(const attempt_ticket&) const = default;
};

} // namespace longwave
