// Why a run is paused: all reasons in force, and who may lift which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// The reasons in force now (contract 8.8). A run goes on when none is left: the PAUSE file and `pause` both hold it.
class pause_reasons {
public:
  /// Sets a reason. False when it was set already or no such reason exists.
  bool add(std::string_view name) noexcept;
  /// Lifts a reason. False when it was not set.
  bool remove(std::string_view name) noexcept;
  /// What `resume` lifts: everything but the PAUSE file, which only its removal lifts (domain 7.2). A condition that
  /// still holds (disk, backend) sets its reason again when it is looked at next. True when none is left.
  bool clear_for_resume() noexcept;
  bool any() const noexcept { return set_ != 0; }
  bool has(std::string_view name) const noexcept;
  /// In the order of contract 8.8.
  std::vector<std::string> list() const;

  static bool known(std::string_view name) noexcept;
  /// Nothing but a person's act ends it, and no person asked for it: `--on-failure-limit exit` ends the run
  /// (contract 8.12).
  static bool needs_person(std::string_view name) noexcept;
  /// Survives a restart; the others are looked at anew (contract 8.12).
  static bool stored(std::string_view name) noexcept;
  /// Exit code of `--on-failure-limit exit` for a reason that needs a person: 69 for `backend_config`, else 75.
  static int exit_code(std::string_view name) noexcept;

private:
  std::uint32_t set_ = 0;
};

} // namespace longwave
