// The readable files that follow from one committed record: what publishing writes, start-up redoes, `verify` expects.
#pragma once

#include "messages/record.hpp"
#include "messages/run_config.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace longwave::storage {

/// One file, its path below the output folder.
struct derived_file {
  std::filesystem::path path;
  std::string content;
};

/// The files of `record`, in the order in which they are to be renamed into place (a story's metadata before its
/// text). None for a skipped one, nor for a broadcast with `segment_files` off.
///
/// @param provenance the segment's provenance JSON; of a story its object "metadata" goes into the metadata file, and
///                   "metadata"."config"."temperature" into the front matter (0.8 without). May be empty.
std::vector<derived_file> derived_files(const run_config& config, const segment_record& record,
                                        std::string_view provenance);

} // namespace longwave::storage
