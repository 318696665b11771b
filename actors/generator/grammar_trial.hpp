// Lets a pack's grammars speak for each of its DJs before a run depends on them.
#pragma once

#include "messages/pack.hpp"

#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// How much is tried out.
struct grammar_trial_limits {
  /// Plans for each type, structure and DJ (each skeleton of a story pack): enough that every stage, wording, band and act
  /// type comes up with and without forecast, catch-phrase and recap.
  int plans = 60;
  /// Faults that are told; what is behind them mostly has the same cause.
  std::size_t faults = 20;
};

/// What stops a text in the middle, one line each: a fact that no plan ever has, and a rule that has nothing to say for a
/// DJ. Grammars that do not compile are passed over; `check_grammar` names what is wrong with them. Pure, the same for the
/// same pack.
std::vector<std::string> grammar_faults(const std::shared_ptr<const content_pack>& pack, const grammar_trial_limits& limits = {});

} // namespace longwave
