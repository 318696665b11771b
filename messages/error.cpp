// Names and printing of error codes.
#include "messages/error.hpp"

namespace longwave {

std::string_view to_string(error_code code) noexcept {
  switch (code) {
    case error_code::bad_usage: return "bad_usage";
    case error_code::unknown_dj: return "unknown_dj";
    case error_code::bad_pack: return "bad_pack";
    case error_code::bad_config: return "bad_config";
    case error_code::bad_fault_plan: return "bad_fault_plan";
    case error_code::bad_input: return "bad_input";
    case error_code::output_unwritable: return "output_unwritable";
    case error_code::run_exists: return "run_exists";
    case error_code::fingerprint_mismatch: return "fingerprint_mismatch";
    case error_code::store_locked: return "store_locked";
    case error_code::not_found: return "not_found";
    case error_code::wrong_state: return "wrong_state";
    case error_code::store_damaged: return "store_damaged";
    case error_code::store_newer: return "store_newer";
    case error_code::store_foreign: return "store_foreign";
    case error_code::io_failed: return "io_failed";
    case error_code::disk_full: return "disk_full";
    case error_code::backend_unavailable: return "backend_unavailable";
    case error_code::backend_refused: return "backend_refused";
    case error_code::internal: return "internal";
  }
  return "internal";
}

std::string to_string(const failure& f) {
  std::string line = f.what;
  if (!f.why.empty()) line += ": " + f.why;
  if (!f.remedy.empty()) line += "; " + f.remedy;
  return line;
}

} // namespace longwave
