// What a model costs, as the flag --price has it and as [prices."MODEL"] in a configuration file becomes it.
#pragma once

#include "messages/error.hpp"
#include "messages/usage.hpp"

#include <string>

namespace longwave::cli {

/// Reads "MODEL input=2.5 cached-input=0.25 output=10": amounts of the user's currency per million tokens; input and
/// output are required. MODEL is a model's name, "offline" for the offline backend, or "*" for all without a price of
/// their own. Fails with bad_usage.
result<model_price> parse_price(const std::string& text);

} // namespace longwave::cli
