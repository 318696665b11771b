// The report of a run: criteria, verdict, totals, review sample (domain 12, contract section 3 and 8.33).
#pragma once

#include "messages/error.hpp"
#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "storage/output_folder.hpp"
#include "storage/review_log.hpp"
#include "storage/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace longwave {

/// Reads the run's head, counters, story state and records from the store and builds `report --json`.
/// @param day     only the records of this broadcast day in the per-day part; empty = all
/// @param reviews what a person said of its segments
result<nlohmann::ordered_json> build_report(const storage::store& store, const std::string& run,
                                            std::optional<int> day = std::nullopt,
                                            const storage::review_file& reviews = {});

/// The same as a page of Markdown for a person.
std::string report_markdown(const nlohmann::ordered_json& report);

/// Writes report.json and report.md into the output folder, durably, with the verdicts of its reviews.jsonl.
result<void> write_report(const storage::store& store, const std::string& run, const std::filesystem::path& folder,
                          storage::file_calls& calls = storage::system_file_calls());

/// "SUCCESS", "CONDITIONAL" or "INVALID" of a report document.
std::string verdict_of(const nlohmann::ordered_json& report);

} // namespace longwave
