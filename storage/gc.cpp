// Finding and removing of what nobody needs.
#include "storage/gc.hpp"

#include "storage/codec.hpp"
#include "storage/derived_files.hpp"
#include "storage/output_folder.hpp"
#include "storage/record_reader.hpp"
#include "storage/retention_index.hpp"
#include "storage/rocks_store.hpp"
#include "storage/store_json.hpp"
#include "storage/store_options.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

namespace longwave::storage {

namespace fs = std::filesystem;

namespace {

std::uint64_t bytes_below(const fs::path& path) {
  std::error_code ec;
  if (fs::is_regular_file(path, ec)) return fs::file_size(path, ec);
  std::uint64_t sum = 0;
  for (fs::recursive_directory_iterator it(path, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code gone;
    if (it->is_regular_file(gone)) sum += it->file_size(gone);
  }
  return sum;
}

class collector {
public:
  explicit collector(const gc_request& request) : request_(request) {}

  result<gc_report> run() {
    const auto store_folder = request_.data_dir / "store";
    std::error_code ec;
    if (!fs::exists(store_folder / "CURRENT", ec))
      return failure{error_code::not_found, "nothing to free in " + request_.data_dir.string(), "there is no store in it",
                     "name a run's output folder"};
    // Held to the end, so that no engine begins in the middle.
    auto lock = engine_lock::take(request_.data_dir);
    if (!lock) return lock.error();
    report_.store_bytes_before = report_.store_bytes_after = bytes_below(store_folder);
    std::vector<std::string> runs;
    {
      store_options options;
      options.create = false;
      options.read_only = true;
      auto opened = store::open(store_folder, options);
      if (!opened) return opened.error();
      auto listed = opened.value()->runs();
      if (!listed) return listed.error();
      runs = std::move(listed.value());
      for (const auto& name : runs)
        if (auto done = look_at_output(*opened.value(), name, runs); !done) return done.error();
    }
    for (const auto& name : runs)
      if (auto done = look_at_versions(store_folder, name); !done) return done.error();
    look_at_data_dir();
    for (const auto* name : {"snapshots", "backups"}) keep(name);
    if (request_.dry_run) return report_;
    if (auto done = free_versions(store_folder, runs); !done) return done.error();
    for (const auto& path : doomed_) {
      fs::remove_all(path, ec);
      if (ec) return file_failure("cannot remove", path, ec.value());
    }
    report_.store_bytes_after = bytes_below(store_folder);
    return report_;
  }

private:
  void add(gc_item item) {
    auto& sum = report_.sums[item.kind];
    ++sum.count;
    sum.bytes += item.bytes;
    if (report_.items.size() < longest_gc_list) report_.items.push_back(std::move(item));
  }

  void doom(const char* kind, const fs::path& path) {
    add({kind, path.string(), bytes_below(path)});
    doomed_.push_back(path);
  }

  void keep(const char* name) {
    std::error_code ec;
    for (fs::directory_iterator it(request_.data_dir / name, ec), end; !ec && it != end; it.increment(ec)) {
      if (it->path().extension() == ".partial") continue;
      ++report_.kept[name].count;
      report_.kept[name].bytes += bytes_below(it->path());
    }
  }

  /// Temporaries as write_file_atomically names them: ".name.pid.tmp".
  void temporaries_in(const fs::path& folder) {
    static const std::regex shape(R"(\..+\.[0-9]+\.tmp)");
    std::error_code ec;
    for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
      std::error_code gone;
      if (it->is_regular_file(gone) && std::regex_match(it->path().filename().string(), shape)) doom("temporary", it->path());
    }
  }

  /// What copies that were cut off left, and the reserve, which a start makes anew.
  void look_at_data_dir() {
    temporaries_in(request_.data_dir);
    std::error_code ec;
    for (const auto* name : {"backup.tmp", "store.partial"})
      if (fs::exists(request_.data_dir / name, ec)) doom("temporary", request_.data_dir / name);
    for (fs::directory_iterator it(request_.data_dir, ec), end; !ec && it != end; it.increment(ec))
      if (it->path().filename().string().starts_with("salvage-")) doom("temporary", it->path());
    for (fs::directory_iterator it(request_.data_dir / "backups", ec), end; !ec && it != end; it.increment(ec))
      if (it->path().extension() == ".partial") doom("temporary", it->path());
    if (fs::exists(request_.data_dir / "reserve", ec)) doom("reserve", request_.data_dir / "reserve");
  }

  /// Readable files below `segments/` that no committed record has, day by day.
  result<void> look_at_output(const store& s, const std::string& run, const std::vector<std::string>& runs) {
    const auto config = s.config(run);
    if (!config) return config.error();
    const auto head = s.head(run);
    if (!head) return head.error();
    const auto output = request_.output_of(config.value(), runs);
    if (output.empty()) return ok();
    temporaries_in(output);
    std::error_code ec;
    std::set<fs::path> days;
    for (const auto* derived : {"segments", "review", "review/approved", "review/rejected"}) temporaries_in(output / derived);
    // Turned off, the files of earlier days are still the run's.
    if (!config.value().segment_files) return ok();
    for (fs::directory_iterator it(output / "segments", ec), end; !ec && it != end; it.increment(ec)) days.insert(it->path());
    if (days.empty()) return ok();
    fs::path day;
    std::set<std::string> names;
    auto read = for_each_record(s, run, 1, head.value().seq, [&](const segment_record& record, const std::string&) {
      for (const auto& file : derived_files(config.value(), record)) {
        const auto path = output / file.path;
        if (path.parent_path() != day) {
          orphans_of(day, names);
          days.erase(day);
          names.clear();
          day = path.parent_path();
        }
        names.insert(path.filename().string());
      }
      return ok();
    });
    if (!read) return read;
    orphans_of(day, names);
    days.erase(day);
    for (const auto& left : days) orphans_of(left, {});
    return ok();
  }

  void orphans_of(const fs::path& day, const std::set<std::string>& names) {
    static const std::regex folder_shape("day[0-9]{3,}"), file_shape("h[0-9]{2}-[0-9]+-[a-z0-9_-]+\\.md");
    if (day.empty() || !std::regex_match(day.filename().string(), folder_shape)) return;
    temporaries_in(day);
    std::error_code ec;
    for (fs::directory_iterator it(day, ec), end; !ec && it != end; it.increment(ec)) {
      const auto name = it->path().filename().string();
      std::error_code gone;
      if (it->is_regular_file(gone) && std::regex_match(name, file_shape) && !names.contains(name))
        doom("orphaned_file", it->path());
    }
  }

  /// What pruning would drop now (contract 8.18).
  result<void> look_at_versions(const fs::path& store_folder, const std::string& run) {
    rocksdb::DB* raw = nullptr;
    auto status = rocksdb::DB::OpenForReadOnly(database_options(open_mode::read_only, nullptr), store_folder.string(), &raw);
    const std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) return store_failure("cannot open the store " + store_folder.string(), status);
    retention_index index;
    std::map<std::string, std::uint64_t> sizes;
    for (const auto prefix : {key_prefix::checkpoint, key_prefix::state}) {
      const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
      const auto end = prefix_end(prefix, run);
      for (it->Seek(prefix_begin(prefix, run)); it->Valid() && it->key().ToStringView() < end; it->Next()) {
        const auto key = decode_key(it->key().ToStringView());
        if (!key) return damaged_store(printable_key(it->key().ToStringView()), "not a key of ours");
        sizes[it->key().ToString()] = it->key().size() + it->value().size();
        const auto payload = unseal(it->value().ToStringView(), to_string(*key));
        if (prefix == key_prefix::state) {
          if (!payload) return payload.error();
          index.add_version(key->name, key->seq, payload.value() == "null");
        } else if (payload) {
          index.add_checkpoint(key->seq, static_cast<checkpoint_kind>(key->kind));
        } else {
          index.add_damaged_checkpoint(key->seq);
        }
      }
      if (!it->status().ok()) return store_failure("cannot read the state of run " + run, it->status());
    }
    const auto head = last_segment(*db, run);
    if (!head) return head.error();
    const auto gone = index.thin_out(head.value());
    for (const auto& [seq, kind] : gone.checkpoints)
      add_key("checkpoint", checkpoint_key(run, seq, static_cast<std::uint8_t>(kind)), sizes);
    for (const auto& [name, seq] : gone.versions) add_key("state_version", state_key(run, name, seq), sizes);
    return ok();
  }

  void add_key(const char* kind, const std::string& key, const std::map<std::string, std::uint64_t>& sizes) {
    const auto at = sizes.find(key);
    add({kind, printable_key(key), at == sizes.end() ? 0 : at->second});
  }

  static result<std::uint64_t> last_segment(rocksdb::DB& db, const std::string& run) {
    std::string value;
    const auto status = db.Get({}, head_key(run), &value);
    if (!status.ok()) return store_failure("cannot read head/" + run, status);
    const auto payload = unseal(value, "head/" + run);
    if (!payload) return payload.error();
    const auto head = parse_stored<run_head>(payload.value(), "head/" + run);
    return head ? result<std::uint64_t>(head.value().seq) : result<std::uint64_t>(head.error());
  }

  /// Drops the versions, and has RocksDB write its tables anew without them.
  result<void> free_versions(const fs::path& store_folder, const std::vector<std::string>& runs) {
    if (!report_.sums.contains("state_version") && !report_.sums.contains("checkpoint")) return ok();
    {
      store_options options;
      options.create = false;
      auto opened = store::open(store_folder, options);
      if (!opened) return opened.error();
      for (const auto& run : runs)
        if (auto pruned = opened.value()->prune(run); !pruned) return pruned;
    }
    rocksdb::DB* raw = nullptr;
    auto status = rocksdb::DB::Open(database_options(open_mode::write, nullptr), store_folder.string(), &raw);
    const std::unique_ptr<rocksdb::DB> db(raw);
    if (status.ok()) status = db->CompactRange({}, nullptr, nullptr);
    if (!status.ok()) return store_failure("cannot compact the store " + store_folder.string(), status);
    return ok();
  }

  const gc_request& request_;
  gc_report report_;
  std::vector<fs::path> doomed_;
};

} // namespace

std::uint64_t gc_report::freed_bytes() const noexcept {
  const bool measured = store_bytes_before > store_bytes_after;
  std::uint64_t sum = measured ? store_bytes_before - store_bytes_after : 0;
  for (const auto& [kind, s] : sums)
    if (!measured || (kind != "state_version" && kind != "checkpoint")) sum += s.bytes;
  return sum;
}

result<gc_report> collect_garbage(const gc_request& request) { return collector(request).run(); }

} // namespace longwave::storage
