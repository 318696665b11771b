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
    std::vector<CLI::ConfigItem> items;
    try {
      const auto table = toml::parse(all.str());
      for (const auto& [key, value] : table)
        items.push_back(key.str() == "prices" ? prices_of(value) : item_of(std::string(key.str()), value));
    } catch (const toml::parse_error& e) {
      fail(static_cast<int>(e.source().begin.line), std::string(e.description()));
    }
    return items;
  }

private:
  CLI::ConfigItem item_of(const std::string& key, const toml::node& value) const {
    const auto line = static_cast<int>(value.source().begin.line);
    if (value.is_table()) fail(line, "knows no section named " + key);
    lines_[key] = line;
    CLI::ConfigItem item;
    item.name = key;
    if (const auto* list = value.as_array()) {
      for (const auto& one : *list) {
        const auto* table = one.as_table();
        if (table && key != "endpoint") fail(static_cast<int>(one.source().begin.line), "knows no section named " + key);
        item.inputs.push_back(table ? endpoint_of(*table) : text_of(key, one));
      }
    } else {
      item.inputs.push_back(text_of(key, value));
    }
    return item;
  }

  static std::string text_of(const std::string& key, const toml::node& value) {
    if (const auto* text = value.as_string()) return text->get();
    if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* whole = value.as_integer()) return std::to_string(whole->get());
    std::ostringstream out;
    if (const auto* number = value.as_floating_point())
      out << number->get();
    else if (const auto* date = value.as_date())
      out << date->get();
    else
      fail(static_cast<int>(value.source().begin.line), key + " wants a value or a list of values");
    return out.str();
  }

  /// [[endpoint]] with `url` and settings, as the flag has it: "URL name=value ...".
  static std::string endpoint_of(const toml::table& table) {
    const auto line = static_cast<int>(table.source().begin.line);
    const auto* url = table.get("url");
    if (!url || !url->is_string()) fail(line, "an endpoint wants its url");
    std::string text = text_of("url", *url);
    for (const auto& [name, value] : table) {
      if (name.str() == "url") continue;
      const auto setting = text_of(std::string(name.str()), value);
      // A blank would end the setting: the flag's form has no way to hold one.
      if (setting.find_first_of(" \t") != std::string::npos)
        fail(static_cast<int>(value.source().begin.line), std::string(name.str()) + " holds a blank");
      text += " " + std::string(name.str()) + "=" + setting;
    }
    return text;
  }

  /// [prices."MODEL"] as the flag has it: "MODEL input=2.5 output=10".
  CLI::ConfigItem prices_of(const toml::node& value) const {
    const auto* models = value.as_table();
    if (!models) fail(static_cast<int>(value.source().begin.line), "prices wants sections [prices.\"MODEL\"]");
    lines_["price"] = static_cast<int>(value.source().begin.line);
    CLI::ConfigItem item;
    item.name = "price";
    for (const auto& [model, node] : *models) {
      const auto* table = node.as_table();
      const auto line = static_cast<int>(node.source().begin.line);
      if (!table) fail(line, "prices wants sections [prices.\"MODEL\"]");
      std::string text(model.str());
      for (const auto& [name, amount] : *table) {
        if (!amount.is_number()) fail(static_cast<int>(amount.source().begin.line), std::string(name.str()) + " wants a number");
        text += " " + std::string(name.str()) + "=" + text_of(std::string(name.str()), amount);
      }
      item.inputs.push_back(std::move(text));
    }
    return item;
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
