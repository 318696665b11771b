// `longwave version`: what this program is.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"
#include "messages/run_config.hpp"
#include "storage/store.hpp"

#include <CLI/App.hpp>

namespace longwave::cli {

int version_verb(const arguments& args) {
  common_options options;
  CLI::App app("Print the version of the program, of its store and of its generator.", "version");
  add_common_options(app, options);
  if (const auto over = parse_arguments(app, args)) return *over;
  if (options.json)
    print_json({{"version", LONGWAVE_VERSION},
                {"store_schema", storage::schema_version},
                {"generator_version", generator_version},
                {"compiler", __VERSION__}});
  else
    print_line("longwave " LONGWAVE_VERSION " (store schema " + std::to_string(storage::schema_version) +
               ", generator " + std::to_string(generator_version) + ", compiler " __VERSION__ ")");
  return finish_output(exit_done);
}

} // namespace longwave::cli
