// toml++ says where a configuration file is malformed; CLI11 knows the names.
#include "cli/config_file.hpp"

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

#include <sstream>

namespace longwave::cli {

namespace {

class strict_config final : public CLI::ConfigTOML {
public:
  explicit strict_config(std::map<std::string, int>& lines) : lines_(lines) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::ostringstream all;
    all << in.rdbuf();
    look_at(all.str());
    std::istringstream again(all.str());
    return CLI::ConfigTOML::from_config(again);
  }

private:
  void look_at(const std::string& text) const {
    try {
      const auto table = toml::parse(text);
      for (const auto& [key, value] : table) {
        const auto line = static_cast<int>(value.source().begin.line);
        if (value.is_table()) fail(line, "knows no section named " + std::string(key));
        lines_[std::string(key)] = line;
      }
    } catch (const toml::parse_error& e) {
      fail(static_cast<int>(e.source().begin.line), std::string(e.description()));
    }
  }

  [[noreturn]] static void fail(int line, const std::string& why) {
    throw CLI::ConfigError("line " + std::to_string(line) + ": " + why);
  }

  std::map<std::string, int>& lines_;
};

} // namespace

std::shared_ptr<CLI::Config> make_config_reader(std::map<std::string, int>& lines) {
  return std::make_shared<strict_config>(lines);
}

} // namespace longwave::cli
