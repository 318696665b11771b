// `longwave verify`: recounts everything against everything and says every difference.
#pragma once

#include "messages/error.hpp"
#include "storage/derived_files.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace longwave::storage {

struct audit_report {
  bool ok = true;
  /// How many of each were looked at: records, lines, files, counters, checkpoints.
  std::map<std::string, std::uint64_t> checked;
  /// One plain line each; at most 1,000, then one line that says how many more.
  std::vector<std::string> differences;
};

/// Checks one run: the chain recomputed from canonical forms, numbers without gaps, the head, segments.jsonl line by
/// line, the readable files, the counters in the run's state, and the checkpoints.
///
/// @param jsonl_up_to_seq lines and files up to this segment must be there (on a live engine: the published mark);
///                        pass the head's number for a finished one
/// Fails only when the run cannot be read at all; damage is a difference.
result<audit_report> audit_run(const store& s, const std::string& run, const std::filesystem::path& output,
                               std::uint64_t jsonl_up_to_seq, const metadata_writer& metadata = {});

} // namespace longwave::storage
