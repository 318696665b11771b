// Starts the real binary, waits for it with a limit, kills it at a moment: what the crash and fault tests drive with.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace longwave::tests {

namespace fs = std::filesystem;

/// How a process ended.
struct process_end {
  int exit_code = -1; ///< -1 when a signal ended it
  int signal = 0;
  bool operator==(const process_end&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const process_end& e) {
  return e.signal ? out << "signal " << e.signal : out << "exit code " << e.exit_code;
}

/// One child; killed and reaped at the latest by the destructor.
class process {
public:
  /// @param output file for stdout and stderr
  process(const std::vector<std::string>& command, const fs::path& output) {
    std::vector<char*> argv;
    for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) throw std::runtime_error("cannot start " + command[0]);
    posix_spawn_file_actions_destroy(&actions);
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  }
  ~process() {
    if (!end_) {
      ::kill(pid_, SIGKILL);
      wait_for(-1);
    }
    if (pidfd_ >= 0) ::close(pidfd_);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Waits at most `limit_ms` (-1 = for ever); empty when it still runs.
  std::optional<process_end> wait_for(int limit_ms) {
    if (end_) return end_;
    pollfd watched{pidfd_, POLLIN, 0};
    if (::poll(&watched, 1, limit_ms) <= 0) return std::nullopt;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    end_ = WIFEXITED(status) ? process_end{WEXITSTATUS(status), 0} : process_end{-1, WTERMSIG(status)};
    return end_;
  }
  void send(int signal) { ::kill(pid_, signal); }
  pid_t pid() const { return pid_; }

private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<process_end> end_;
};

inline std::string binary() {
  const char* path = std::getenv("LONGWAVE");
  if (!path) throw std::runtime_error("LONGWAVE names the binary under test; ctest sets it");
  return path;
}

/// A folder that is removed with its user.
class scratch_folder {
public:
  explicit scratch_folder(const fs::path& base = fs::temp_directory_path()) {
    std::string name = (base / "longwave-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a scratch folder");
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

private:
  fs::path path_;
};

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

inline void write_file(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// The end of a run that nobody steers. Throws with what it waits for when it pauses, which only a person could end, and when
/// it has not ended in time.
inline process_end end_of_run(process& p, const fs::path& output, int limit_s) {
  std::string shown;
  for (int seconds = 0; seconds < limit_s; ++seconds) {
    if (const auto end = p.wait_for(1'000)) return *end;
    shown = read_file(output / "LIVE_STATUS.json");
    const auto status = nlohmann::json::parse(shown, nullptr, false);
    if (status.is_object() && status.value("state", "") == "paused") throw std::runtime_error("the run paused: " + shown);
  }
  throw std::runtime_error("the run has not ended in " + std::to_string(limit_s) + " s: " + shown);
}

inline std::vector<nlohmann::json> read_lines(const fs::path& path) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

/// Runs the binary to its end; its output goes to `log`.
inline process_end run(std::vector<std::string> args, const fs::path& log, int limit_ms = 120'000) {
  args.insert(args.begin(), binary());
  process p(args, log);
  auto end = p.wait_for(limit_ms);
  if (!end) throw std::runtime_error("still running: " + args[1]);
  return *end;
}

/// Lines of segments.jsonl without what lies outside the identity promise (contract 8.20): what twins are compared by.
inline std::string identity_of(const fs::path& output) {
  std::string all;
  for (auto line : read_lines(output / "segments.jsonl")) {
    for (const char* outside : {"run_id", "accepted_at", "generation_ms", "file_stem"}) line.erase(outside);
    all += line.dump() + "\n";
  }
  return all;
}

} // namespace longwave::tests
