// Which drafts are made before the judge reads one: values of the option, hours, the end of the run.
#include "actors/validator/judge_batch.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

run_config hours_of(int segments, std::int64_t hours, const std::string& batch) {
  run_config c;
  c.segments_per_hour = segments;
  c.duration_hours = hours;
  c.judge_batch = batch;
  return c;
}

} // namespace

TEST_CASE("judge batch: off, hour, or a number from 2 to 60") {
  CHECK(parse_judge_batch("off") == 1);
  CHECK(parse_judge_batch("hour") == 0);
  CHECK(parse_judge_batch("2") == 2);
  CHECK(parse_judge_batch("60") == 60);
  for (const auto* bad : {"", "1", "0", "-2", "61", "4 ", " 4", "4x", "hours", "Off", "99999999999999999999"})
    CHECK_FALSE(parse_judge_batch(bad).has_value());
  CHECK_FALSE(judges_in_batches(hours_of(6, 10, "off")));
  CHECK(judges_in_batches(hours_of(6, 10, "hour")));
  CHECK_FALSE(judges_in_batches(hours_of(6, 10, "nonsense"))); // a store of somebody else's making
}

TEST_CASE("judge batch: an hour's batch ends with the hour, also when it began in the middle") {
  const auto c = hours_of(6, 10, "hour");
  CHECK(last_drafted_before(c, 1, false) == 6);
  CHECK(last_drafted_before(c, 4, false) == 6);
  CHECK(last_drafted_before(c, 6, false) == 6);
  CHECK(last_drafted_before(c, 7, false) == 12);
  CHECK(last_drafted_before(c, 60, false) == 60);
  CHECK(last_drafted_before(hours_of(1, 10, "hour"), 3, false) == 3);
}

TEST_CASE("judge batch: a number counts from the segment itself, and never beyond the end") {
  const auto c = hours_of(1, 10, "4");
  CHECK(last_drafted_before(c, 1, false) == 4);
  CHECK(last_drafted_before(c, 8, false) == 10);
  CHECK(last_drafted_before(c, 10, false) == 10);
}

TEST_CASE("judge batch: a draft out of a batch is read before more are made") {
  CHECK(last_drafted_before(hours_of(6, 10, "hour"), 2, true) == 2);
  CHECK(last_drafted_before(hours_of(6, 10, "4"), 4, true) == 4);
}

TEST_CASE("judge batch: who speculates is one draft ahead, whatever was made before; who does neither is none") {
  auto c = hours_of(6, 10, "off");
  CHECK(last_drafted_before(c, 2, false) == 2);
  c.speculate = true;
  CHECK(last_drafted_before(c, 2, false) == 3);
  CHECK(last_drafted_before(c, 2, true) == 3);
  CHECK(last_drafted_before(c, 60, false) == 60);
}

TEST_CASE("judge batch: drafts are rejected for their engagement in broadcasts that rules may judge") {
  auto c = hours_of(1, 10, "off");
  c.kind = run_kind::broadcast;
  c.validation_enabled = true;
  for (const auto* mode : {"rules", "hybrid"}) {
    c.validation_mode = mode;
    CHECK(engagement_counts(c));
  }
  c.validation_mode = "llm"; // the judge's business
  CHECK_FALSE(engagement_counts(c));
  c.validation_mode = "rules";
  c.validation_enabled = false;
  CHECK_FALSE(engagement_counts(c));
  c.validation_enabled = true;
  c.kind = run_kind::stories; // no voice to be measured against
  CHECK_FALSE(engagement_counts(c));
}
