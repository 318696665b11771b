// A disk that forgets: at the cut, what was never flushed is gone, in part or wholly, and the process with it.
//
// What it models. Bytes: of the writes to a file since its last sync a prefix stays, the last of them torn at a random
// length, or (with `zero_tails`) replaced by zeros. Names: of the creations, renames and deletions since their folder was synced a prefix
// stays (journalling file systems keep their order); the rest is undone, so that new files vanish, old ones come back.
// A file's own sync makes its name durable too in half of the cuts, as ext4 does and POSIX does not ask for.
// Not modelled: writes that overtake each other within one file; folders that vanish.
#pragma once

#include "tests/support/watched_disk.hpp"

#include "messages/random.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace longwave::tests {

/// What a cut process ends with.
inline constexpr int cut_exit_code = 99;

class lossy_disk final : public disk_watcher {
public:
  /// When the power goes.
  struct plan {
    std::uint64_t at_sync = 0;  ///< at this sync, 1-based; 0: never
    std::uint64_t at_call = 0;  ///< or at this call that changes something; 0: never
    std::uint64_t seed = 1;     ///< chooses what stays
    bool zero_tails = false;    ///< a file may keep its length with zeros where its last bytes were
  };

  /// @param attic a folder on the same file system for what a rename or deletion took away
  lossy_disk(plan when, std::filesystem::path attic)
    : when_(when), chance_(when.seed, when.at_sync, when.at_call, "power cut"), attic_(std::move(attic)) {
    std::filesystem::remove_all(attic_); // of a life before
    std::filesystem::create_directories(attic_);
    keeps_names_ = chance_.chance(0.5);
    cuts_after_ = chance_.chance(0.5);
    zeros_ = when.zero_tails && chance_.chance(0.5);
  }

  disk_failure before(const disk_call& call) override {
    const bool sync = call.what == disk_call::kind::sync || call.what == disk_call::kind::sync_folder;
    const bool change = sync || call.what == disk_call::kind::create || call.what == disk_call::kind::append ||
                        call.what == disk_call::kind::rename || call.what == disk_call::kind::remove ||
                        call.what == disk_call::kind::truncate;
    if (sync) ++syncs_;
    if (change) ++changes_;
    if (change) due_ = (sync && syncs_ == when_.at_sync) || changes_ == when_.at_call;
    if (due_ && change && !cuts_after_) cut();
    if (call.what == disk_call::kind::append && call.offset < size_of(call.path)) keep_old(call, call.bytes);
    if (call.what == disk_call::kind::truncate) keep_old(call, size_of(call.path) - std::min(size_of(call.path), call.offset));
    if (call.what == disk_call::kind::rename) put_away(call.to, call.path);
    if (call.what == disk_call::kind::remove) put_away(call.path, {});
    return {};
  }

  void after(const disk_call& call) override {
    switch (call.what) {
      case disk_call::kind::create: names_.push_back({call.path, {}, {}, true}); break;
      case disk_call::kind::append:
        files_[call.path].push_back({call.offset, call.bytes, std::exchange(old_, {}), false});
        break;
      case disk_call::kind::truncate:
        files_[call.path].push_back({call.offset, 0, std::exchange(old_, {}), true});
        break;
      case disk_call::kind::sync:
        files_.erase(call.path);
        if (keeps_names_) keep_name(call.path);
        break;
      case disk_call::kind::sync_folder:
        std::erase_if(names_, [&](const auto& n) { return std::filesystem::path(n.path).parent_path() == std::filesystem::path(call.path); });
        break;
      case disk_call::kind::rename:
        if (auto moved = files_.extract(call.path)) {
          files_.erase(call.to);
          moved.key() = call.to;
          files_.insert(std::move(moved));
        } else {
          files_.erase(call.to);
        }
        names_.push_back({call.to, call.path, std::exchange(kept_, {}), false});
        break;
      case disk_call::kind::remove:
        names_.push_back({call.path, {}, std::exchange(kept_, {}), false});
        break;
      default: break;
    }
    if (due_) cut();
  }

  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t changes() const { return changes_; }

private:
  struct write {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::string old;   ///< what was there before
    bool cut_off;      ///< a truncation
  };
  struct naming {
    std::string path;
    std::string from;  ///< of a rename
    std::string kept;  ///< in the attic: what the name stood for before
    bool created;
  };

  static std::uint64_t size_of(const std::string& path) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(path, ec);
    return ec ? 0 : size;
  }

  void keep_old(const disk_call& call, std::uint64_t bytes) {
    std::ifstream in(call.path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(call.offset));
    old_.resize(bytes);
    in.read(old_.data(), static_cast<std::streamsize>(bytes));
    old_.resize(static_cast<std::size_t>(in.gcount()));
  }

  void put_away(const std::string& path, const std::string& not_when_missing) {
    kept_.clear();
    if (!not_when_missing.empty() && !std::filesystem::exists(not_when_missing)) return;
    if (!std::filesystem::exists(path)) return;
    kept_ = (attic_ / std::to_string(++number_)).string();
    if (::link(path.c_str(), kept_.c_str()) != 0) kept_.clear();
  }

  /// The newest name of a file that was synced, and what came before it, will stay.
  void keep_name(const std::string& path) {
    for (std::size_t i = names_.size(); i-- > 0;)
      if (names_[i].path == path) {
        names_.erase(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return;
      }
  }

  [[noreturn]] void cut() {
    for (const auto& [path, writes] : files_) lose_bytes(path, writes);
    const auto stay = chance_.below(names_.size() + 1);
    while (names_.size() > stay) {
      const auto& last = names_.back();
      if (!last.from.empty()) ::rename(last.path.c_str(), last.from.c_str());
      if (last.created) ::unlink(last.path.c_str());
      if (!last.kept.empty()) {
        ::unlink(last.path.c_str());
        ::link(last.kept.c_str(), last.path.c_str());
      }
      names_.pop_back();
    }
    ::_exit(cut_exit_code);
  }

  void lose_bytes(const std::string& path, const std::vector<write>& writes) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const auto stay = chance_.below(writes.size() + 1);
    for (auto i = writes.size(); i-- > stay;) {
      const auto& w = writes[i];
      // The first that is lost is lost in part.
      const auto torn = i == stay && !w.cut_off ? chance_.below(w.bytes + 1) : 0;
      put(fd, w.old.size() > torn ? w.old.substr(torn) : std::string(), w.offset + torn);
      const auto end = w.offset + std::max<std::uint64_t>(w.old.size(), torn);
      if (w.old.size() < w.bytes && ::ftruncate(fd, static_cast<off_t>(end)) != 0) ::_exit(1);
      if (i == stay && zeros_ && w.old.empty()) put(fd, std::string(w.bytes - torn, '\0'), w.offset + torn);
    }
    ::close(fd);
  }

  static void put(int fd, const std::string& bytes, std::uint64_t at) {
    if (::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size())) ::_exit(1);
  }

  plan when_;
  random_stream chance_;
  std::filesystem::path attic_;
  bool keeps_names_ = false, cuts_after_ = false, zeros_ = false, due_ = false;
  std::uint64_t syncs_ = 0, changes_ = 0, number_ = 0;
  std::map<std::string, std::vector<write>> files_;
  std::vector<naming> names_;
  std::string old_, kept_;
};

} // namespace longwave::tests
