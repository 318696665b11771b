// Deadlines that grow after stalls.
#include "actors/retry/patience.hpp"

#include <catch2/catch.hpp>

using namespace longwave;

namespace {

attempt_state after(const std::vector<outcome_class>& failures) {
  attempt_state state;
  for (const auto outcome : failures) {
    state.history.push_back({state.attempt, outcome, "", {}});
    ++state.attempt;
  }
  return state;
}

} // namespace

TEST_CASE("patience: each stall gives the next call half as much again, up to twice the setting") {
  CHECK(patience_percent(after({})) == 100);
  CHECK(patience_percent(after({outcome_class::stall})) == 150);
  CHECK(patience_percent(after({outcome_class::stall, outcome_class::stall})) == 200);
  CHECK(patience_percent(after(std::vector<outcome_class>(20, outcome_class::stall))) == 200);
}

TEST_CASE("patience: failures that say nothing about time leave the deadline alone") {
  CHECK(patience_percent(after({outcome_class::transport, outcome_class::incomplete, outcome_class::rejected, outcome_class::empty,
                                outcome_class::loop, outcome_class::refused})) == 100);
  CHECK(patience_percent(after({outcome_class::rejected, outcome_class::stall, outcome_class::transport})) == 150);
}
