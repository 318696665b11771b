// The validator: turns one draft into one verdict by the rules in validator/ and, where the run has one, the judge.
//
//   generator --validate_draft--> validator --draft_accepted--> scheduler
//                                           --attempt_failed--> retry      (rejected)
//                                           --judgement_begun--> scheduler (a run that makes drafts ahead: the rules take it)
//   scheduler --begin_judgement--> validator                 (with `--judge-batch`: the judge may read it)
//   backend   --judge_answered--> validator
//
// It never asks for another draft and never waits inside the judge's backend. A judge that does not answer is noted and
// changes no verdict.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/crew.hpp"
#include "actors/validator/judge.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace longwave {

struct validator_state {
  static inline const char* name = "longwave.validator";
  validator_state() = default;
  ~validator_state();

  /// A draft that the judge is reading.
  struct open_judgement {
    validate_draft job;
    /// What the rules found.
    verdict found;
    std::shared_ptr<call_handle> handle;
    std::uint64_t prompt_tokens = 0;
    /// Until the scheduler says that the drafts of its batch are made.
    bool waits = false;
  };
  using judgement_key = std::pair<std::string, std::uint64_t>;

  /// Where to send.
  std::shared_ptr<const crew_board> board;
  /// Judgements in flight, by run and serial.
  std::map<judgement_key, open_judgement> open;
  /// By run: a judge that does not answer is asked less often.
  std::map<std::string, judge_outage> outages;
  /// The run of the message that is being handled (last_words).
  std::string works_for;
};

validator_actor::behavior_type make_validator(validator_actor::stateful_pointer<validator_state> self,
                                              std::shared_ptr<const crew_board> board);

} // namespace longwave
