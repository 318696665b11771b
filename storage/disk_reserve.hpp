// A file of ballast: given back when the disk is full, so that the state a run stopped in can still be written.
#pragma once

#include <cstdint>
#include <filesystem>

namespace longwave::storage {

/// Size of the reserve for a run that wants `floor` bytes to stay free: a quarter of it, at most 16 MB.
std::uint64_t reserve_bytes(std::uint64_t floor) noexcept;

/// Keeps `<folder>/reserve` in step with the disk: makes it when more than `floor` and the reserve itself are free,
/// deletes it when less than half of its own size is left. Best effort: a disk that takes no reserve has none.
/// Does nothing with `floor` 0 or without the folder.
void tend_reserve(const std::filesystem::path& folder, std::uint64_t floor, std::uint64_t free);

/// Deletes the reserve: nobody writes here any more.
void drop_reserve(const std::filesystem::path& folder);

} // namespace longwave::storage
