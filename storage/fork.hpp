// A second store from a first one: everything of a run up to one segment, to go on from there in another folder.
#pragma once

#include "messages/error.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace longwave::storage {

struct fork_options {
  /// Leave the run's fault plan behind: what was rehearsed there is not to happen again.
  bool drop_fault_plan = false;
  /// A lore catalogue that goes along, empty for none: copied to `<to>/.longwave/lore`, and the run reads it there.
  std::filesystem::path lore;
  /// Folder of the original's reviews.jsonl, empty for none: verdicts on what is kept go along.
  std::filesystem::path reviews;
};

struct fork_report {
  std::string run;
  /// Last segment that both have.
  std::uint64_t seq = 0;
  std::string hash;
  /// Segments of the original behind it, which the fork makes anew.
  std::uint64_t left_behind = 0;
};

/// The newest segment at or before `wanted` whose state is still known: `wanted` itself, or the nearest earlier
/// checkpoint, where retention has dropped what lay between. 0: the start.
result<std::uint64_t> forkable_at(const store& from, const std::string& run, std::uint64_t wanted);

/// Writes a new output folder with the run's records, history, state and checkpoints up to `seq`, stopped there and ready
/// for --resume. `from` is only read and may be a living engine's. `run` keeps its id, seed and configuration, so that with
/// the offline backend the fork's records become the original's. Time running is taken over in proportion; under a
/// virtual clock it is the reading at `seq`.
///
/// Nothing is left behind by a failure, and a copy that is cut off is no store.
/// Fails with run_exists (`to` holds something), not_found (no state at `seq`), output_unwritable, store_damaged.
result<fork_report> fork_run(const store& from, const std::string& run, std::uint64_t seq,
                             const std::filesystem::path& to, const fork_options& options = {});

} // namespace longwave::storage
