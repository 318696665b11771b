// SIGINT and SIGTERM as events: blocked everywhere, awaited by one thread.
#pragma once

#include <functional>
#include <thread>

namespace longwave::cli {

/// Blocks SIGINT and SIGTERM in this thread and all that it starts later, and ignores SIGPIPE.
/// Call before any other thread exists.
void block_signals();

/// Calls back with (signal, how many have come so far: 1 or 2) on a thread of its own, until destroyed. The third signal
/// ends the process with 128 + its number. What the callback uses must outlive the watcher, or say that it is gone.
class signal_watcher {
public:
  explicit signal_watcher(std::function<void(int signal, int count)> on_signal);
  ~signal_watcher();
  signal_watcher(const signal_watcher&) = delete;
  signal_watcher& operator=(const signal_watcher&) = delete;

private:
  int end_fd_ = -1;
  std::thread thread_;
};

} // namespace longwave::cli
