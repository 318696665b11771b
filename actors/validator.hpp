// The validator: turns one draft into one verdict by the rules in validator/.
//
//   generator --validate_draft--> validator --draft_accepted--> scheduler
//                                           --attempt_failed--> retry      (rejected)
//
// It never asks for another draft and keeps no state: everything it needs comes with the order.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/crew.hpp"

#include <memory>

namespace longwave {

struct validator_state {
  static inline const char* name = "longwave.validator";
  validator_state() = default;
  /// Where to send.
  std::shared_ptr<const crew_board> board;
};

validator_actor::behavior_type make_validator(validator_actor::stateful_pointer<validator_state> self,
                                              std::shared_ptr<const crew_board> board);

} // namespace longwave
