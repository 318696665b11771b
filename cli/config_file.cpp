// toml++ says where a configuration file is malformed; CLI11 knows the names.
#include "cli/config_file.hpp"

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

#include <sstream>

namespace longwave::cli {

namespace {

class strict_config final : public CLI::ConfigTOML {
public:
  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::ostringstream all;
    all << in.rdbuf();
    try {
      (void) toml::parse(all.str());
    } catch (const toml::parse_error& e) {
      throw CLI::ConfigError("line " + std::to_string(e.source().begin.line) + ": " + std::string(e.description()));
    }
    std::istringstream again(all.str());
    return CLI::ConfigTOML::from_config(again);
  }
};

} // namespace

std::shared_ptr<CLI::Config> make_config_reader() { return std::make_shared<strict_config>(); }

} // namespace longwave::cli
