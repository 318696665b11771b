// Copying, summing and comparing of backups.
#include "storage/backup.hpp"

#include "storage/file_hash.hpp"
#include "storage/output_folder.hpp"
#include "storage/recovery.hpp"
#include "storage/review_log.hpp"
#include "storage/store.hpp"
#include "storage/stored_metadata.hpp"
#include "storage/unfinished_folder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <unistd.h>

namespace longwave::storage {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int manifest_format = 1;
constexpr const char* manifest_name = "MANIFEST.json";

failure damaged(const fs::path& backup, std::string why) {
  return {error_code::store_damaged, "backup " + backup.string(), std::move(why), "use another backup"};
}

/// Puts what was written on the device: the copy must outlive a power cut that comes right after it is reported.
result<void> sync_path(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_failure("cannot open", path, errno);
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (synced != 0) return file_failure("cannot write", path, error);
  return ok();
}

result<void> copy_durably(const fs::path& from, const fs::path& to) {
  std::error_code ec;
  fs::create_directories(to.parent_path(), ec);
  if (!ec) fs::copy_file(from, to, ec);
  if (ec) return file_failure("cannot copy to", to, ec.value());
  return sync_path(to);
}

/// Regular files below a folder, relative, in order. The lock and RocksDB's own log are no data.
result<std::vector<std::string>> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (it->is_regular_file(ec)) files.push_back(it->path().lexically_relative(folder).generic_string());
  if (ec) return file_failure("cannot list", folder, ec.value());
  std::sort(files.begin(), files.end());
  return files;
}

result<void> copy_folder(const fs::path& from, const fs::path& backup, const std::string& name,
                         backup_manifest& manifest) {
  if (from.empty()) return ok();
  auto files = files_below(from);
  if (!files) return files.error();
  for (const auto& file : files.value()) {
    if (file == "LOCK" || file.rfind("LOG", 0) == 0) continue;
    auto sum = sha256_of_file(from / file);
    if (!sum) return sum.error();
    if (auto copied = copy_durably(from / file, backup / name / file); !copied) return copied;
    std::error_code ec;
    manifest.files.push_back({name + "/" + file, fs::file_size(backup / name / file, ec), std::move(sum.value())});
  }
  return ok();
}

result<void> list_runs(const fs::path& store_copy, backup_manifest& manifest) {
  if (store_copy.empty()) return ok();
  store_options read_only;
  read_only.create = false;
  read_only.read_only = true;
  auto s = store::open(store_copy, read_only);
  if (!s) return s.error().code == error_code::not_found ? result<void>(ok()) : result<void>(s.error());
  auto runs = s.value()->runs();
  if (!runs) return runs.error();
  for (const auto& run : runs.value()) {
    auto head = s.value()->head(run);
    if (!head) return head.error();
    manifest.runs.push_back({run, head.value().seq, head.value().hash});
  }
  return ok();
}

result<void> compare(const fs::path& backup, const backup_manifest& manifest) {
  std::set<std::string> listed{manifest_name};
  for (const auto& file : manifest.files) {
    const auto path = (backup / file.path).lexically_normal();
    if (file.path.empty() || fs::path(file.path).is_absolute() || file.path.find("..") != std::string::npos)
      return damaged(backup, "its manifest names " + file.path);
    std::error_code ec;
    if (!fs::is_regular_file(path, ec)) return damaged(backup, file.path + " is missing");
    if (fs::file_size(path, ec) != file.bytes)
      return damaged(backup, file.path + " has another size than its manifest says");
    auto sum = sha256_of_file(path);
    if (!sum) return sum.error();
    if (sum.value() != file.sha256) return damaged(backup, file.path + " has another SHA-256 than its manifest says");
    listed.insert(file.path);
  }
  auto there = files_below(backup);
  if (!there) return there.error();
  for (const auto& file : there.value())
    if (listed.count(file) == 0) return damaged(backup, file + " is not in its manifest");
  return ok();
}

/// Points the runs at their new folders and writes what is derived.
result<void> settle_runs(const fs::path& store_folder, const fs::path& output) {
  store_options options;
  options.create = false;
  auto s = store::open(store_folder, options);
  if (!s) return s.error();
  auto runs = s.value()->runs();
  if (!runs) return runs.error();
  for (const auto& run : runs.value()) {
    auto config = s.value()->config(run);
    if (!config) return config.error();
    const auto folder = runs.value().size() == 1 ? output : output / run;
    config.value().output = folder.string();
    if (auto done = s.value()->update_config(config.value()); !done) return done;
    auto recovered = recover_output(*s.value(), run, folder, system_file_calls(), stored_metadata(*s.value()));
    if (!recovered) return recovered.error();
    if (folder == output) continue;
    std::error_code ec;
    fs::create_directories(folder / ".longwave", ec);
    const json pointer{{"data_dir", (output / ".longwave").string()}, {"run_id", run}};
    if (auto written =
          write_file_atomically(system_file_calls(), folder / ".longwave/engine.json", pointer.dump() + "\n");
        !written)
      return written;
  }
  return ok();
}

/// True where `longwave backup` wrote; other programs have files of that name as well.
bool is_backup(const fs::path& folder) {
  std::ifstream in(folder / manifest_name, std::ios::binary);
  if (!in) return false;
  try {
    (void) json::parse(in).get<backup_manifest>();
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

/// A backup is whole as it is: what else lies in its folder would make it a damaged one.
result<void> outside_backups(const fs::path& to, const std::string& what) {
  std::error_code ec;
  auto folder = fs::weakly_canonical(to, ec);
  if (ec) folder = to;
  for (; folder.has_relative_path(); folder = folder.parent_path())
    if (is_backup(folder))
      return failure{error_code::output_unwritable, what + to.string(), "it lies inside the backup " + folder.string(), "name a folder elsewhere"};
  return ok();
}

} // namespace

std::uint64_t backup_manifest::bytes() const noexcept {
  std::uint64_t all = 0;
  for (const auto& f : files) all += f.bytes;
  return all;
}

void to_json(json& j, const backup_manifest& m) {
  auto runs = json::array();
  for (const auto& r : m.runs) runs.push_back({{"run_id", r.run_id}, {"seq", r.seq}, {"hash", r.hash}});
  auto files = json::array();
  for (const auto& f : m.files) files.push_back({{"path", f.path}, {"bytes", f.bytes}, {"sha256", f.sha256}});
  j = json{
    {"format", manifest_format}, {"created_at", m.created_at}, {"source", m.source}, {"runs", runs}, {"files", files}};
}

void from_json(const json& j, backup_manifest& m) {
  backup_manifest read;
  if (j.at("format").get<int>() != manifest_format)
    throw json::other_error::create(501, "format: not known to this release", &j);
  j.at("created_at").get_to(read.created_at);
  j.at("source").get_to(read.source);
  for (const auto& r : j.at("runs"))
    read.runs.push_back(
      {r.at("run_id").get<std::string>(), r.at("seq").get<std::uint64_t>(), r.at("hash").get<std::string>()});
  for (const auto& f : j.at("files"))
    read.files.push_back(
      {f.at("path").get<std::string>(), f.at("bytes").get<std::uint64_t>(), f.at("sha256").get<std::string>()});
  m = std::move(read);
}

result<backup_manifest> write_backup(const backup_source& from, const fs::path& to) {
  std::error_code ec;
  if (fs::exists(to, ec))
    return failure{error_code::output_unwritable, "cannot write a backup to " + to.string(), "it exists already",
                   "name a folder that does not exist"};
  if (auto free = outside_backups(to, "cannot write a backup to "); !free) return free.error();
  auto unfinished = to;
  unfinished += ".partial";
  fs::remove_all(unfinished, ec);
  const bool fresh = fs::create_directories(unfinished, ec);
  if (ec || !fresh) return file_failure("cannot create", unfinished, ec.value());
  unfinished_folder cleaned(unfinished);
  backup_manifest manifest;
  manifest.created_at = from.created_at;
  manifest.source = from.source;
  if (auto done = list_runs(from.store_copy, manifest); !done) return done.error();
  if (auto done = copy_folder(from.store_copy, unfinished, "store", manifest); !done) return done.error();
  if (auto done = copy_folder(from.lore_copy, unfinished, "lore", manifest); !done) return done.error();
  if (auto done = copy_folder(from.reviews_copy, unfinished, "reviews", manifest); !done) return done.error();
  if (auto done =
        write_file_atomically(system_file_calls(), unfinished / manifest_name, json(manifest).dump(1) + "\n", true);
      !done)
    return done.error();
  if (auto same = compare(unfinished, manifest); !same) return same.error();
  fs::rename(unfinished, to, ec);
  if (ec) return file_failure("cannot rename to", to, ec.value());
  cleaned.keep();
  if (auto synced = sync_path(to.parent_path().empty() ? fs::path(".") : to.parent_path()); !synced)
    return synced.error();
  return manifest;
}

result<backup_manifest> verify_backup(const fs::path& backup) {
  std::ifstream in(backup / manifest_name, std::ios::binary);
  if (!in)
    return failure{error_code::not_found, "no backup in " + backup.string(),
                   "there is no " + std::string(manifest_name) + " in it",
                   "name a folder that `longwave backup` wrote"};
  backup_manifest manifest;
  try {
    manifest = json::parse(in).get<backup_manifest>();
  } catch (const json::exception& e) {
    return damaged(backup, std::string(manifest_name) + ": " + e.what());
  }
  if (auto same = compare(backup, manifest); !same) return same.error();
  return manifest;
}

result<backup_manifest> restore_backup(const fs::path& backup, const fs::path& to_output) {
  auto manifest = verify_backup(backup);
  if (!manifest) return manifest.error();
  std::error_code ec;
  const auto output = fs::absolute(to_output, ec).lexically_normal();
  const auto data = output / ".longwave";
  for (const auto* name : {"store", "lore", "engine.json"})
    if (fs::exists(data / name, ec))
      return failure{error_code::run_exists, "cannot restore to " + output.string(),
                     "it already holds a " + std::string(name), "choose another --to"};
  if (fs::exists(output / "segments.jsonl", ec))
    return failure{error_code::run_exists, "cannot restore to " + output.string(), "it already holds a segments.jsonl",
                   "choose another --to"};
  if (auto free = outside_backups(output, "cannot restore to "); !free) return free.error();
  const bool fresh_output = !fs::exists(output, ec), fresh_data = !fs::exists(data, ec);
  const auto unfinished = output / ".longwave.partial";
  fs::remove_all(unfinished, ec);
  fs::create_directories(unfinished, ec);
  if (ec) return file_failure("cannot create", unfinished, ec.value());
  unfinished_folder cleaned(fresh_output ? output : unfinished);
  for (const auto& file : manifest.value().files)
    if (auto copied = copy_durably(backup / file.path, unfinished / file.path); !copied) return copied.error();
  backup_manifest copied = manifest.value();
  for (const auto& file : copied.files) {
    auto sum = sha256_of_file(unfinished / file.path);
    if (!sum) return sum.error();
    if (sum.value() != file.sha256)
      return failure{error_code::io_failed, "cannot restore " + file.path, "what was written reads back otherwise",
                     "check the disk"};
  }
  fs::create_directories(data, ec);
  for (const auto* name : {"store", "lore"})
    if (!ec && fs::exists(unfinished / name)) fs::rename(unfinished / name, data / name, ec);
  if (ec) return file_failure("cannot rename into", data, ec.value());
  unfinished_folder data_cleaned(fresh_data ? data : data / "store");
  if (fs::exists(data / "store", ec))
    if (auto settled = settle_runs(data / "store", output); !settled) return settled.error();
  for (const auto& run : copied.runs) {
    const auto said = unfinished / "reviews" / (run.run_id + ".jsonl");
    const auto folder = copied.runs.size() == 1 ? output : output / run.run_id;
    if (!fs::exists(said, ec)) continue;
    if (auto put = copy_durably(said, review_path(folder)); !put) return put.error();
  }
  fs::remove_all(unfinished, ec);
  data_cleaned.keep();
  cleaned.keep();
  return manifest;
}

} // namespace longwave::storage
