// From options to a run that can start: finds pack and DJ, merges with what is stored, refuses what cannot work.
// Nothing is created here; creating is left to the engine host once everything has been checked.
#pragma once

#include "actors/run_setup.hpp"
#include "cli/run_options.hpp"
#include "messages/error.hpp"
#include "storage/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace longwave::cli {

/// A run that is ready to be submitted.
struct prepared_run {
  std::shared_ptr<const run_setup> setup;
  /// The store knows the run: it goes on.
  bool known = false;
  /// It is complete and nothing was asked beyond it.
  bool finished = false;
  std::uint64_t done = 0;
};

/// Loads pack, profile and fault plan, makes the backend. Fails with unknown_dj, bad_pack, bad_fault_plan, bad_config.
result<std::shared_ptr<run_setup>> make_setup(run_config config, std::shared_ptr<const host_clock> clock);

/// Merges options with what the store has (null: there is no store yet) and makes the setup.
/// @param output  absolute output folder of the run
/// Fails with run_exists when the folder holds a run and --resume was not given, with fingerprint_mismatch when the
/// output would change.
result<prepared_run> prepare_run(const run_options& options, const std::filesystem::path& output,
                                 const storage::store* store, std::shared_ptr<const host_clock> clock);

/// What must hold before anything is created (contract 8.28): free disk, backend answers.
result<void> check_before_start(const run_setup& setup, const std::filesystem::path& output);

/// Parts of it, which `longwave preflight` looks at one by one.
result<void> check_writable(const std::filesystem::path& output);
result<void> check_backend(const run_setup& setup);
/// The nearest folder above that is there.
std::filesystem::path existing_parent(const std::filesystem::path& output);
/// What a run will write: store, log and files together.
std::uint64_t estimated_bytes(const run_config& config);

/// Starts one call and waits for its answer; every backend answers within its own deadline. Not for actors.
draft wait_for_answer(const std::function<std::shared_ptr<call_handle>(answer_function)>& ask);

/// Why the run's judge cannot be asked now, in one line; nothing when it answers or there is none. The run may start all
/// the same: drafts are then judged by the rules alone until it answers.
std::optional<std::string> judge_trouble(const run_setup& setup);

/// The output folder that the options mean; absolute. `base` is what relative paths count from.
result<std::filesystem::path> output_folder_of(const run_options& options, const std::filesystem::path& base,
                                               const host_clock& clock);

} // namespace longwave::cli
