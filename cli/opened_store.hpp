// Opens the store of a place for looking at: beside a living engine, after a dead one, or in a snapshot.
#pragma once

#include "cli/place.hpp"
#include "messages/error.hpp"
#include "storage/store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace longwave::cli {

/// What a verb wants to look at.
struct store_request {
  /// The DIR argument.
  std::string folder = ".";
  /// A snapshot's folder; then `folder` does not count.
  std::string snapshot;
  /// The --run option; empty: the place's run, or the only one.
  std::string run;
  /// False for views of the whole store.
  bool needs_run = true;
};

/// A folder of its own, removed with everything in it at the end.
class temporary_folder {
public:
  static result<std::unique_ptr<temporary_folder>> make();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

private:
  explicit temporary_folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// An open store and the run in it. Nothing that an engine does is disturbed.
struct opened_store {
  /// Where RocksDB keeps what a follower of a living engine needs; outlives `db`.
  std::unique_ptr<temporary_folder> scratch;
  std::unique_ptr<storage::store> db;
  place where;
  /// Empty when none was needed and none is meant.
  std::string run;
  /// The pid of the engine that has the store, 0 for none.
  int engine_pid = 0;

  bool live() const noexcept { return engine_pid != 0; }
};

/// Fails with not_found (no store, no such run), bad_usage (several runs and none named), or as `store::open` does.
result<opened_store> open_store(const store_request& request);

/// The output folder of the open run: the folder that was named, wherever it has been moved or copied to, unless that
/// is the folder of an engine with run folders of its own.
result<std::filesystem::path> output_folder_of(const opened_store& opened);

/// The output folder of one of a place's runs, where that is certain: the named folder for its own or the only run,
/// otherwise one that says itself whose it is. Empty where it is not: files there might be another run's.
std::filesystem::path output_among(const place& p, const run_config& config, const std::vector<std::string>& runs);

/// The run that is meant among those of a store.
/// @param named    the --run option, may be empty
/// @param of_place the run whose output folder was named, may be empty
result<std::string> choose_run(const std::vector<std::string>& runs, const std::string& named,
                               const std::string& of_place);

} // namespace longwave::cli
