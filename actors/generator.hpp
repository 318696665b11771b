// The generator: turns one plan into one draft through a backend, and never waits inside it.
//
//   scheduler --generate_segment--> generator --validate_draft--> validator      (a sound draft)
//                                             --attempt_failed--> retry          (anything else)
//                                             --draft_made_ahead--> scheduler    (a call made before its turn)
//   backend   --answer_arrived----> generator
//
// It never judges a text beyond "is this content at all", never retries, never touches the store.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/crew.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace longwave {

struct generator_state {
  /// The log and thread name.
  static inline const char* name = "longwave.generator";

  generator_state() = default;
  ~generator_state();

  /// A call that has not been answered yet.
  struct open_call {
    generate_segment job;
    std::shared_ptr<call_handle> handle;
    /// Milliseconds that fault `slow` adds on the run's clock.
    std::int64_t added_ms = 0;
    /// Estimated tokens of the prompt; 0 = nothing was sent.
    std::uint64_t prompt_tokens = 0;
    /// An answer that waits for a planned delay to pass.
    std::optional<draft> delayed;
  };
  using call_key = std::pair<std::string, std::uint64_t>;

  /// Where to send.
  std::shared_ptr<const crew_board> board;
  /// Told of every answer; may be empty.
  std::function<void(const draft&)> on_answer;
  /// Calls in flight, by run and serial.
  std::map<call_key, open_call> open;
  /// The run of the message that is being handled (last_words).
  std::string works_for;
};

/// Behaviour of one generator. Spawn as many as the pool has places.
generator_actor::behavior_type make_generator(generator_actor::stateful_pointer<generator_state> self,
                                              std::shared_ptr<const crew_board> board,
                                              std::function<void(const draft&)> on_answer);

} // namespace longwave
