// RocksDB options for a small, careful store, and the mapping of its errors.
#include "storage/store_options.hpp"

#include "storage/codec.hpp"
#include "storage/keys.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace longwave::storage {

namespace {

constexpr std::size_t memtable_bytes = 8 << 20;
constexpr std::size_t cache_bytes = 4 << 20;
constexpr int open_files = 64;

constexpr std::string_view marker_words = "longwave store, schema ";
const std::string marker_name = "/SCHEMA";

/// The remedy that every kind of damage has.
constexpr std::string_view repair_remedy =
  "nothing was changed; save what is sound with `longwave repair DIR --to DIR2`";

/// Swallows RocksDB's information log: readers must leave no trace in a store that is not theirs.
class silent_logger : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// Hands RocksDB's complaints to our own log, where there is one: a verb without a log must not print them. A LOG file
/// of its own would be renewed by every start, refused ones too.
class complaint_logger : public rocksdb::Logger {
public:
  complaint_logger() : rocksdb::Logger(rocksdb::InfoLogLevel::ERROR_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    if (spdlog::default_logger_raw()->name().empty()) return; // the library's own, which prints on stdout
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    std::replace(text.begin(), text.end(), '\n', ' ');
    spdlog::warn("store: {}", text.data());
  }
  void LogHeader(const char*, va_list) override {}
};

/// Counts what we show of RocksDB's work, and nothing else: its own statistics are half a megabyte a store, counters and
/// histograms of everything for every core, which a start would fill with zeros.
class log_counters final : public rocksdb::Statistics {
public:
  const char* Name() const override { return "longwave.log_counters"; }
  std::uint64_t getTickerCount(std::uint32_t ticker) const override {
    const auto* count = of(ticker);
    return count ? count->load(std::memory_order_relaxed) : 0;
  }
  void recordTick(std::uint32_t ticker, std::uint64_t more) override {
    if (auto* count = of(ticker)) count->fetch_add(more, std::memory_order_relaxed);
  }
  void setTickerCount(std::uint32_t ticker, std::uint64_t to) override {
    if (auto* count = of(ticker)) count->store(to, std::memory_order_relaxed);
  }
  std::uint64_t getAndResetTickerCount(std::uint32_t ticker) override {
    auto* count = of(ticker);
    return count ? count->exchange(0, std::memory_order_relaxed) : 0;
  }
  void histogramData(std::uint32_t, rocksdb::HistogramData* data) const override { *data = {}; }
  void recordInHistogram(std::uint32_t, std::uint64_t) override {}
  bool HistEnabledForType(std::uint32_t) const override { return false; }

private:
  const std::atomic<std::uint64_t>* of(std::uint32_t ticker) const {
    if (ticker == rocksdb::WAL_FILE_SYNCED) return &syncs_;
    return ticker == rocksdb::WAL_FILE_BYTES ? &bytes_ : nullptr;
  }
  std::atomic<std::uint64_t>* of(std::uint32_t ticker) {
    return const_cast<std::atomic<std::uint64_t>*>(std::as_const(*this).of(ticker));
  }

  std::atomic<std::uint64_t> syncs_ = 0, bytes_ = 0;
};

/// Groups keys that are written in ascending order: all but the number of numbered ones, else the whole key. The
/// memtable remembers where each group's last insert was, which halves the time of a commit and of a log's replay.
class insert_groups final : public rocksdb::SliceTransform {
public:
  const char* Name() const override { return "longwave.insert_groups"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    constexpr std::size_t number = 8;
    const bool numbered = key[0] == static_cast<char>(key_prefix::segment) ||
                          key[0] == static_cast<char>(key_prefix::provenance) ||
                          key[0] == static_cast<char>(key_prefix::state);
    return numbered && key.size() > number ? rocksdb::Slice(key.data(), key.size() - number) : key;
  }
  bool InDomain(const rocksdb::Slice& key) const override { return !key.empty(); }
};

rocksdb::CompressionType best_compression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (auto type : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression})
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  return rocksdb::kNoCompression;
}

rocksdb::BlockBasedTableOptions table_options() {
  // One cache for all stores of the process: an engine has one store, tests open many.
  static const auto cache = rocksdb::NewLRUCache(cache_bytes);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 << 10;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Indexes and filters count against the cache: memory stays flat however many segments lie in the store.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  return table;
}

} // namespace

rocksdb::Options database_options(open_mode mode, rocksdb::Env* env) {
  rocksdb::Options o;
  if (env != nullptr) o.env = env;
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.paranoid_checks = true;
  o.compaction_style = rocksdb::kCompactionStyleLevel;
  // Every memtable holds the newest keys of all kinds, so its table lies across all of the first level and that is written
  // again with it: it is kept as small as four of them. Below it only the end of each kind changes, and small tables move
  // down as they are.
  o.write_buffer_size = memtable_bytes;
  o.max_bytes_for_level_base = 4 * memtable_bytes;
  o.target_file_size_base = memtable_bytes;
  o.target_file_size_multiplier = 2;
  // What was just written is read by nobody: compressing it would be half of the background's work. What stays is compressed
  // when it sinks to the fourth level, beyond some 300 MB.
  o.compression = best_compression();
  o.compression_per_level.assign(static_cast<std::size_t>(o.num_levels), o.compression);
  std::fill_n(o.compression_per_level.begin(), 3, rocksdb::kNoCompression);
  o.max_write_buffer_number = 3;
  o.memtable_insert_with_hint_prefix_extractor = std::make_shared<insert_groups>();
  o.optimize_filters_for_hits = true;
  o.max_background_jobs = 2;
  o.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.skip_stats_update_on_db_open = true;
  // A start replays at most one memtable's log and writes nothing: it costs the same at any size of the store.
  o.avoid_flush_during_recovery = true;
  o.avoid_flush_during_shutdown = true;
  // No recovery behind our back: after a failed write the store opens the database anew.
  o.max_bgerror_resume_count = 0;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options()));
  o.max_open_files = open_files;
  // Space is taken as it is written. Asked for ahead, every start takes 13 MB that its end gives back, and where the file system
  // is in memory they are filled with zeros first.
  o.allow_fallocate = false;
  if (mode == open_mode::write) {
    // A log file that was closed and then vanished is noticed at the next start.
    o.track_and_verify_wals_in_manifest = true;
    o.statistics = std::make_shared<log_counters>();
    o.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
    o.info_log = std::make_shared<complaint_logger>();
  } else {
    o.info_log = std::make_shared<silent_logger>();
  }
  if (mode == open_mode::secondary) {
    // A follower must keep files open that the live engine may delete.
    o.max_open_files = -1;
  } else {
    // A quarter of them at most are opened at the start, in less time than sixteen threads take to come and go.
    o.max_file_opening_threads = 1;
  }
  return o;
}

failure store_failure(std::string_view what, const rocksdb::Status& status) {
  const std::string subject(what);
  auto why = status.ToString();
  std::replace(why.begin(), why.end(), '\n', ' ');
  if (status.IsNoSpace() || why.find("No space left") != std::string::npos)
    return {error_code::disk_full, subject, why, "free some space, then resume"};
  if (status.IsCorruption()) return {error_code::store_damaged, subject, why, std::string(repair_remedy)};
  if (status.IsNotFound()) return {error_code::not_found, subject, why, {}};
  if (status.IsPathNotFound()) return {error_code::store_damaged, subject, why, std::string(repair_remedy)};
  return {error_code::io_failed, subject, why, "check the disk and the folder's permissions"};
}

std::string schema_key() {
  return meta_key("schema");
}

std::string schema_value(int schema) {
  return sealed(nlohmann::json{{"schema", schema}, {"format", "longwave-store"}}.dump());
}

result<int> read_schema(std::string_view sealed_value) {
  auto payload = unseal(sealed_value, "meta/schema");
  if (!payload) return payload.error();
  const auto parsed = nlohmann::json::parse(payload.value(), nullptr, false);
  if (const auto it = parsed.find("schema"); parsed.is_object() && it != parsed.end() && it->is_number_integer())
    return it->get<int>();
  return failure{error_code::store_damaged, "the store is damaged", "meta/schema: no schema number",
                 std::string(repair_remedy)};
}

std::optional<int> read_marker(rocksdb::Env& env, const std::string& folder) {
  std::string text;
  if (!rocksdb::ReadFileToString(&env, folder + marker_name, &text).ok()) return std::nullopt;
  if (!text.starts_with(marker_words) || !text.ends_with('\n')) return std::nullopt;
  int schema = 0;
  const auto* const begin = text.data() + marker_words.size();
  const auto* const end = text.data() + text.size() - 1;
  if (const auto read = std::from_chars(begin, end, schema); read.ec != std::errc{} || read.ptr != end || schema < 1)
    return std::nullopt;
  return schema;
}

rocksdb::Status write_marker(rocksdb::Env& env, const std::string& folder, int schema) {
  if (read_marker(env, folder) == schema) return rocksdb::Status::OK();
  // RocksDB clears a left-over temporary of this name away by itself.
  const auto temporary = folder + "/SCHEMA.dbtmp";
  const auto text = std::string(marker_words) + std::to_string(schema) + "\n";
  auto status = rocksdb::WriteStringToFile(&env, text, temporary, true);
  if (status.ok()) status = env.RenameFile(temporary, folder + marker_name);
  return status;
}

folder_content look_at_folder(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  if (!env.GetChildren(folder, &names).ok()) return folder_content::nothing;
  const auto ends_with = [](const std::string& name, std::string_view end) { return name.ends_with(end); };
  bool data = false;
  bool strange = false;
  for (const auto& name : names) {
    if (name == "." || name == "..") continue;
    if (name == "CURRENT") return folder_content::database;
    if (ends_with(name, ".sst") || ends_with(name, ".log") || "/" + name == marker_name) {
      data = true;
    } else if (name.starts_with("MANIFEST-")) {
      // The first manifest is written before CURRENT; later ones only exist in a database that was whole once.
      data = data || name != "MANIFEST-000001";
    } else if (name != "LOCK" && name != "IDENTITY" && !name.starts_with("LOG") && !name.starts_with("OPTIONS-") &&
               !ends_with(name, ".dbtmp")) {
      strange = true;
    }
  }
  if (data) return folder_content::remains;
  return strange ? folder_content::something : folder_content::nothing;
}

} // namespace longwave::storage
