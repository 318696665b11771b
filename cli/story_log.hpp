// What a story run says while it works: the lines that operators and scripts of its predecessor look for (domain 13).
#pragma once

#include "messages/monitor.hpp"
#include "messages/run_config.hpp"
#include "messages/supervisor.hpp"

#include <cstdio>
#include <mutex>
#include <string>

namespace longwave::cli {

/// Writes to the log and to `out`. Korean markers for story runs with `--lang ko`, English lines for other story runs;
/// broadcasts get the final statistics only. Threads: any.
class story_log {
public:
  /// Also links logs/horror_story_<YYYYMMDD>_<HHMMSS>.log to the log of a story run (contract 8.35).
  story_log(const run_config& config, std::FILE* out);

  void event(const event_happened& event);
  void signal_received();
  void ended(const run_outcome& outcome);
  void statistics(const std::string& text);

private:
  void say(const std::string& line);
  bool speaks() const noexcept { return config_.kind == run_kind::stories; }
  bool korean() const noexcept { return config_.language == "ko"; }

  run_config config_;
  std::FILE* out_;
  std::mutex mutex_;
};

} // namespace longwave::cli
