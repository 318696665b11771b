// The templates that are built in, for what a pack leaves out.
#pragma once

#include <string_view>

namespace longwave {

/// The built-in text of "system", "judge_system" and "judge"; for every other name the one that fits all segment types.
std::string_view default_prompt(std::string_view name) noexcept;

} // namespace longwave
