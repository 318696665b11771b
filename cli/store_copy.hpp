// A consistent copy of a store: by the living engine that has it, or here after a dead one.
#pragma once

#include "cli/place.hpp"
#include "messages/error.hpp"

#include <string>

namespace longwave::cli {

/// Copies the store of a place by hard links and a copied log: milliseconds at any size.
/// @param to  a path that does not exist; empty for `.longwave/snapshots/snapshot-TIME`
/// @return where it is. Fails with not_found (no store), output_unwritable, store_locked.
result<std::string> copy_store(const place& where, const std::string& to);

} // namespace longwave::cli
