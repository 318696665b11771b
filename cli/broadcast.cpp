// The verb `broadcast`.
#include "cli/run_here.hpp"
#include "cli/verbs.hpp"

namespace longwave::cli {

int broadcast_verb(const arguments& args) { return run_here(run_kind::broadcast, args); }

} // namespace longwave::cli
