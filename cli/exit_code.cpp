// Error codes to exit codes; the one line an operator gets.
#include "cli/exit_code.hpp"

#include "cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace longwave::cli {

int exit_code_of(error_code code) noexcept {
  switch (code) {
    case error_code::bad_usage:
    case error_code::unknown_dj: return exit_usage;
    case error_code::bad_pack:
    case error_code::bad_fault_plan:
    case error_code::bad_input: return exit_data;
    case error_code::bad_config: return exit_config;
    case error_code::output_unwritable:
    case error_code::run_exists:
    case error_code::fingerprint_mismatch:
    case error_code::store_locked: return exit_cannot_create;
    case error_code::not_found: return exit_unavailable;
    case error_code::wrong_state: return exit_cannot_create;
    case error_code::store_damaged:
    case error_code::store_newer:
    case error_code::store_foreign:
    case error_code::io_failed:
    case error_code::disk_full: return exit_io;
    case error_code::backend_unavailable:
    case error_code::backend_refused: return exit_unavailable;
    case error_code::internal: return exit_internal;
  }
  return exit_internal;
}

int report_failure(const failure& f, bool as_json) {
  const int code = exit_code_of(f.code);
  if (as_json) {
    const nlohmann::json problem{{"type", "about:blank"},
                                 {"title", f.what},
                                 {"detail", f.why},
                                 {"remedy", f.remedy},
                                 {"code", to_string(f.code)},
                                 {"exit_code", code}};
    const auto text = problem.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    std::fprintf(stderr, "%s\n", text.c_str());
  } else {
    std::fprintf(stderr, "longwave: %s\n", terminal_line(to_string(f)).c_str());
  }
  return code;
}

} // namespace longwave::cli
