// The ordered steps that bring an older store up to this release's schema.
#pragma once

#include "messages/error.hpp"

#include <span>
#include <string_view>

namespace rocksdb {
class DB;
}

namespace longwave::storage {

/// One step: from schema `from` to `from + 1`. Runs on a store opened for writing; must be repeatable, because a
/// process may die between the step and the new schema number.
struct migration {
  int from = 0;
  std::string_view what;
  result<void> (*apply)(rocksdb::DB& db) = nullptr;
};

/// All steps, oldest first. Schema 1 is the first one.
std::span<const migration> all_migrations() noexcept;

/// Brings a store from `stored` to `schema_version`, storing the number after each step. Fails with store_newer for a
/// higher number and store_damaged for one that no step starts from; nothing is written then.
result<void> migrate(rocksdb::DB& db, int stored);

/// The refusal of a store that a newer release wrote.
failure newer_store(int stored);

} // namespace longwave::storage
