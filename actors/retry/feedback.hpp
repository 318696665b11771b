// What the next attempt's prompt is told about the attempt that failed.
#pragma once

#include "actors/retry/outcome.hpp"

#include <string>

namespace longwave {

/// The feedback block that goes before the prompt (domain 5); empty when no attempt failed for its content.
///
/// It names the last attempt whose answer was at fault, lists each of that attempt's violations that matter, and adds
/// one line of guidance for each family among them. An attempt lost to the network adds nothing and hides nothing: what
/// was wrong with the draft before it still holds.
std::string feedback_block(const attempt_state& state);

} // namespace longwave
