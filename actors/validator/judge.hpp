// The model as a judge (domain 6.5): which drafts it reads, what its answer means. Pure.
#pragma once

#include "messages/judge.hpp"
#include "messages/run_config.hpp"
#include "messages/verdict.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace longwave {

/// Whether the judge reads the drafts of a segment: a share of `judge_sample` of the segments, chosen by
/// hash(seed, segment), so that every run of a seed samples the same ones and all drafts of a segment alike.
bool judge_reads(const run_config& config, std::uint64_t seq) noexcept;

/// The JSON schema of a judgement, for servers that hold a model to one.
const std::string& judgement_schema();

/// Reads a judge's answer: the first JSON object in it that looks like a judgement, whatever stands around it. Anything
/// else, and every answer that is not `ok`, is `unavailable`.
///
/// A judgement rejects when it has a critical issue, or says `is_valid: false`. A critical issue of a confidence below
/// 0.5 counts as a warning. Scores above 1 are read as out of 10 or 100. At most 20 issues are taken.
judge_report read_judgement(const draft& answer);

/// What of a rules' verdict holds in this mode: `hybrid` and `rules` all of it, `llm` what is critical and the marks of
/// use; tone, voice, format and whether the story was told is the judge's business there.
void keep_for_mode(verdict& found, std::string_view mode);

/// Adds what the judge found. An unavailable judgement adds nothing.
void add_judgement(verdict& into, const judge_report& report);

/// When the judge is asked again after it did not answer: the first three times always, then every tenth draft, so that
/// a dead judge costs a run little. Counts are by run.
struct judge_outage {
  std::uint64_t in_a_row = 0;
  std::uint64_t left_out = 0;

  /// Call once for each draft that the judge should read. False: leave it out this time.
  bool ask() noexcept;
  void answered(bool available) noexcept;
};

} // namespace longwave
