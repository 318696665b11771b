// Reading a file that a person named: whole, within a limit, and only if it is a plain file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace longwave::storage {

/// The bytes of `path`, or why they cannot be had ("is a directory", "is larger than 16 MB", "No such file or directory").
/// Never waits: a FIFO or a device is refused, not opened for reading.
/// @param limit most bytes that are read
struct input_file {
  std::string bytes;
  std::string why; ///< empty when `bytes` are there
};
input_file read_input_file(const std::filesystem::path& path, std::uint64_t limit);

} // namespace longwave::storage
