// Who is on duty: today's handles of the shared actors, replaced by the supervisor when one dies.
#pragma once

#include "messages/interfaces.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace longwave {

/// A handle with its generation: 1 for the first, one more for each successor. Who sent to generation g and then
/// learns of a later one knows that its message may be lost.
template <class Handle>
struct post {
  Handle actor;
  std::uint64_t generation = 1;
};

/// Immutable; copied and replaced as a whole.
struct crew {
  std::vector<post<generator_actor>> generators;
  std::vector<post<validator_actor>> validators;
  post<retry_actor> retry;
  post<committer_actor> committer;
  post<monitor_actor> monitor;
  supervisor_actor supervisor;
};

/// Where actors look the crew up at the moment of sending. Threads: all members from any thread; the lock is held for
/// a pointer copy only.
class crew_board {
public:
  std::shared_ptr<const crew> today() const {
    std::lock_guard guard(mutex_);
    return crew_;
  }
  void replace(std::shared_ptr<const crew> next) {
    std::lock_guard guard(mutex_);
    crew_ = std::move(next);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const crew> crew_ = std::make_shared<crew>();
};

} // namespace longwave
