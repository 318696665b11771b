// The terminal record of a segment: what is committed, chained, and handed over in segments.jsonl.
#pragma once

#include "messages/draft.hpp"
#include "messages/segment.hpp"
#include "messages/verdict.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longwave {

enum class record_status { accepted, skipped };

std::string_view to_string(record_status s) noexcept;

/// What a record says of the story it told.
struct story_mark {
  std::string id;
  timeline line = timeline::daily;
  int act = 1;
  int acts_total = 1;
  double incorporation = 0;
};

/// One line of segments.jsonl (contract section 6).
struct segment_record {
  std::uint64_t seq = 0;
  std::string run_id;
  record_status status = record_status::accepted;
  /// A segment_type's name; story runs use "story".
  std::string type;
  slot_position position;
  /// Plain UTF-8, empty when skipped.
  std::string text;
  /// Attempts that were spent.
  int attempts = 1;
  std::vector<violation> violations;
  variety_mark variety;
  std::optional<story_mark> story;
  /// Usage of the accepted call; empty when the backend reported none.
  std::optional<token_usage> usage;
  /// For a skipped one: why ("max_retries_exceeded", "poison", "duplicate") and the class of each failed attempt.
  std::string skip_reason;
  std::vector<std::string> attempt_outcomes;
  /// Story runs: title, template and file stem; empty otherwise.
  std::string title;
  std::string template_id;
  std::string file_stem;
  std::int64_t generation_ms = 0;
  /// RFC 3339 UTC with microseconds.
  std::string accepted_at;
  /// SHA-256, hex (contract 8.20).
  std::string hash;
  std::string prev_hash;
};

void to_json(nlohmann::json& j, const segment_record& r);
/// Throws nlohmann::json::exception when a field is missing or of the wrong type.
void from_json(const nlohmann::json& j, segment_record& r);

/// 64 zeros: `prev_hash` of segment 1.
inline constexpr std::string_view zero_hash = "0000000000000000000000000000000000000000000000000000000000000000";

/// The line of segments.jsonl, without newline: byte for byte `nlohmann::json(r).dump()` with sorted keys, several
/// times faster. Invalid UTF-8 is replaced, never thrown.
std::string record_line(const segment_record& r);

/// The hashed form: sorted keys, no spaces, fractions of at most three decimals, without hash, prev_hash, run_id,
/// accepted_at and generation_ms (contract 8.20), and without file_stem, which is made from accepted_at.
///
/// Anybody can check a chain: drop these fields from a parsed line, dump the rest with sorted keys, separators "," and
/// ":" and raw UTF-8, and hash `prev_hash + "\n" + dump` with SHA-256.
std::string canonical_json(const segment_record& r);

/// The same from a parsed line, for readers that check a chain without trusting the writer's types.
std::string canonical_json(const nlohmann::json& line);

} // namespace longwave
