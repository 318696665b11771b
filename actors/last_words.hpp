// What an actor says before it dies of an exception: a line in the log, nothing on standard output.
#pragma once

#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <spdlog/spdlog.h>

#include <exception>

namespace longwave {

/// Gives the actor a handler that logs what it died of. CAF's own prints to standard output, which belongs to the user.
/// The actor dies all the same; its supervisor starts another.
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
    return caf::sec::runtime_error;
  });
}

} // namespace longwave
