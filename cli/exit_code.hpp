// Exit codes of the program (contract section 3), and how failures become one line on stderr.
#pragma once

#include "messages/error.hpp"

namespace longwave::cli {

enum exit_code : int {
  exit_done = 0,
  exit_conditional = 10,
  exit_invalid = 11,
  exit_usage = 64,
  exit_data = 65,
  exit_unavailable = 69,
  exit_internal = 70,
  exit_cannot_create = 73,
  exit_io = 74,
  exit_paused = 75,
  exit_config = 78,
  exit_sigint = 130,
  exit_sigterm = 143,
};

/// The exit code of a failure (contract 8.32).
int exit_code_of(error_code code) noexcept;

/// Prints `longwave: <what>: <why>; <remedy>` on stderr, or a problem document (RFC 9457) with `as_json`, made safe for
/// a terminal. @return the failure's exit code
int report_failure(const failure& f, bool as_json = false);

} // namespace longwave::cli
