// The store over RocksDB: one class, implemented in store.cpp (opening), store_write.cpp and store_read.cpp.
// Included only within storage/.
#pragma once

#include "storage/keys.hpp"
#include "storage/retention_index.hpp"
#include "storage/store.hpp"
#include "storage/store_options.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

namespace longwave::storage {

class rocks_store final : public store {
public:
  rocks_store(open_mode mode, std::string folder, bool sync, std::unique_ptr<rocksdb::Env> env);
  ~rocks_store() override;

  /// Opens the database behind this object and checks that it is ours.
  result<void> open(const store_options& options);

  std::vector<result<void>> commit(const std::vector<const commit_batch*>& batches,
                                   const std::function<void(std::size_t)>& written) override;
  result<void> note_attempt(const std::string& run, const attempt_note& note, const run_head* head) override;
  result<void> create_run(const run_config& config, const run_head& head) override;
  result<void> update_config(const run_config& config) override;
  result<void> prune(const std::string& run) override;

  result<std::vector<std::string>> runs() const override;
  result<run_config> config(const std::string& run) const override;
  result<run_head> head(const std::string& run) const override;
  result<loaded_run> load(const std::string& run) const override;
  result<std::string> segment_line(const std::string& run, std::uint64_t seq) const override;
  result<std::string> provenance(const std::string& run, std::uint64_t seq) const override;
  result<void> segments(const std::string& run, std::uint64_t from, std::uint64_t to,
                        const std::function<bool(std::uint64_t, const std::string&)>& each) const override;
  result<std::map<std::string, nlohmann::json>> state_at(const std::string& run, std::uint64_t seq) const override;
  result<std::vector<listed_checkpoint>> checkpoints(const std::string& run) const override;
  result<std::uint64_t> published(const std::string& run) const override;
  result<void> keys(const std::function<bool(const std::string&, std::size_t)>& each) const override;
  result<void> refresh() override;
  result<void> snapshot(const std::filesystem::path& to) const override;
  store_counters counters() const override;
  void settle() override;

private:
  /// What a commit is checked against; a copy of the stored head's essentials.
  struct head_mark {
    std::uint64_t seq = 0;
    std::string hash;
    std::uint64_t epoch = 0;
  };
  enum class preparation { refused, already_there, in_batch };
  struct prepared {
    preparation state;
    failure why;
  };

  /// Holds the database in place for one operation. `db` is null after a failed re-open.
  struct access {
    std::shared_lock<std::shared_mutex> lock;
    rocksdb::DB* db = nullptr;
  };
  result<access> enter() const;
  /// A table of what the logs hold, where they are long.
  void write_out(rocksdb::DB& db) const;

  /// A fixed view of the data for one read; without one where RocksDB has none (read-only, secondary).
  class fixed_view {
  public:
    fixed_view(rocksdb::DB& db, bool wanted);
    ~fixed_view();
    fixed_view(const fixed_view&) = delete;
    fixed_view& operator=(const fixed_view&) = delete;
    rocksdb::ReadOptions options;

  private:
    rocksdb::DB& db_;
  };

  // Opening.
  result<void> open_for_writing(const std::string& folder, bool create);
  result<void> open_for_reading(const store_options& options);
  result<int> peek_schema(const std::string& folder) const;
  result<void> flush_old_logs() const;
  rocksdb::Status open_handle(bool flush_recovered);
  rocksdb::Status probe_disk() const;

  // Writing; all called with `writing_` held.
  result<void> writable() const;
  result<void> heal();
  result<head_mark> mark_of(rocksdb::DB& db, const std::string& run);
  prepared prepare(rocksdb::DB& db, const commit_batch& batch, std::unordered_map<std::string_view, head_mark>& staged,
                   rocksdb::WriteBatch& writes);
  result<void> check_repeated(rocksdb::DB& db, const commit_batch& batch, const head_mark& mark) const;
  result<void> write(rocksdb::DB& db, rocksdb::WriteBatch& writes, bool sync, std::string_view what);
  result<void> sync(rocksdb::DB& db, std::string_view what);
  failure write_failed(std::string_view what, const rocksdb::Status& status);
  result<retention_index*> index_of(rocksdb::DB& db, const std::string& run);
  static result<void> index_states(rocksdb::DB& db, const std::string& run, retention_index& index);
  void keep_index(const commit_batch& batch);

  // Reading.
  static result<std::string> get(rocksdb::DB& db, const rocksdb::ReadOptions& options, const std::string& key);
  static result<std::map<std::string, nlohmann::json>> newest_states(rocksdb::DB& db,
                                                                     const rocksdb::ReadOptions& options,
                                                                     const std::string& run, std::uint64_t seq);
  static result<std::optional<checkpoint_record>> newest_checkpoint(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                                    const std::string& run);
  static result<std::vector<listed_checkpoint>> list_checkpoints(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                                 const std::string& run);
  static result<void> check_last_segment(rocksdb::DB& db, const rocksdb::ReadOptions& options, const std::string& run,
                                         const run_head& head);
  static result<std::uint64_t> pruned_up_to(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                            const std::string& run);
  static result<std::uint64_t> published_mark(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                              const std::string& run);

  const open_mode mode_;
  const std::string folder_;
  const bool sync_;
  const std::unique_ptr<rocksdb::Env> env_;
  rocksdb::Options options_;
  mutable std::shared_mutex handle_;
  std::unique_ptr<rocksdb::DB> db_;

  std::mutex writing_;
  std::unordered_map<std::string, head_mark> heads_;
  /// Of runs that were thinned out and go on; read from the database once, then kept by the commits.
  std::unordered_map<std::string, retention_index> indexes_;
  bool broken_ = false;
  std::atomic<std::uint64_t> synced_writes_{0};
};

/// The meta key that says up to which segment a run's state versions were thinned out.
std::string pruned_key(std::string_view run);

/// Printable form of a raw key: its decoded name, or its bytes in hex.
std::string printable_key(std::string_view key);

/// Puts a sealed value without copying the payload.
void put_sealed(rocksdb::DB& db, rocksdb::WriteBatch& writes, const std::string& key, std::string_view payload);

} // namespace longwave::storage
