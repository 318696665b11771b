// The flags of the two run verbs: one table that the command line, the environment, the configuration file and
// POST /v1/runs all go through.
#pragma once

#include "messages/error.hpp"
#include "messages/run_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace longwave::cli {

/// What was asked for: values as given, by long name without dashes. A flag that was not given is not in it.
struct run_options {
  run_kind kind = run_kind::broadcast;
  std::map<std::string, std::vector<std::string>> given;
  /// Names whose value came from the --config file, with their lines: a bad one there is bad_config.
  std::map<std::string, int> from_file;

  bool has(const std::string& name) const { return given.count(name) > 0; }
  /// The last value given, or `otherwise`.
  std::string value(const std::string& name, const std::string& otherwise = "") const;
};

/// Parses a command line (flags over environment LONGWAVE_<NAME> over --config FILE).
/// @return the options; `help` filled with the text to print when --help was asked for
/// Fails with bad_usage, or bad_config when the fault is in the file.
struct parsed_options {
  run_options options;
  std::string help;
};
result<parsed_options> parse_run_options(run_kind kind, const std::vector<std::string>& args);

/// The same from the body of POST /v1/runs: {"kind":...} and long flags with '_' for '-'.
result<run_options> run_options_of(const nlohmann::json& body);

/// Puts what was given into a configuration: on a new run over the defaults, on a resumed one over the stored values.
/// Checks every number's range and every choice. Fails with bad_usage naming the flag.
result<void> apply_options(const run_options& options, run_config& config);

} // namespace longwave::cli
