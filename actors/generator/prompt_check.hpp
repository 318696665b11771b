// Looks before a run begins for prompts that its model's window could never hold.
#pragma once

#include "actors/run_setup.hpp"

#include <optional>
#include <string>

namespace longwave {

/// Renders each segment type once with the longest texts that the pack has for it.
/// @return the first type whose prompt and answer do not fit the window, and why, in one line; nothing when all fit or
///         the window is not known
std::optional<std::string> prompt_beyond_window(const run_setup& setup);

} // namespace longwave
