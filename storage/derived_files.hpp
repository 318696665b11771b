// The readable files that follow from one committed record: what publishing writes, start-up redoes, `verify` expects.
#pragma once

#include "messages/record.hpp"
#include "messages/run_config.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace longwave::storage {

/// Temperature in a story's front matter (domain 13).
inline constexpr double story_temperature = 0.8;

/// Makes the text of a story's metadata file. Whoever publishes passes the same function to recovery and audit.
using metadata_writer = std::function<std::string(const segment_record&, const run_config&)>;

/// One file, its path below the output folder.
struct derived_file {
  std::filesystem::path path;
  std::string content;
};

/// The files of `record`, in the order in which they are to be renamed into place (a story's metadata before its
/// text). None for a skipped one, nor for a broadcast with `segment_files` off. An empty `metadata` means
/// story_metadata_text.
std::vector<derived_file> derived_files(const run_config& config, const segment_record& record,
                                        const metadata_writer& metadata = {});

} // namespace longwave::storage
