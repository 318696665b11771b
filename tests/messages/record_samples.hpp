// Records with every field that there is.
#pragma once

#include "messages/record.hpp"

#include <string>

namespace longwave::testing {

/// Every field of an accepted one, with text that has to be escaped.
inline segment_record full_record() {
  segment_record r;
  r.seq = 17;
  r.run_id = "pilot";
  r.type = "gossip";
  r.position = {2, 7, 1, "2102-10-24"};
  r.text = "Good morning, \"friends\".\n\tRain over the ridge \\ river; caf\xc3\xa9 \xed\x95\x9c\x01\x7f.";
  r.attempts = 2;
  r.violations = {{"opening", "variety", severity::warning, "Used before.", "good morning"},
                  {"tone", "tone", severity::quality, "Too \"dry\".", ""}};
  r.variety = {"good morning friends rain over the", {"rain", "ridge"}, {"Stay safe."}, "pattern-3", {"opening"}};
  r.story = story_mark{"lost-caravan#2", timeline::weekly, 2, 5, 0.123456};
  r.usage = token_usage{120, 80};
  r.generation_ms = 1234;
  r.accepted_at = "2000-01-01T00:00:00.000001Z";
  r.hash = std::string(64, 'a');
  r.prev_hash = std::string(64, 'b');
  return r;
}

/// What only a skipped one or a story has.
inline segment_record skipped_record() {
  segment_record r;
  r.seq = 1;
  r.run_id = "a";
  r.status = record_status::skipped;
  r.type = "news";
  r.skip_reason = "max_retries_exceeded";
  r.attempt_outcomes = {"stall", "rejected"};
  r.title = "T";
  r.template_id = "t-01";
  r.file_stem = "horror_story_20000101_000000_0001";
  r.usage = token_usage{std::nullopt, 5};
  return r;
}

} // namespace longwave::testing
