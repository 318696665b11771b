// Reads a --config file as TOML, strictly: what is malformed is refused with its line.
#pragma once

#include <memory>

namespace CLI {
class Config;
}

namespace longwave::cli {

/// For CLI11's `config_formatter`: checks the file with toml++ before CLI11 reads names and values from it.
/// Throws CLI::ConfigError naming line and reason.
std::shared_ptr<CLI::Config> make_config_reader();

} // namespace longwave::cli
