// What a person can do about a backend that will not be asked again by itself. Pure.
#pragma once

#include "messages/draft.hpp"

#include <string>

namespace longwave {

/// What to do about an answer of a run that has not begun, as part of a sentence.
std::string remedy_before_start(const draft& answer);

/// The answer's detail and, behind a semicolon, what to do about it; one line.
std::string with_remedy(const draft& answer);

} // namespace longwave
