// The verb `stories`.
#include "cli/run_here.hpp"
#include "cli/verbs.hpp"

namespace longwave::cli {

int stories_verb(const arguments& args) { return run_here(run_kind::stories, args); }

} // namespace longwave::cli
