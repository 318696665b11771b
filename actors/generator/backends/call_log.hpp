// A backend that writes down every answer of another one: an oracle outside the process (`--call-log FILE`).
#pragma once

#include "actors/generator/backends/backend.hpp"
#include "messages/error.hpp"

#include <filesystem>
#include <memory>

namespace longwave {

/// Appends one JSON line an answer, synced before the answer is handed on: {"run","segment","attempt","rejected","call",
/// "outcome","sha256"}. The hash is of the text, lower-case hex. An accepted text that is not in this file was never
/// issued; that is what tests hold against the store after a crash.
/// Fails with io_failed when the file cannot be opened.
result<std::unique_ptr<backend>> log_calls(std::shared_ptr<backend> inner, const std::filesystem::path& file);

} // namespace longwave
