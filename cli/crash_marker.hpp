// What a process that dies of itself leaves behind: which segments it held (contract 8.4).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace longwave::cli {

/// Installs handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT (which a terminate ends in). They write
/// `<data_dir>/crashed.json` from actors/held_segments and let the signal take its course. kill -9 leaves no marker.
void watch_for_crashes(const std::filesystem::path& data_dir);

/// Reads and removes the marker of the process before: segment by run. Empty when there is none.
std::map<std::string, std::uint64_t> take_crash_marker(const std::filesystem::path& data_dir);

} // namespace longwave::cli
