// What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere, JSON Lines for scripts.
#pragma once

#include "messages/run_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace longwave::cli {

enum class progress_mode { automatic, bar, plain, json, none };

/// Shows the statuses it is given: redraws the bar at most ten times a second, writes plain lines at most every two
/// seconds and at changes of state, in JSON mode each status as one line.
/// Threads: any. A thread of its own does the writing, so that a terminal that stands still never holds up a run.
class progress {
public:
  progress(progress_mode mode, std::FILE* out, bool is_terminal, bool color);
  /// Finishes.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// @param status a status document (contract section 4); anything else is left alone
  void update(const nlohmann::json& status);
  /// Shows the last status whatever the rate, leaves the line, and shows nothing afterwards.
  void finish();

private:
  struct painter;
  std::unique_ptr<painter> painter_;
};

/// One progress line of at most `width` columns, without line end: bar, percent, count, day and hour, elapsed, ETA,
/// time a segment, pass rate, warnings. Safe for a terminal. @param bar_width 0 = no bar
std::string progress_line(const nlohmann::json& status, int bar_width, int width);

/// What stands above: who, how long, seed, backend, where. Several lines, safe for a terminal.
std::string run_header(const run_config& config);

/// The last words of a run (domain 13), never with the word that watchers of logs look for.
/// @param language "ko" or "en"
std::string final_statistics(const nlohmann::json& status, const std::string& language);

} // namespace longwave::cli
