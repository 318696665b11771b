// What all verbs that look share: parsing with CLI11, the common options, and writing to stdout.
#pragma once

#include "cli/opened_store.hpp"
#include "cli/verbs.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App; // <CLI/CLI.hpp> in the files that add options: a second and a half of compiling
}

namespace longwave::cli {

/// Options that every verb has.
struct common_options {
  bool json = false;
  bool no_color = false;
};

/// Options of verbs that look at a store.
struct look_options : common_options {
  store_request store;
};

/// Adds --json and --no-color.
void add_common_options(CLI::App& app, common_options& options);
/// Adds --json, --no-color, --run and --snapshot; the folder is the verb's own positional.
void add_look_options(CLI::App& app, look_options& options);

/// Parses. @return the exit code where there is nothing more to do: help printed (0), or a fault reported (64)
std::optional<int> parse_arguments(CLI::App& app, const arguments& args);

/// Reports that arguments cannot be used: one line on stderr, exit code 64.
int report_usage(const CLI::App& app, const std::string& why, bool as_json = false);

/// True when a person reads stdout.
bool stdout_is_terminal();

/// Writes to stdout as it is.
void print_raw(std::string_view text);
/// Text that a model, a pack or a file may have a part in: made safe for a terminal. `print_line` adds the newline.
void print_text(std::string_view text);
void print_line(std::string_view text);

/// JSON as text, safe on a terminal: there everything beyond ASCII is escaped.
/// @param indent -1 for one line
std::string json_for_output(const nlohmann::ordered_json& j, int indent = -1);
/// The same, printed with a newline.
void print_json(const nlohmann::ordered_json& j, int indent = -1);
/// A stored line, byte for byte; on a terminal with everything beyond ASCII escaped.
void print_stored_line(const std::string& line);

/// Flushes stdout. @return `code`, or the exit code of a write that failed (74)
int finish_output(int code);

} // namespace longwave::cli
