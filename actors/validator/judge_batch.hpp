// Which drafts the judge reads in a row (`--judge-batch`), and what the rules say of one before it does. Pure.
#pragma once

#include "messages/draft.hpp"
#include "messages/run_config.hpp"
#include "messages/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

struct attempt_order;

struct judge_batch_limits {
  /// Drafts held in memory at a time: as many as the fullest hour has (`--segments-per-hour`, at most 60). A text has at
  /// most 64 KiB (backends.md, outcomes), so 4 MB at worst.
  int drafts = 60;
  /// Drafts that were thrown away and are shown with one segment; older ones are counted only. Four rounds of attempts.
  std::size_t shown_discards = 12;
};

/// A value of `--judge-batch`: "off" is 1, "hour" is 0 (as many as the hour has), a number from 2 is itself. Nothing for
/// anything else.
std::optional<int> parse_judge_batch(std::string_view value) noexcept;

/// Whether the judge waits until the drafts of its batch are made. False for a malformed value.
bool judges_in_batches(const run_config& config) noexcept;

/// The last segment whose draft is made before the judge reads the one of `seq`, never beyond the run's end; `seq` itself
/// without batches and speculation.
/// @param made_before  this draft was taken from a batch: the judge's model is at work, and the rest is read first
std::uint64_t last_drafted_before(const run_config& config, std::uint64_t seq, bool made_before) noexcept;

/// Whether drafts that hardly engage are rejected: broadcasts with validation whose quality is not the judge's business
/// alone (mode `llm`).
bool engagement_counts(const run_config& config) noexcept;

/// What the rules find in a draft, as the run's mode has it: all of a verdict that comes before the judge.
verdict first_reading(const attempt_order& order, const draft& answer);

} // namespace longwave
