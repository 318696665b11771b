// A point of a run as a person names it: a segment's number or a checkpoint's id.
#pragma once

#include "cli/opened_store.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <string>

namespace longwave::cli {

/// @param word a number from 0 (the start) to the run's last segment, or the id of a listed checkpoint
/// @return the last segment before that point. Fails with not_found.
result<std::uint64_t> run_point(const opened_store& opened, const std::string& word);

} // namespace longwave::cli
