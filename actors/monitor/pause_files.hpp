// Which folders hold a file called PAUSE. Asked five times a second for each run, so the kernel tells what changes.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace longwave {

/// A watch over folders (inotify). Where the kernel does not watch (no instance or watch left, a folder that is gone, a
/// file system of another machine) folders are looked into, all at every look or, as a safety net, a few in turn.
/// Not for two threads at once.
class pause_files {
public:
  pause_files();
  ~pause_files();
  pause_files(const pause_files&) = delete;
  pause_files& operator=(const pause_files&) = delete;

  /// Takes what the kernel has to tell. Before a round of questions.
  /// @return whether it has told of a folder that was asked for before: its answer may be another one now
  bool look();
  /// Whether `folder` holds a PAUSE. The first question begins the watch.
  bool present(const std::string& folder);
  /// Whether the kernel watches every folder that was asked for.
  bool watches_all() const noexcept { return by_watch_.size() == folders_.size(); }
  /// Ends the watch.
  void forget(const std::string& folder);

private:
  struct entry {
    int watch = -1;
    bool known = false;
    bool present = false;
  };

  bool take_news();
  void doubt_some();
  void begin_watch(const std::string& folder, entry& e);

  int kernel_ = -1;
  std::map<std::string, entry> folders_;
  /// The keys of `folders_`; two names of one folder have one watch.
  std::multimap<int, const std::string*> by_watch_;
  /// Where the safety net goes on.
  std::string next_doubted_;
};

} // namespace longwave
