// The store: one RocksDB database per engine, the only source of truth. Nobody else in the program knows RocksDB.
#pragma once

#include "messages/checkpoint.hpp"
#include "messages/error.hpp"
#include "messages/record.hpp"
#include "messages/run_config.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rocksdb {
class Env;
class FileSystem;
}

namespace longwave::storage {

/// The schema that this release writes. A store with a higher one is refused untouched (P14).
inline constexpr int schema_version = 2;

/// Where a run stands; rewritten with every commit of the run. Small and of fixed shape.
struct run_head {
  std::uint64_t seq = 0;                 ///< last committed segment, 0 = none
  std::string hash;                      ///< chain head, 64 zeros at the start
  std::string state = "running";         ///< a run state's name: running, paused, stopped, completed, aborted, failed
  std::string state_reason;              ///< may be empty
  std::vector<std::string> pause_reasons;///< those stored (contract 8.12)
  std::uint64_t consecutive_failures = 0;
  std::uint64_t starts_without_commit = 0;
  std::uint64_t calls = 0;               ///< generator calls noted so far (fault plans count them)
  std::uint64_t epoch = 0;               ///< raised when a scheduler takes the run over; older commits are refused
  std::int64_t elapsed_ms = 0;           ///< time running or waiting, over all processes (contract 8.23)
  std::int64_t virtual_ms = 0;           ///< reading of the virtual clock
  std::string started_at;                ///< RFC 3339
  nlohmann::json totals = nlohmann::json::object(); ///< pauses, stops, resumes, recoveries, restarts ...
};

void to_json(nlohmann::json& j, const run_head& h);
void from_json(const nlohmann::json& j, run_head& h);

/// Noted before a call is made; tells a later process where the open segment stood.
struct attempt_note {
  std::uint64_t seq = 0;
  int attempt = 1;                       ///< attempt that is being made
  int rejected = 0;                      ///< drafts rejected so far
  std::uint64_t call = 0;
  int actor_deaths = 0;
  int process_deaths = 0;
  nlohmann::json history = nlohmann::json::array(); ///< failed attempts of this segment so far
  std::uint64_t ahead = 0;               ///< segment whose draft is being made before its turn; 0 = none
};

void to_json(nlohmann::json& j, const attempt_note& n);
void from_json(const nlohmann::json& j, attempt_note& n);

/// One piece of run state that changed with a segment.
struct state_change {
  std::string name;                      ///< "gossip", "story/<id>", "variety" ...; no NUL byte
  std::string json;                      ///< the piece as compact JSON; "null" removes it
};

/// Everything that one commit of one run writes. `record` empty: a change of the head alone (pause, stop, resume).
struct commit_batch {
  std::string run;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;                 ///< the segment, must be head.seq + 1 when there is a record
  std::string record_line;               ///< segment_record as one compact JSON line without newline; empty for none
  std::string prev_hash;                 ///< must equal the stored head's hash
  run_head head;                         ///< as it stands after this commit
  std::string provenance;                ///< JSON for `why`; may be empty
  std::vector<state_change> changes;
  std::vector<checkpoint_record> checkpoints;
  std::optional<attempt_note> next_attempt; ///< noted in the same batch: the next segment's first call
  std::optional<std::uint64_t> published;   ///< segments known to be in segments.jsonl
};

/// A piece of state of this name is an object of pieces, those that change with every segment: written as one value, read
/// back as pieces of their own names, which win over older ones.
inline constexpr std::string_view bundle_piece = "each";

/// What a resumed run is loaded from.
struct loaded_run {
  run_config config;
  run_head head;
  /// The newest version of each piece at or before head.seq, and as `checkpoint` the newest that lies under `c`.
  std::map<std::string, nlohmann::json> state;
  std::optional<attempt_note> open_attempt;
  std::uint64_t published = 0;
};

/// How to open.
struct store_options {
  bool create = true;
  bool read_only = false;                ///< frozen view; for dead engines and snapshots
  bool secondary = false;                ///< follows a live engine; needs `secondary_path`
  std::filesystem::path secondary_path;
  bool sync = true;                      ///< false only for benchmarks without a flush
  std::shared_ptr<rocksdb::FileSystem> file_system; ///< the files seam; null = the real one
};

/// Counters for benches and tests.
struct store_counters {
  std::uint64_t synced_writes = 0;
  std::uint64_t wal_syncs = 0;
  std::uint64_t bytes_written = 0;
};

/// Threads: all reads may be called from any thread at any time; `commit` and `note_attempt` from one thread at a time
/// (the committer's). Nothing here waits for anything but the disk.
class store {
public:
  virtual ~store() = default;

  /// Opens or creates. Refuses: a newer schema (store_newer), somebody else's database (store_foreign), damage
  /// (store_damaged), a store held by another engine (store_locked, names its pid).
  static result<std::unique_ptr<store>> open(const std::filesystem::path& folder, store_options options = {});

  // -- the committer's ------------------------------------------------------------------------------------------

  /// Group commit: all batches in ONE WriteBatch and one sync. Idempotent: a batch whose seq is already committed with the
  /// same hash is answered with success and written no second time; a stale epoch or a gap fails that batch alone.
  /// @param written called for each batch (its place) that is in the log file and not yet synced: from there on it survives
  ///   the process, but not a power cut. On the calling thread, with the store locked: it must not come back here. Empty for
  ///   one synced write.
  /// @return one result a batch, in order; success means synced.
  virtual std::vector<result<void>> commit(const std::vector<const commit_batch*>& batches,
                                           const std::function<void(std::size_t)>& written = {}) = 0;

  /// Unsynced write of one note; survives kill -9, a power cut may lose it.
  virtual result<void> note_attempt(const std::string& run, const attempt_note& note, const run_head* head) = 0;

  /// Synced write of a new run: configuration and first head. Fails with run_exists if the id is taken.
  virtual result<void> create_run(const run_config& config, const run_head& head) = 0;

  /// Synced replacement of a run's configuration (a larger duration or count on resume).
  virtual result<void> update_config(const run_config& config) = 0;

  /// Applies checkpoint retention (contract 8.18) and drops state versions that no retained checkpoint needs.
  /// Called by the committer once a simulated day; cost bounded by checkpoints x pieces.
  virtual result<void> prune(const std::string& run) = 0;

  // -- readers --------------------------------------------------------------------------------------------------

  virtual result<std::vector<std::string>> runs() const = 0;
  virtual result<run_config> config(const std::string& run) const = 0;
  virtual result<run_head> head(const std::string& run) const = 0;
  virtual result<loaded_run> load(const std::string& run) const = 0;
  /// The record's line as committed, or not_found.
  virtual result<std::string> segment_line(const std::string& run, std::uint64_t seq) const = 0;
  virtual result<std::string> provenance(const std::string& run, std::uint64_t seq) const = 0;
  /// Calls `each` for the lines of segments from..to (inclusive) in order until it returns false.
  virtual result<void> segments(const std::string& run, std::uint64_t from, std::uint64_t to,
                                const std::function<bool(std::uint64_t seq, const std::string& line)>& each) const = 0;
  /// Newest version of each piece at or before `seq`.
  virtual result<std::map<std::string, nlohmann::json>> state_at(const std::string& run, std::uint64_t seq) const = 0;
  /// Oldest first. A damaged checkpoint record is listed with `valid` false (contract 8.16).
  struct listed_checkpoint {
    checkpoint_record record;
    bool valid = true;
    std::string fault;
  };
  virtual result<std::vector<listed_checkpoint>> checkpoints(const std::string& run) const = 0;
  virtual result<std::uint64_t> published(const std::string& run) const = 0;
  /// All keys in order, printable, with value sizes; stops when `each` returns false.
  virtual result<void> keys(const std::function<bool(const std::string& key, std::size_t value_bytes)>& each) const = 0;

  /// Secondary only: catch up with the live engine.
  virtual result<void> refresh() = 0;

  /// A consistent copy of the whole store (hard links where possible) that opens read-only. `to` must not exist.
  virtual result<void> snapshot(const std::filesystem::path& to) const = 0;

  virtual store_counters counters() const = 0;

  /// Writes out what lies in memory buffers where it is worth a table (as at the end), so that they are free while nothing
  /// moves. Waits for the disk. Nothing hangs on it: what does not succeed is in the log still.
  virtual void settle() = 0;
};

} // namespace longwave::storage
