// A fatal signal handler that only opens, writes and closes.
#include "cli/crash_marker.hpp"

#include "actors/held_segments.hpp"
#include "actors/signal_stack.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>

namespace longwave::cli {

namespace {

/// Set before the handlers are; never changed while they may run.
char marker_path[4096];

void put(int fd, const char* text) {
  // Nothing can be done about a write that fails while dying.
  [[maybe_unused]] const auto written = ::write(fd, text, std::strlen(text));
}

void put_number(int fd, std::uint64_t n) {
  char digits[24];
  char* at = digits + sizeof digits - 1;
  *at = '\0';
  do *--at = static_cast<char>('0' + n % 10);
  while (n /= 10);
  put(fd, at);
}

/// The first thread to die; others wait for the end that it brings, so that only one writes.
std::atomic<pid_t> dying{0};

/// Async-signal-safe: run ids are of [a-z0-9._-], so nothing needs escaping.
void on_fatal(int signal) {
  const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
  pid_t nobody = 0;
  const bool first_to_die = dying.compare_exchange_strong(nobody, self);
  while (!first_to_die && nobody != self) ::pause();
  // Dying once more while writing: nothing is written then.
  const int fd = first_to_die ? ::open(marker_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  if (fd >= 0) {
    put(fd, "{");
    bool first = true;
    for (auto& slot : held_slots()) {
      const auto seq = slot.seq.load(std::memory_order_acquire);
      if (seq == 0) continue;
      put(fd, first ? "\"" : ",\"");
      first = false;
      put(fd, slot.run);
      put(fd, "\":");
      put_number(fd, seq);
    }
    put(fd, "}\n");
    ::close(fd);
  }
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

} // namespace

void watch_for_crashes(const std::filesystem::path& data_dir) {
  const auto path = (data_dir / "crashed.json").string();
  if (path.size() >= sizeof marker_path) return; // such a path could not be opened either
  std::memcpy(marker_path, path.c_str(), path.size() + 1);
  held_slots(); // constructed now, not inside a handler
  give_signal_stack();
  struct sigaction action {};
  action.sa_handler = on_fatal;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

std::map<std::string, std::uint64_t> take_crash_marker(const std::filesystem::path& data_dir) {
  std::map<std::string, std::uint64_t> held;
  const auto path = data_dir / "crashed.json";
  {
    std::ifstream in(path);
    if (!in) return held;
    const auto j = nlohmann::json::parse(in, nullptr, false);
    if (j.is_object())
      for (const auto& [run, seq] : j.items())
        if (seq.is_number_unsigned()) held[run] = seq.get<std::uint64_t>();
  }
  std::error_code ignored; // one that stays counts once more; the open segment decides whether it matters
  std::filesystem::remove(path, ignored);
  return held;
}

} // namespace longwave::cli
