// What a folder looks like, and the packs that were read from folders that still look so.
#include "cli/kept_packs.hpp"

#include "storage/pack_folder.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

#include <sys/stat.h>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// More than this below one folder is no pack of texts; such a folder is read every time.
constexpr std::size_t most_files = 2'000;

/// A line for each file below a folder. False when they are too many or cannot be listed.
bool describe(const fs::path& folder, std::vector<std::string>& lines) {
  std::error_code ec;
  for (fs::recursive_directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
    struct stat file {};
    if (lines.size() >= most_files || ::stat(at->path().c_str(), &file) != 0) return false;
    std::string line = at->path().string();
    for (const long long part : {static_cast<long long>(file.st_dev), static_cast<long long>(file.st_ino), static_cast<long long>(file.st_size),
                                 static_cast<long long>(file.st_mtim.tv_sec), static_cast<long long>(file.st_mtim.tv_nsec),
                                 static_cast<long long>(file.st_ctim.tv_sec), static_cast<long long>(file.st_ctim.tv_nsec)})
      line += '\0' + std::to_string(part);
    lines.push_back(std::move(line));
  }
  return !ec;
}

/// Empty when it cannot be told whether the pack is what it was.
std::string looks_of(const fs::path& folder) {
  std::vector<std::string> lines;
  std::error_code ec;
  const auto schemas = folder.parent_path() / "schema";
  if (!describe(folder, lines) || (fs::exists(schemas, ec) && !describe(schemas, lines))) return {};
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const auto& line : lines) all += line + '\n';
  return all;
}

} // namespace

void kept_packs::keep(std::size_t most) {
  const std::lock_guard guard(mutex_);
  most_ = most;
  while (entries_.size() > most_) entries_.pop_back();
}

result<std::shared_ptr<const content_pack>> kept_packs::read(const fs::path& folder) {
  const std::lock_guard guard(mutex_);
  // Before the files are read: what changes meanwhile looks different at the next call.
  const auto looks = most_ > 0 ? looks_of(folder) : std::string();
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.folder == folder; });
  if (known != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, known);
    if (!looks.empty() && known->looks == looks) return known->pack;
    entries_.pop_front();
  }
  auto loaded = storage::load_pack(folder);
  if (!loaded) return loaded.error();
  auto pack = std::make_shared<const content_pack>(std::move(loaded.value()));
  if (!looks.empty()) entries_.push_front({folder, looks, pack});
  while (entries_.size() > most_) entries_.pop_back();
  return pack;
}

kept_packs& packs_of_process() {
  static kept_packs all;
  return all;
}

} // namespace longwave::cli
