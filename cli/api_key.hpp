// Where the key of a model server comes from: a file, a systemd credential, or the environment.
#pragma once

#include "messages/error.hpp"

#include <string>

namespace longwave::cli {

/// Reads a key file: its only line, without the newline at its end.
/// @return `bad_config` when it cannot be read, is empty, has a second line, or group or others may read it
result<std::string> read_key_file(const std::string& path);

/// The key for a server of this kind, or an empty one when there is none. The first that is there holds:
/// `file` (when named), the systemd credentials `longwave-<kind>-key` and `longwave-api-key` (under
/// $CREDENTIALS_DIRECTORY), the variables LONGWAVE_API_KEY and ANTHROPIC_API_KEY, OPENAI_API_KEY or OLLAMA_API_KEY.
/// @return `bad_config` as `read_key_file`; a credential that is there but unfit is refused too
result<std::string> find_api_key(const std::string& kind, const std::string& file);

} // namespace longwave::cli
