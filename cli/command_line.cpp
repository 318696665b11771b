// CLI11 in, stdout out.
#include "cli/command_line.hpp"

#include "cli/exit_code.hpp"
#include "cli/terminal_text.hpp"
#include "messages/json_controls.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace longwave::cli {

void add_common_options(CLI::App& app, common_options& options) {
  app.option_defaults()->always_capture_default(); // holds for what is added from here on
  app.add_flag("--json", options.json, "JSON on stdout instead of text for a person");
  app.add_flag("--no-color", options.no_color, "No colours, no animation (this verb has none)");
}

void add_look_options(CLI::App& app, look_options& options) {
  add_common_options(app, options);
  app.add_option("--run", options.store.run, "The run, where a store has several");
  app.add_option("--snapshot", options.store.snapshot, "Look into this snapshot instead of a run's folder");
}

std::optional<int> parse_arguments(CLI::App& app, const arguments& args) {
  app.name("longwave " + app.get_name());
  auto reversed = args;
  std::reverse(reversed.begin(), reversed.end());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    print_raw(app.help());
    return finish_output(exit_done);
  } catch (const CLI::ParseError& e) {
    return report_usage(app, e.what(), std::find(args.begin(), args.end(), "--json") != args.end());
  }
  return std::nullopt;
}

int report_usage(const CLI::App& app, const std::string& why, bool as_json) {
  const auto& name = app.get_name(); // "longwave <verb>"
  return report_failure({error_code::bad_usage, name.substr(name.rfind(' ') + 1), why, "see `" + name + " --help`"},
                        as_json);
}

bool stdout_is_terminal() {
  static const bool is = ::isatty(STDOUT_FILENO) == 1;
  return is;
}

void print_raw(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_text(std::string_view text) { print_raw(terminal_text(text)); }

void print_line(std::string_view text) {
  print_raw(terminal_line(text));
  print_raw("\n");
}

std::string json_for_output(const nlohmann::ordered_json& j, int indent) {
  return escape_controls(j.dump(indent, ' ', stdout_is_terminal(), nlohmann::ordered_json::error_handler_t::replace));
}

void print_json(const nlohmann::ordered_json& j, int indent) {
  print_raw(json_for_output(j, indent));
  print_raw("\n");
}

void print_stored_line(const std::string& line) {
  if (stdout_is_terminal()) return print_json(nlohmann::ordered_json::parse(line, nullptr, false));
  print_raw(line);
  print_raw("\n");
}

int finish_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  if (errno == EPIPE) return code; // the reader has what it wanted
  return report_failure({error_code::io_failed, "cannot write to stdout", std::strerror(errno), ""});
}

} // namespace longwave::cli
