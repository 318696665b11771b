// The status of a run that no process is running: from the file it left behind, or from the store.
#pragma once

#include "messages/error.hpp"
#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace longwave::cli {

/// LIVE_STATUS.json of an output folder whose process is gone: a state that only a living process can be in reads
/// `interrupted` (contract 8.10). Fails with not_found or bad_input.
result<nlohmann::ordered_json> left_status(const std::filesystem::path& output_folder);

/// The same for a run of a store. Where its file is missing or another run's, the little that the store knows at once.
/// @param in_engine  asked within the engine that holds the store: a run not begun yet is `starting`, not interrupted
result<nlohmann::ordered_json> stored_status(const storage::store& s, const std::string& run, bool in_engine = false);

} // namespace longwave::cli
