// Runs one broadcast or story series in this process, from flags to exit code.
#pragma once

#include "messages/run_config.hpp"

#include <string>
#include <vector>

namespace longwave::cli {

/// @return the program's exit code (contract section 3)
int run_here(run_kind kind, const std::vector<std::string>& args);

} // namespace longwave::cli
