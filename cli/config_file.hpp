// Reads a --config file as TOML, strictly: what is malformed is refused with its line.
#pragma once

#include <map>
#include <memory>
#include <string>

namespace CLI {
class Config;
}

namespace longwave::cli {

/// For CLI11's `config_formatter`: toml++ reads the file, a list as repeated values and [[endpoint]] tables as the texts that
/// --endpoint takes ("URL name=value ...").
/// @param lines filled with the line of each name in the file, to tell later where a value came from; must outlive the
///              reader
/// Throws CLI::ConfigError naming line and reason.
std::shared_ptr<CLI::Config> make_config_reader(std::map<std::string, int>& lines);

} // namespace longwave::cli
