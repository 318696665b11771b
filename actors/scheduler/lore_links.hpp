// What only many records together show: one id twice, callbacks that go round in a circle.
#pragma once

#include "actors/scheduler/lore_reading.hpp"
#include "messages/lore.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace longwave {

/// A fault of the record at that place of the list.
using placed_fault = std::pair<std::size_t, lore_fault>;

/// Every record whose id an earlier one has: `duplicate_id`, naming the earlier one's line.
std::vector<placed_fault> find_duplicates(const std::vector<lore_record>& records);

/// Every record that its callbacks lead back to, by id or title: `cyclic_callbacks`, naming the way round. A record
/// that only points at a circle is sound. Callbacks to what is not in the list are left alone.
std::vector<placed_fault> find_cycles(const std::vector<lore_record>& records);

} // namespace longwave
