// reviews.jsonl: what a person said of accepted segments. Append-only, a line a verdict, beside the output it judges.
//
// It is no part of the store: a person records beside a living engine, which alone writes there, and a verdict never
// changes a run. A line counts only for the very text it was given for (`hash`).
#pragma once

#include "messages/error.hpp"
#include "storage/output_folder.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace longwave::storage {

struct review_verdict {
  std::string run_id;
  std::uint64_t seq = 0;
  /// Of the segment's record.
  std::string hash;
  bool approved = true;
  /// Names of actors/validator/engagement.hpp: quality, voice, lore, pacing, format.
  std::vector<std::string> issues;
  /// Free text; untrusted like any other.
  std::string note;
  std::string reviewer;
  /// RFC 3339.
  std::string at;
};

/// A line as JSON: `{"run_id","seq","hash","verdict":"approved"|"rejected","issues","note","reviewer","at"}`.
void to_json(nlohmann::json& j, const review_verdict& v);
/// Throws nlohmann::json::exception for what is no such line.
void from_json(const nlohmann::json& j, review_verdict& v);

struct review_file {
  /// In the order in which they were given; a later one of the same segment replaces an earlier one.
  std::vector<review_verdict> verdicts;
  /// Complete lines that are no verdict.
  std::uint64_t unreadable = 0;

  /// The last word on each segment of a run.
  std::map<std::uint64_t, review_verdict> latest(const std::string& run) const;
};

/// Of one file; a longer one is refused. A verdict is some 300 bytes.
inline constexpr std::uint64_t longest_review_file = 64ull << 20;

std::filesystem::path review_path(const std::filesystem::path& output);

/// Empty where there is no file. A last line without newline was cut off while it was written, and is not there.
/// Fails with io_failed, or bad_input for a file that is too long.
result<review_file> read_reviews(const std::filesystem::path& output);

/// Appends all lines by one write and flushes file and folder. Writers wait for each other; a half line that an earlier
/// one left is cut. Fails with io_failed, disk_full, output_unwritable; then none of the lines is there.
result<void> append_reviews(file_calls& calls, const std::filesystem::path& output,
                            const std::vector<review_verdict>& verdicts);

} // namespace longwave::storage
