// Backups: a consistent copy of a store, and of the catalogue beside it, with a manifest of SHA-256 sums.
#pragma once

#include "messages/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace longwave::storage {

/// One file of a backup.
struct backed_up_file {
  /// Below the backup's folder, with '/'.
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// One run in it, as it stood.
struct backed_up_run {
  std::string run_id;
  std::uint64_t seq = 0;
  std::string hash;
};

/// MANIFEST.json of a backup.
struct backup_manifest {
  /// RFC 3339.
  std::string created_at;
  /// The data folder it was made of.
  std::string source;
  std::vector<backed_up_run> runs;
  std::vector<backed_up_file> files;

  std::uint64_t bytes() const noexcept;
};

void to_json(nlohmann::json& j, const backup_manifest& m);
/// Throws nlohmann::json::exception for what `to_json` did not write.
void from_json(const nlohmann::json& j, backup_manifest& m);

/// What a backup is made of. The folders are copies that nobody writes; each may be empty.
struct backup_source {
  std::filesystem::path store_copy;
  std::filesystem::path lore_copy;
  /// reviews.jsonl of each run that has one, as `<run>.jsonl`.
  std::filesystem::path reviews_copy;
  std::string source;
  std::string created_at;
};

/// Writes a backup to `to`, which must not exist: files, manifest, then everything read back from the disk and compared.
/// It appears under its name only when all of that is done. Fails with output_unwritable, disk_full, io_failed.
result<backup_manifest> write_backup(const backup_source& from, const std::filesystem::path& to);

/// Reads every byte of a backup and compares it with the manifest; no file may be missing, changed, or there besides.
/// Fails with not_found (no backup there) or store_damaged, naming the file.
result<backup_manifest> verify_backup(const std::filesystem::path& backup);

/// Puts a verified backup into `to_output`/.longwave, points its runs at their new folders, and writes segments.jsonl
/// and the readable files anew; verdicts go back beside them. A store of several runs gives each a folder of its own below `to_output`.
/// Fails with run_exists when there is a store already, or as `verify_backup`; nothing is left behind then.
result<backup_manifest> restore_backup(const std::filesystem::path& backup, const std::filesystem::path& to_output);

} // namespace longwave::storage
