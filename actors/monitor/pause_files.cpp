// inotify, and looking where it does not help.
#include "actors/monitor/pause_files.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace longwave {

namespace {

constexpr std::string_view file_name = "PAUSE";
/// Looks after which every folder was looked into again: 5 s at five looks a second. A file system of another machine
/// tells nothing.
constexpr std::size_t looks_a_round = 25;
/// Of more folders than make such a round so many are looked into at a look: ten thousand in 25 s, and a file system of
/// this machine tells of every change anyway.
constexpr std::size_t most_a_look = 80;

} // namespace

pause_files::pause_files() : kernel_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

pause_files::~pause_files() {
  if (kernel_ >= 0) ::close(kernel_);
}

bool pause_files::look() {
  const bool news = take_news();
  doubt_some();
  return news;
}

bool pause_files::take_news() {
  bool news = false;
  if (kernel_ < 0) return news;
  alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
  for (;;) {
    const auto size = ::read(kernel_, buffer.data(), buffer.size());
    if (size <= 0) return news; // nothing more
    for (std::ptrdiff_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name(buffer.data() + at + sizeof event, event.len == 0 ? 0 : ::strnlen(buffer.data() + at + sizeof event, event.len));
      at += static_cast<std::ptrdiff_t>(sizeof event + event.len);
      if (event.mask & IN_Q_OVERFLOW) {
        news = true;
        for (auto& [folder, e] : folders_) e.known = false;
        continue;
      }
      const bool gone = (event.mask & (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF)) != 0;
      if (!gone && name != file_name) continue;
      const auto [from, to] = by_watch_.equal_range(event.wd);
      for (auto i = from; i != to; ++i) {
        auto& e = folders_.at(*i->second);
        news = true;
        e.known = false;
        if (gone) e.watch = -1;
      }
      if (!gone) continue;
      if (!(event.mask & IN_IGNORED)) ::inotify_rm_watch(kernel_, event.wd); // its path names another folder now, or none
      by_watch_.erase(from, to);
    }
  }
}

void pause_files::doubt_some() {
  auto at = folders_.lower_bound(next_doubted_);
  const auto doubted = std::min(folders_.size() / looks_a_round + 1, most_a_look);
  for (std::size_t i = 0; i < doubted && at != folders_.end(); ++i, ++at) at->second.known = false;
  next_doubted_ = at == folders_.end() ? std::string() : at->first;
}

bool pause_files::present(const std::string& folder) {
  const auto at = folders_.try_emplace(folder).first;
  auto& e = at->second;
  if (e.known) return e.present;
  if (e.watch < 0) begin_watch(at->first, e);
  std::error_code ec; // not to be seen is not to be there
  e.present = std::filesystem::exists(std::filesystem::path(folder) / file_name, ec);
  e.known = e.watch >= 0;
  return e.present;
}

void pause_files::forget(const std::string& folder) {
  const auto at = folders_.find(folder);
  if (at == folders_.end()) return;
  const int watch = at->second.watch;
  const auto [from, to] = by_watch_.equal_range(watch);
  const auto own = std::find_if(from, to, [&](const auto& entry) { return entry.second == &at->first; });
  if (own != to) by_watch_.erase(own);
  if (watch >= 0 && !by_watch_.contains(watch)) ::inotify_rm_watch(kernel_, watch);
  folders_.erase(at);
}

void pause_files::begin_watch(const std::string& folder, entry& e) {
  if (kernel_ < 0) return;
  e.watch = ::inotify_add_watch(kernel_, folder.c_str(),
                                IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
  if (e.watch >= 0) by_watch_.emplace(e.watch, &folder);
}

} // namespace longwave
