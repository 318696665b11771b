// Runs migration steps in order; refuses what no step fits.
#include "storage/migrations/migrations.hpp"

#include "storage/store_options.hpp"

#include <rocksdb/db.h>

namespace longwave::storage {

namespace {

/// From schema 2 on, pieces that change with every segment are written as one (`bundle_piece`), which wins over those
/// that schema 1 left. There is nothing to rewrite; the number keeps releases out that would read the old ones.
result<void> bundle_from_now_on(rocksdb::DB&) { return ok(); }

constexpr migration steps[] = {{1, "pieces that change with every segment lie together", bundle_from_now_on}};

} // namespace

std::span<const migration> all_migrations() noexcept { return steps; }

failure newer_store(int stored) {
  return {error_code::store_newer, "cannot open the store",
          "it has schema " + std::to_string(stored) + ", this release knows up to " + std::to_string(schema_version),
          "use the release that wrote it, or a later one; nothing was changed"};
}

result<void> migrate(rocksdb::DB& db, int stored) {
  if (stored > schema_version) return newer_store(stored);
  for (int schema = stored; schema < schema_version; ++schema) {
    const migration* step = nullptr;
    for (const auto& candidate : all_migrations())
      if (candidate.from == schema) step = &candidate;
    if (step == nullptr)
      return failure{error_code::store_damaged, "cannot open the store",
                     "no step leads on from schema " + std::to_string(schema),
                     "save what is sound with `longwave repair DIR --to DIR2`"};
    if (auto done = step->apply(db); !done) return done.error();
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = db.Put(synced, schema_key(), schema_value(schema + 1));
    if (!status.ok()) return store_failure("cannot migrate the store", status);
  }
  return ok();
}

} // namespace longwave::storage
