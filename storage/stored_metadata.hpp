// A story's metadata as it was committed beside its record: the one source for publishing, recovery and `verify`.
#pragma once

#include "storage/derived_files.hpp"
#include "storage/store.hpp"

namespace longwave::storage {

/// Reads object "metadata" of the segment's provenance; a record without one gets story_metadata_text's fields alone.
/// `from` must outlive the function.
metadata_writer stored_metadata(const store& from);

} // namespace longwave::storage
