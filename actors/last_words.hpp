// What an actor says before it dies of an exception: a line in the log, nothing on standard output.
#pragma once

#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <string>

namespace longwave {

/// Gives the actor a handler that logs what it died of. CAF's own prints to standard output, which belongs to the user.
/// The actor dies all the same; its supervisor starts another.
/// One that works for many runs has `works_for` in its state, set by every handler: the run whose fault its death is. It
/// goes with the reason of the death.
template <class Self>
void log_last_words(Self self) {
  self->set_exception_handler([self](std::exception_ptr& problem) -> caf::error {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& e) {
      spdlog::error("actor {} died: {}", self->name(), e.what());
    } catch (...) {
      spdlog::error("actor {} died of something that is no exception", self->name());
    }
    if constexpr (requires { self->state.works_for; })
      return caf::make_error(caf::sec::runtime_error, self->state.works_for);
    else
      return caf::sec::runtime_error;
  });
}

/// The run over which a shared actor died, from the reason of its death; empty when it is not known, as for an actor that
/// was ended from outside.
inline std::string died_over(const caf::error& reason) {
  if (!reason || !reason.context().match_elements<std::string>()) return {};
  return reason.context().get_as<std::string>(0);
}

} // namespace longwave
