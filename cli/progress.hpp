// What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere, JSON Lines for scripts.
#pragma once

#include "messages/run_config.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

namespace longwave::cli {

enum class progress_mode { automatic, bar, plain, json, none };

/// Threads: any. Redraws at most ten times a second; plain lines at most every two seconds and at changes of state.
class progress {
public:
  progress(progress_mode mode, std::FILE* out, bool is_terminal, bool color);
  ~progress();

  /// @param status a status document (contract section 4)
  void update(const nlohmann::json& status);
  /// Shows the last status whatever the rate, and leaves the line.
  void finish();

private:
  void show(const nlohmann::json& status);

  progress_mode mode_;
  std::FILE* out_;
  bool color_;
  std::mutex mutex_;
  std::int64_t shown_ms_ = 0;
  std::string shown_state_;
  std::string last_;
  bool line_open_ = false;
};

/// One progress line of at most `width` columns, without line end: bar, percent, count, day and hour, elapsed, ETA,
/// pass rate, warnings. @param bar_width 0 = no bar
std::string progress_line(const nlohmann::json& status, int bar_width, int width);

/// What stands above: who, how long, seed, backend, where.
std::string run_header(const run_config& config);

/// The last words of a run (domain 13). @param language "ko" or "en"
std::string final_statistics(const nlohmann::json& status, const std::string& language);

} // namespace longwave::cli
