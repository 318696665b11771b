// A whole engine in a child process of the test, over files that the test decides about.
//
// The content pack is loaded once, in the parent; each trial is a fork. The parent never opens a store: RocksDB's and
// CAF's threads would not be there in its children.
#pragma once

#include "tests/support/watched_disk.hpp"

#include "actors/run_setup.hpp"
#include "messages/run_config.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace longwave::tests {

/// How one engine's life ended, as the child tells its parent by exit code.
enum class trial_end : int {
  completed = 0,
  refused = 10,   ///< the start was refused by name
  stopped = 11,   ///< it was paused by the disk, and the test stopped it
  failed = 12,    ///< the run ended as failed, or the engine collapsed
  unsound = 13,   ///< an audit after the end found differences
  lost = 14,      ///< a segment that was published is not in the store
  cut = 99
};

class engine_trial {
public:
  /// @param words a run verb and its flags, without output, clock and progress
  explicit engine_trial(const std::vector<std::string>& words);

  struct life {
    std::shared_ptr<rocksdb::FileSystem> store_files;  ///< null: the real ones
    storage::file_calls* output_files = nullptr;       ///< null: the real ones
    /// Segments known to have been published before: fewer in the store is a loss. Counts on as lines are appended.
    std::uint64_t* published = nullptr;
    /// Called once when the run shows as paused; false: stop it now, true: it has been helped, wait on.
    std::function<bool()> on_pause;
    bool audit = true;                                 ///< recount everything when the run is complete
  };

  /// Starts or resumes the run in `output`, waits for its end, and audits. In this process; call it in a child.
  /// @param why receives what was wrong
  trial_end play(const std::filesystem::path& output, const life& how, std::string& why) const;

private:
  std::shared_ptr<const run_setup> setup_;
};

/// Forks; the child runs `act` and ends with its result. What it says goes to `log`.
int in_child(const std::filesystem::path& log, const std::function<int(std::string& why)>& act);

/// Divides cases 0 .. count-1 over that many worker processes, each of which may fork its own children. `each` gives
/// what was wrong, empty when nothing was; a worker ends at its first fault. Gives the faults of all.
std::string in_workers(std::uint64_t count, unsigned workers, const std::filesystem::path& folder,
                       const std::function<std::string(std::uint64_t)>& each);

/// Memory that parent and children share; zero at the start.
class shared_number {
public:
  shared_number();
  ~shared_number();
  shared_number(const shared_number&) = delete;
  shared_number& operator=(const shared_number&) = delete;
  std::uint64_t& operator*() const { return *at_; }

private:
  std::uint64_t* at_;
};

} // namespace longwave::tests
