// What a person reads of a run: the reproducible sample, the review folders, and how far the reading is (domain 6.5, 12).
#pragma once

#include "actors/validator/engagement.hpp"
#include "messages/error.hpp"
#include "messages/record.hpp"
#include "messages/run_config.hpp"
#include "storage/output_folder.hpp"
#include "storage/review_log.hpp"
#include "storage/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

/// Numbers of accepted segments by broadcast day, ascending.
using accepted_days = std::map<int, std::vector<std::uint64_t>>;

/// Which accepted segments a person should read: ten of a pilot (up to 112 hours) or story run, one a day of a longer
/// one (domain 12). Random, and the same for everybody who asks again.
std::vector<std::uint64_t> review_sample(const run_config& config, const accepted_days& accepted);

/// True where scores and folders exist: broadcasts. Stories have no voice to be measured against.
bool is_scored(const run_config& config) noexcept;

/// One accepted segment on a person's desk.
struct review_item {
  segment_record record;
  /// Empty where `is_scored` is false.
  std::optional<engagement> score;
  /// Part of the sample; otherwise its score brought it here, or a verdict, or its number.
  bool sampled = false;
  /// One of the first segments behind a fork: does it fit what came before?
  bool continuity = false;
  /// The last verdict on this very text; empty when nobody gave one.
  std::optional<storage::review_verdict> verdict;
};

// domain 8 (rollback): the next 5 to 10 segments are flagged for continuity review.
inline constexpr std::uint64_t continuity_segments = 10;

/// True for a segment that a fork made within `continuity_segments` behind its point.
bool is_behind_fork(const storage::run_head& head, std::uint64_t seq) noexcept;

enum class review_scope { sample, all_flagged };

/// The items of a run in order: the sample, and the first segments behind a fork. `all_flagged`: besides these all that
/// the score did not approve, and all that have a verdict. Fails as the store does.
result<std::vector<review_item>> review_items(const storage::store& store, const std::string& run,
                                              const storage::review_file& reviews, review_scope scope);

/// One item by its number. Fails with not_found for a number without a segment, wrong_state for a skipped one.
result<review_item> review_item_of(const storage::store& store, const std::string& run, std::uint64_t seq,
                                   const storage::review_file& reviews);

/// Metadata of an item as JSON: seq, type, place, score with its terms, folder, issues, hash, file.
nlohmann::ordered_json review_metadata(const review_item& item);

/// Brings `<output>/review` up to date: `approved/`, `review/<issue>/`, `rejected/`, a readable file a segment, with a
/// metadata file beside it where a person should act, and `index.jsonl` over all. What was there of segments that are
/// elsewhere now is removed. Nothing for runs without scores. Not synced: it can be made again.
result<void> write_review_folders(const storage::store& store, const std::string& run,
                                  const std::filesystem::path& output,
                                  storage::file_calls& calls = storage::system_file_calls());

} // namespace longwave
