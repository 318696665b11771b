// Opening the store: what lies there, whose it is, which schema it has; and keeping the handle alive after errors.
#include "storage/store.hpp"

#include "storage/codec.hpp"
#include "storage/migrations/migrations.hpp"
#include "storage/output_folder.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_json.hpp"

#include <rocksdb/statistics.h>
#include <rocksdb/utilities/checkpoint.h>

#include <limits>

namespace longwave::storage {

namespace {

failure foreign(const std::string& folder, std::string why) {
  return {error_code::store_foreign, "cannot open the store " + folder, std::move(why),
          "choose another folder; nothing was changed"};
}

constexpr std::size_t probe_bytes = 64 << 10;
/// Replaying a log of this size takes a reader some 8 ms; a store that is closed with more writes its memtable out, about as long.
constexpr std::uint64_t most_left_in_log = 1 << 20;

/// Names the holder of a store that RocksDB found locked.
failure locked(const std::string& folder) {
  const auto pid = engine_lock::holder(std::filesystem::path(folder).parent_path());
  return {error_code::store_locked, "cannot open the store " + folder,
          pid > 0 ? "engine with pid " + std::to_string(pid) + " holds it" : "another engine holds it",
          "stop that engine first, or choose another folder"};
}

bool says_locked(const rocksdb::Status& status) {
  const auto text = status.ToString();
  return status.IsIOError() && (text.find("While lock file") != std::string::npos ||
                                text.find("lock hold by current process") != std::string::npos);
}

failure opening_failure(const std::string& folder, const rocksdb::Status& status) {
  if (says_locked(status)) return locked(folder);
  if (status.IsInvalidArgument()) return foreign(folder, status.ToString());
  return store_failure("cannot open the store " + folder, status);
}

bool has_no_keys(rocksdb::DB& db, rocksdb::Status& status) {
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  it->SeekToFirst();
  status = it->status();
  return !it->Valid();
}

} // namespace

result<std::unique_ptr<store>> store::open(const std::filesystem::path& folder, store_options options) {
  std::unique_ptr<rocksdb::Env> env;
  if (options.file_system) env = rocksdb::NewCompositeEnv(options.file_system);
  const auto mode = options.secondary   ? open_mode::secondary
                    : options.read_only ? open_mode::read_only
                                        : open_mode::write;
  auto opened = std::make_unique<rocks_store>(mode, folder.string(), options.sync, std::move(env));
  if (auto done = opened->open(options); !done) return done.error();
  return std::unique_ptr<store>(std::move(opened));
}

rocks_store::rocks_store(open_mode mode, std::string folder, bool sync, std::unique_ptr<rocksdb::Env> env)
  : mode_(mode), folder_(std::move(folder)), sync_(sync), env_(std::move(env)),
    options_(database_options(mode, env_.get())) {}

/// Who opens a closed store next, reader or engine, finds what was written last in a table and has no long log to replay.
/// Nothing hangs on it: where it does not succeed, the log still holds everything.
rocks_store::~rocks_store() {
  if (mode_ == open_mode::write && db_ && !broken_) write_out(*db_);
}

void rocks_store::write_out(rocksdb::DB& db) const {
  // Looked up past RocksDB, whose own list of logs ends the process when the disk fails under it.
  std::error_code ec;
  std::uintmax_t left = 0;
  for (std::filesystem::directory_iterator at(folder_, ec), end; !ec && at != end; at.increment(ec)) {
    std::error_code gone;
    const auto bytes = at->path().extension() == ".log" ? at->file_size(gone) : 0;
    if (!gone) left += bytes;
  }
  if (left > most_left_in_log) db.Flush({}).PermitUncheckedError(); // RocksDB logs a failure itself
}

void rocks_store::settle() {
  if (mode_ != open_mode::write) return;
  if (std::lock_guard guard(writing_); broken_) return;
  if (auto inside = enter()) write_out(*inside.value().db);
}

result<void> rocks_store::open(const store_options& options) {
  auto& env = env_ ? *env_ : *rocksdb::Env::Default();
  switch (look_at_folder(env, folder_)) {
    case folder_content::something: return foreign(folder_, "the folder holds files that are no store");
    case folder_content::remains:
      return failure{error_code::store_damaged, "cannot open the store " + folder_, "its CURRENT file is missing",
                     "nothing was changed; save what is sound with `longwave repair DIR --to DIR2`"};
    case folder_content::nothing:
      if (mode_ != open_mode::write || !options.create)
        return failure{error_code::not_found, "cannot open the store " + folder_, "there is none", {}};
      return open_for_writing(folder_, true);
    case folder_content::database: break;
  }
  return mode_ == open_mode::write ? open_for_writing(folder_, false) : open_for_reading(options);
}

/// Schema of a database before it is opened for writing; 0 = one without any key: its creation was cut off before our
/// first write. The marker file spares replaying the log twice; without it (snapshots, old copies) the key is read.
result<int> rocks_store::peek_schema(const std::string& folder) const {
  if (const auto marked = read_marker(env_ ? *env_ : *rocksdb::Env::Default(), folder)) return *marked;
  std::vector<std::string> families;
  const auto read_only = database_options(open_mode::read_only, env_.get());
  auto status = rocksdb::DB::ListColumnFamilies(read_only, folder, &families);
  if (!status.ok()) return opening_failure(folder, status);
  if (families.size() != 1) return foreign(folder, "it has column families that are not ours");
  rocksdb::DB* raw = nullptr;
  status = rocksdb::DB::OpenForReadOnly(read_only, folder, &raw);
  if (!status.ok()) return opening_failure(folder, status);
  const std::unique_ptr<rocksdb::DB> db(raw);
  std::string value;
  status = db->Get({}, schema_key(), &value);
  if (status.ok()) return read_schema(value);
  if (!status.IsNotFound()) return opening_failure(folder, status);
  if (has_no_keys(*db, status)) {
    if (!status.ok()) return opening_failure(folder, status);
    return 0;
  }
  return foreign(folder, "it is a RocksDB database without our schema key");
}

/// Makes the logs that a start will replay durable. A process that died left bytes that only the page cache has; what
/// is built on them must not survive a power cut that they do not.
result<void> rocks_store::flush_old_logs() const {
  auto& env = env_ ? *env_ : *rocksdb::Env::Default();
  std::vector<std::string> names;
  if (const auto status = env.GetChildren(folder_, &names); !status.ok())
    return store_failure("cannot list the store " + folder_, status);
  for (const auto& name : names) {
    if (!name.ends_with(".log")) continue;
    std::unique_ptr<rocksdb::WritableFile> file;
    auto status = env.ReopenWritableFile(folder_ + "/" + name, &file, rocksdb::EnvOptions());
    if (status.ok()) status = file->Sync();
    if (status.ok()) status = file->Close();
    if (!status.ok()) return store_failure("cannot flush the store's log " + name, status);
  }
  return ok();
}

rocksdb::Status rocks_store::open_handle(bool flush_recovered) {
  auto options = options_;
  options.avoid_flush_during_recovery = !flush_recovered;
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(options, folder_, &raw);
  db_.reset(raw);
  return status;
}

result<void> rocks_store::open_for_writing(const std::string& folder, bool create) {
  int schema = 0;
  if (create) {
    std::error_code error;
    if (!env_) std::filesystem::create_directories(folder, error);
    if (error)
      return failure{error_code::output_unwritable, "cannot create " + folder, error.message(),
                     "choose another folder with --output or --data-dir"};
    options_.create_if_missing = true;
  } else {
    // Looked at without writing first: a store that is refused keeps every byte.
    auto peeked = peek_schema(folder);
    if (!peeked) return peeked.error();
    schema = peeked.value();
    if (schema > schema_version) return newer_store(schema);
    if (auto flushed = flush_old_logs(); !flushed) return flushed.error();
  }
  auto status = open_handle(false);
  if (!status.ok()) return opening_failure(folder, status);
  std::string stored;
  status = db_->Get({}, schema_key(), &stored);
  if (status.ok()) {
    auto number = read_schema(stored);
    if (!number) return number.error();
    if (auto migrated = migrate(*db_, number.value()); !migrated) return migrated.error();
  } else if (status.IsNotFound() && has_no_keys(*db_, status) && status.ok() && schema == 0) {
    rocksdb::WriteOptions synced;
    synced.sync = sync_;
    status = db_->Put(synced, schema_key(), schema_value(schema_version));
    if (!status.ok()) return opening_failure(folder, status);
  } else {
    // The marker says that the key was there once: what held it is lost.
    return damaged_store("meta/schema", status.ok() ? "it is missing" : status.ToString());
  }
  status = write_marker(env_ ? *env_ : *rocksdb::Env::Default(), folder, schema_version);
  if (!status.ok()) return store_failure("cannot mark the store " + folder, status);
  return ok();
}

result<void> rocks_store::open_for_reading(const store_options& options) {
  rocksdb::DB* raw = nullptr;
  rocksdb::Status status;
  if (mode_ == open_mode::secondary) {
    std::error_code error;
    std::filesystem::create_directories(options.secondary_path, error);
    if (error)
      return failure{error_code::io_failed, "cannot create " + options.secondary_path.string(), error.message(), {}};
    status = rocksdb::DB::OpenAsSecondary(options_, folder_, options.secondary_path.string(), &raw);
  } else {
    status = rocksdb::DB::OpenForReadOnly(options_, folder_, &raw);
  }
  db_.reset(raw);
  if (!status.ok()) return opening_failure(folder_, status);
  std::string value;
  status = db_->Get({}, schema_key(), &value);
  if (status.ok()) {
    auto schema = read_schema(value);
    if (!schema) return schema.error();
    if (schema.value() > schema_version) return newer_store(schema.value());
    return ok();
  }
  if (!status.IsNotFound()) return opening_failure(folder_, status);
  const bool empty = has_no_keys(*db_, status);
  if (!status.ok()) return opening_failure(folder_, status);
  // The marker is written after the first key: where it stands, what held the keys is lost.
  if (read_marker(env_ ? *env_ : *rocksdb::Env::Default(), folder_)) return damaged_store("meta/schema", "it is missing");
  if (empty)
    return failure{error_code::not_found, "cannot open the store " + folder_, "nothing was stored in it yet", {}};
  return foreign(folder_, "it is a RocksDB database without our schema key");
}

result<rocks_store::access> rocks_store::enter() const {
  access entered{std::shared_lock(handle_), db_.get()};
  if (entered.db == nullptr)
    return failure{error_code::io_failed, "cannot use the store " + folder_, "it could not be opened again",
                   "check the disk, then start again with --resume"};
  return entered;
}

/// Writes and flushes a small file beside the database: says whether the disk takes bytes again.
rocksdb::Status rocks_store::probe_disk() const {
  auto& env = env_ ? *env_ : *rocksdb::Env::Default();
  const auto path = folder_ + "/probe.dbtmp"; // a name that RocksDB clears away by itself
  std::unique_ptr<rocksdb::WritableFile> file;
  auto status = env.NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(std::string(probe_bytes, 'p'));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  file.reset();
  const auto removed = env.DeleteFile(path);
  return status.ok() && !removed.IsNotFound() ? removed : status;
}

/// After a failed write: opens the database anew. Going on with the old handle is not safe: in RocksDB 7.8 a write to
/// a log whose append failed once may end the process by assertion, even after Resume(). What the log holds is copied
/// into a table file, because a log whose flush failed cannot be trusted to be on the device although it can be read.
result<void> rocks_store::heal() {
  if (!broken_) return ok();
  // As long as the disk refuses, readers keep the handle that they have.
  if (const auto status = probe_disk(); !status.ok()) return store_failure("cannot write to the store", status);
  const std::unique_lock exclusive(handle_);
  db_.reset();
  heads_.clear();
  const auto status = open_handle(true);
  if (status.ok()) {
    broken_ = false;
    return ok();
  }
  rocksdb::DB* raw = nullptr;
  if (rocksdb::DB::OpenForReadOnly(database_options(open_mode::read_only, env_.get()), folder_, &raw).ok())
    db_.reset(raw);
  return opening_failure(folder_, status);
}

result<void> rocks_store::refresh() {
  if (mode_ != open_mode::secondary) return ok();
  auto entered = enter();
  if (!entered) return entered.error();
  const auto status = entered.value().db->TryCatchUpWithPrimary();
  if (!status.ok()) return store_failure("cannot follow the store " + folder_, status);
  return ok();
}

result<void> rocks_store::snapshot(const std::filesystem::path& to) const {
  if (mode_ != open_mode::write)
    return failure{error_code::wrong_state, "cannot make a snapshot", "the store is open for reading only",
                   "ask the running engine, or open the store for writing"};
  auto entered = enter();
  if (!entered) return entered.error();
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(entered.value().db, &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  // The huge limit keeps RocksDB from flushing its memtable first: the log is copied instead, in milliseconds.
  if (status.ok()) status = checkpoint->CreateCheckpoint(to.string(), std::numeric_limits<std::uint64_t>::max());
  if (status.IsInvalidArgument())
    return failure{error_code::output_unwritable, "cannot make a snapshot in " + to.string(), "it exists already",
                   "name a folder that does not exist"};
  if (!status.ok()) return store_failure("cannot make a snapshot in " + to.string(), status);
  return ok();
}

store_counters rocks_store::counters() const {
  store_counters counters;
  counters.synced_writes = synced_writes_.load(std::memory_order_relaxed);
  if (options_.statistics) {
    counters.wal_syncs = options_.statistics->getTickerCount(rocksdb::WAL_FILE_SYNCED);
    counters.bytes_written = options_.statistics->getTickerCount(rocksdb::WAL_FILE_BYTES);
  }
  return counters;
}

} // namespace longwave::storage
