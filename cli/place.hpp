// Finds the engine and the run that a folder belongs to: what every verb's optional DIR argument means.
#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string>

namespace longwave::cli {

/// Where things are.
struct place {
  /// The folder as given, absolute.
  std::filesystem::path folder;
  /// The engine's own: store/, control.sock, snapshots/, engine.lock.
  std::filesystem::path data_dir;
  /// The run that `folder` is the output of; empty when it is an engine's folder with none or several.
  std::string run;

  std::filesystem::path store() const { return data_dir / "store"; }
  /// The control socket, following `control.path` where the name would be too long.
  std::filesystem::path socket() const;
};

/// Looks for `.longwave` in `folder`; follows `.longwave/engine.json` {data_dir, run_id} (contract 8.29).
/// Fails with not_found when there is neither.
result<place> find_place(const std::filesystem::path& folder);

/// Where an engine with this data folder puts its socket: `<data_dir>/control.sock`, or, when that is over 100 bytes,
/// a short name below $XDG_RUNTIME_DIR or /tmp, which `<data_dir>/control.path` then names.
std::filesystem::path socket_path_for(const std::filesystem::path& data_dir);

} // namespace longwave::cli
