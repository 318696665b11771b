// How Longwave sets RocksDB up and reads its errors. Included only within storage/.
#pragma once

#include "messages/error.hpp"
#include "storage/store.hpp"

#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace longwave::storage {

/// What a store is opened for; decides handles, logging and recovery.
enum class open_mode { write, read_only, secondary };

/// Options for one open. `env` may be null (the default environment) and must outlive the database.
rocksdb::Options database_options(open_mode mode, rocksdb::Env* env);

/// Our name for a RocksDB error: disk_full, store_damaged, not_found or io_failed.
failure store_failure(std::string_view what, const rocksdb::Status& status);

/// The key and sealed value that make a RocksDB database ours.
std::string schema_key();
std::string schema_value(int schema);
/// The schema number in a sealed value, or store_damaged.
result<int> read_schema(std::string_view sealed_value);

/// The schema number in the folder's marker file SCHEMA; empty when there is no readable one. The marker is written
/// after the key, and a release that migrates raises it before its first change, so it never says too little.
std::optional<int> read_marker(rocksdb::Env& env, const std::string& folder);
/// Writes the marker, durably, unless it says so already.
rocksdb::Status write_marker(rocksdb::Env& env, const std::string& folder, int schema);

/// What lies in a folder before it is opened.
enum class folder_content {
  nothing,    ///< no folder, an empty one, or a creation that was cut off before the first write
  database,   ///< a RocksDB database
  remains,    ///< data files of a database without its CURRENT file
  something   ///< files that are no database at all
};
folder_content look_at_folder(rocksdb::Env& env, const std::string& folder);

} // namespace longwave::storage
