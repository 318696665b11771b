// The words a model server gets: persona, what the slot is for, what to avoid, what the last draft broke.
#pragma once

#include "actors/attempt_order.hpp"
#include "actors/generator/backends/backend.hpp"

#include <string>

namespace longwave {

/// Builds the call of one attempt. Pure: same order, same bytes. Every optional input may be absent.
generation_call make_call(const attempt_order& order);

/// Temperature by segment type (domain 4): 0.8, emergencies 0.6.
double temperature_for(segment_type type) noexcept;

} // namespace longwave
