// The lore catalogue: a RocksDB database of its own beside a run's store, written by imports and read by everybody.
//
// Content, not state: runs never write it, an import never touches a run's store, and both may happen at the same time.
// An import is one table file that RocksDB takes in as a whole: after a kill at any moment all of it is there or none.
#pragma once

#include "messages/error.hpp"
#include "messages/lore.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwave::storage {

/// The schema that this release writes. A catalogue with a higher one is refused untouched.
inline constexpr int lore_schema_version = 1;

/// Prefix   | then                      | value                                                   | written by
/// ---------|---------------------------|---------------------------------------------------------|-----------
enum class lore_prefix : std::uint8_t {
  /// 'd'    | id                        | {"n":number}: which record has this id                  | import
  id = 'd',
  /// 'f'    | import:u32 block:u32      | what filters look at, for up to 4,096 records           | import
  facets = 'f',
  /// 'i'    | import:u32                | where it came from, when, how many records              | import
  import = 'i',
  /// 'k'    | term 0x00 import:u32      | numbers of the records that have the term, as distances | import
  term = 'k',
  /// 'l'    | number:u64                | the record as JSON                                      | import
  record = 'l',
  /// 'm'    | name                      | "catalogue": schema, counts, content hash               | import
  meta = 'm',
};

inline constexpr lore_prefix all_lore_prefixes[] = {lore_prefix::id,   lore_prefix::facets, lore_prefix::import,
                                                    lore_prefix::term, lore_prefix::record, lore_prefix::meta};

/// One import, as it is remembered.
struct lore_import {
  /// File or server it came from.
  std::string source;
  /// SHA-256 of the file's bytes; empty for a server.
  std::string source_hash;
  /// RFC 3339.
  std::string imported_at;
  std::uint64_t records = 0;
  std::uint64_t skipped = 0;
};

void to_json(nlohmann::json& j, const lore_import& i);
void from_json(const nlohmann::json& j, lore_import& i);

/// What an import did.
struct lore_import_counts {
  std::uint64_t added = 0;
  /// Same id, same content: nothing to do.
  std::uint64_t unchanged = 0;
  std::uint64_t replaced = 0;
};

/// How a catalogue is opened.
enum class lore_access { read, write, create };

/// Threads: reads from any thread; one import at a time.
class lore_store : public lore_catalogue {
public:
  /// Opens the catalogue in `folder`. `read` sees it as it is now and disturbs no import. Fails with not_found,
  /// store_newer, store_foreign, store_damaged, store_locked (another import is under way).
  static result<std::unique_ptr<lore_store>> open(const std::filesystem::path& folder, lore_access access);

  /// Places in `records` whose id the catalogue has with another content.
  virtual result<std::vector<std::size_t>> conflicts(const std::vector<lore_record>& records) const = 0;

  /// Takes records in: all or, on a failure, none. Records with the id of a stored one replace it, unless they are
  /// equal to it (provenance aside). Ids must be distinct. Durable when it returns.
  virtual result<lore_import_counts> import(const std::vector<lore_record>& records, const lore_import& about) = 0;

  /// The imports, oldest first.
  virtual result<std::vector<lore_import>> imports() const = 0;

  /// A consistent copy of the catalogue; `to` must not exist. Opened for writing only.
  virtual result<void> snapshot(const std::filesystem::path& to) const = 0;

  /// Number of the record with an id, or not_found.
  virtual result<std::uint64_t> find(std::string_view id) const = 0;
};

} // namespace longwave::storage
