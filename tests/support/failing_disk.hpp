// A disk whose n-th call fails, once or from then on, with a chosen error; and one that only counts.
#pragma once

#include "tests/support/watched_disk.hpp"

#include <atomic>

namespace longwave::tests {

class failing_disk final : public disk_watcher {
public:
  struct plan {
    std::uint64_t at_call = 0;     ///< 1-based; 0: never
    disk_failure how;
    bool for_ever = false;
    bool changes_only = false;     ///< for ever: calls that only read go on working, as on a full disk
  };

  explicit failing_disk(plan when) : when_(when) {}

  disk_failure before(const disk_call& call) override {
    const auto n = ++calls_;
    if (healed_ || when_.at_call == 0 || n < when_.at_call || (n > when_.at_call && !when_.for_ever)) return {};
    const bool reads = call.what == disk_call::kind::open || call.what == disk_call::kind::read ||
                       call.what == disk_call::kind::look || call.what == disk_call::kind::close;
    if (when_.changes_only && reads) return {};
    if (failures_++ == 0) first_ = call;
    return {when_.how.error, when_.how.in_half && call.what == disk_call::kind::append};
  }
  void after(const disk_call&) override {}

  /// From now on everything works again.
  void heal() { healed_ = true; }
  std::uint64_t calls() const { return calls_; }
  std::uint64_t failures() const { return failures_; }
  /// The call that failed first.
  const disk_call& first() const { return first_; }

private:
  plan when_;
  std::atomic<std::uint64_t> calls_{0}, failures_{0};
  std::atomic<bool> healed_{false};
  disk_call first_{};
};

} // namespace longwave::tests
