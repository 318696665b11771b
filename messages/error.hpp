// Every way Longwave can say no: one numbered code, one sentence, and what to do about it.
#pragma once

// Not <boost/outcome.hpp>: most of a second more for every file of the house.
#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/success_failure.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace longwave {

/// Why an operation failed. Numbers are final: they are printed, stored and documented in docs/errors.md
/// under the name that `to_string` gives. Append only.
enum class error_code : std::uint8_t {
  /// Flags or arguments that cannot be used.
  bad_usage = 1,
  /// A DJ name that no pack knows, or that fits several.
  unknown_dj = 2,
  /// A pack, profile, story or grammar file that breaks its schema.
  bad_pack = 3,
  /// A configuration file or environment variable that cannot be used.
  bad_config = 4,
  /// A fault plan line that cannot be read.
  bad_fault_plan = 5,
  /// Input data (scripts, lore, requests) that cannot be parsed.
  bad_input = 6,

  /// The output folder cannot be created or written.
  output_unwritable = 10,
  /// The folder already holds a run.
  run_exists = 11,
  /// `--resume` with a configuration that would change the output.
  fingerprint_mismatch = 12,
  /// Another engine holds the store.
  store_locked = 13,
  /// No run, segment, checkpoint or engine by that name.
  not_found = 14,
  /// The state of the run forbids this.
  wrong_state = 15,

  /// The store or an output file fails its checksum, chain or count.
  store_damaged = 20,
  /// The store was written by a newer release.
  store_newer = 21,
  /// The store belongs to something that is not Longwave.
  store_foreign = 22,
  /// Reading or writing failed.
  io_failed = 23,
  /// No space left on the device.
  disk_full = 24,

  /// The backend cannot be reached or does not answer.
  backend_unavailable = 30,
  /// The backend refuses: key, model or configuration.
  backend_refused = 31,

  /// A condition that the program rules out.
  internal = 40,
};

/// The code's name as it stands in messages, JSON and docs/errors.md.
std::string_view to_string(error_code code) noexcept;

/// A failure with everything an operator needs. Printed as `longwave: <what>: <why>; <remedy>`.
struct failure {
  error_code code = error_code::internal;
  /// What was being done, or what is wrong ("cannot open the store").
  std::string what;
  /// Why, with place (file, line, field) where there is one.
  std::string why;
  /// What to do next; may be empty.
  std::string remedy;
};

/// One line, no trailing newline: `<what>: <why>; <remedy>`.
std::string to_string(const failure& f);

/// A value or a failure. Reading the wrong side ends the process: check `if (!r) return r.error();` first.
template <class T>
using result = boost::outcome_v2::basic_result<T, failure, boost::outcome_v2::policy::terminate>;

/// Success without a value.
inline auto ok() { return boost::outcome_v2::success(); }

} // namespace longwave
