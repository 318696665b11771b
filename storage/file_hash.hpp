// SHA-256 of a whole file, read piece by piece.
#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string>

namespace longwave::storage {

/// In lower-case hex. Fails with io_failed.
result<std::string> sha256_of_file(const std::filesystem::path& file);

} // namespace longwave::storage
