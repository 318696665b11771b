// Several model servers as one backend: places, cool-downs, fail-over. The decisions are in endpoint_gate.
//
//   call --choose_endpoint--> server --answer--> done
//     ^      | full: waits for a place    | busy, refused, misconfigured: the next server, each once
//     |______|                            | prompt too long: the fallback model, once
//
// Not a retry layer: no server is asked twice with the same model in one call, and nothing waits for time to pass. When
// all servers want to be left alone, the answer is `busy` with the time until the first may be asked again.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace longwave {

/// A server of a pool: its options for the key of its gate, and what speaks to it.
struct pool_member {
  endpoint_options options;
  std::shared_ptr<backend> server;
};

/// The pool over servers that exist already. Gates are shared by all pools of the process, by kind, URL and model, so
/// that runs side by side see one cool-down and one limit. A run's next call waits until its last one has ended, also
/// when that was cancelled: a server must not work for one run twice.
/// @param now_ms a clock that never jumps, milliseconds
std::unique_ptr<backend> make_pool(std::vector<pool_member> members, std::string fallback_model,
                                   std::function<std::int64_t()> now_ms);

} // namespace longwave
