// Monotone certainties.
#include "actors/supervisor/abort_rules.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace longwave;

namespace {

std::optional<std::string> lost(std::uint64_t planned, std::uint64_t skipped) {
  return abort_reason(planned, 0, skipped, 0, 0, {});
}

} // namespace

TEST_CASE("abort_rules: a critical violation in accepted output aborts (A21 test_abort_on_critical_threshold)") {
  CHECK(abort_reason(10, 1, 0, 1, 0, {}) == "critical_in_accepted_output");
  CHECK_FALSE(abort_reason(10, 1, 0, 0, 0, {}));
}

TEST_CASE("abort_rules: more than a tenth lost aborts") {
  CHECK_FALSE(lost(112, 11));
  CHECK(lost(112, 12) == "segments_lost");
  CHECK_FALSE(lost(480, 48));
  CHECK(lost(480, 49) == "segments_lost");
}

TEST_CASE("abort_rules: lost segments count from a hundred planned on") {
  CHECK_FALSE(lost(99, 99));
  CHECK_FALSE(lost(100, 10));
  CHECK(lost(100, 11) == "segments_lost");
  CHECK_FALSE(lost(0, 50));
}

TEST_CASE("abort_rules: the time limit depends on the planned hours") {
  CHECK(abort_limits_for(1).elapsed_h == 30);
  CHECK(abort_limits_for(112).elapsed_h == 30);
  CHECK(abort_limits_for(113).elapsed_h == 60);
  const auto limits = abort_limits_for(112);
  CHECK_FALSE(abort_reason(112, 50, 0, 0, 30.0, limits));
  CHECK(abort_reason(112, 50, 0, 0, 30.01, limits) == "time_limit");
  CHECK_FALSE(abort_reason(112, 112, 0, 0, 99, limits));
  CHECK_FALSE(abort_reason(112, 50, 0, 0, 99, {}));
}

TEST_CASE("abort_rules: the gravest reason is named") {
  CHECK(abort_reason(112, 0, 50, 1, 99, abort_limits_for(112)) == "critical_in_accepted_output");
  CHECK(abort_reason(112, 0, 50, 0, 99, abort_limits_for(112)) == "segments_lost");
}
