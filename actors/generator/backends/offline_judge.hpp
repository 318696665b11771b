// A judge without a model: seeded judgements in the form that a model would write, for rehearsals and tests.
#pragma once

#include "actors/generator/backends/backend.hpp"

#include <memory>

namespace longwave {

/// Says of most drafts that they are fine, of some that their tone could be better, and of about one first draft in
/// thirty that it must not be aired. hash(seed, segment, drafts rejected, "judge") decides alone: the same run is judged
/// alike every time. Answers at once, with words as usage.
std::unique_ptr<backend> make_offline_judge();

} // namespace longwave
