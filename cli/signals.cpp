// signalfd and an eventfd in one poll.
#include "cli/signals.hpp"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace longwave::cli {

namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

void block_signals() {
  const auto set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

signal_watcher::signal_watcher(std::function<void(int, int)> on_signal) {
  const auto set = ending_signals();
  const int signal_fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  end_fd_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this, signal_fd, on_signal = std::move(on_signal)] {
    int count = 0;
    while (true) {
      pollfd watched[2] = {{signal_fd, POLLIN, 0}, {end_fd_, POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0) continue; // EINTR
      if (watched[1].revents) break;
      signalfd_siginfo info{};
      if (::read(signal_fd, &info, sizeof info) != sizeof info) continue;
      const auto signal = static_cast<int>(info.ssi_signo);
      if (++count > 2) std::_Exit(128 + signal);
      on_signal(signal, count);
    }
    ::close(signal_fd);
  });
}

signal_watcher::~signal_watcher() {
  const std::uint64_t one = 1;
  if (::write(end_fd_, &one, sizeof one) == sizeof one) thread_.join();
  ::close(end_fd_);
}

} // namespace longwave::cli
