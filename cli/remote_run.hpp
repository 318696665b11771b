// Hands a run to the engine of `longwave serve` and, without --detach, follows it to its end.
#pragma once

#include "cli/run_options.hpp"

namespace longwave::cli {

/// @return the program's exit code
int run_on_server(const run_options& options);

} // namespace longwave::cli
