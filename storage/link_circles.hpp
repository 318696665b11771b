// Links that go round in a circle: stories of a pack that call back to each other.
#pragma once

#include <cstddef>
#include <vector>

namespace longwave::storage {

/// The first circle found, each place once and in order, the last one linking to the first; empty for none.
/// @param to for each place the places that it links to, all of them less than its size
std::vector<std::size_t> find_circle(const std::vector<std::vector<std::size_t>>& to);

} // namespace longwave::storage
