// `--log-prompts`: one file a call, for whoever wants to see what a model was asked.
#pragma once

#include "actors/generator/backends/backend.hpp"
#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace longwave {

/// Makes the folder where it is missing. @return `output_unwritable` when no file can be written there
result<void> make_prompt_log(const std::string& folder);

/// Writes "<folder>/<run>-call-...<suffix>.txt" through a temporary file. A log that cannot be written stops no run: it is
/// a warning in the run's log. May block on the disk; for rehearsals and debugging.
void write_prompt_log(const generation_call& call, const std::string& folder, std::string_view suffix = {});

} // namespace longwave
