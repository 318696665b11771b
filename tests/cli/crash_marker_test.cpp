// What a process that dies of itself leaves, tried on child processes.
#include "cli/crash_marker.hpp"

#include "actors/held_segments.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace longwave;
using namespace longwave::cli;
namespace fs = std::filesystem;

namespace {

struct scratch {
  scratch() {
    char name[] = "/tmp/longwave-crash-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~scratch() { fs::remove_all(path); }
  fs::path path;
};

/// @return the signal that ended a child which does `act`, 0 when it ended otherwise
int signal_of_child(const fs::path& folder, const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    // The test framework has handlers of its own for these.
    for (const int s : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS, SIGTERM}) std::signal(s, SIG_DFL);
    ::close(STDERR_FILENO); // what the runtime says about the death is not the test's output
    watch_for_crashes(folder);
    act();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

TEST_CASE("crash marker: an abort names the segments that were held") {
  const scratch folder;
  CHECK(signal_of_child(folder.path, [] {
          segment_hold pilot("pilot"), other("other.run-2"), idle("idle");
          pilot.set(17);
          other.set(18'446'744'073'709'551'615ull);
          std::abort();
        }) == SIGABRT);
  const auto held = take_crash_marker(folder.path);
  CHECK(held == std::map<std::string, std::uint64_t>{{"pilot", 17}, {"other.run-2", 18'446'744'073'709'551'615ull}});
  CHECK(take_crash_marker(folder.path).empty());
  CHECK_FALSE(fs::exists(folder.path / "crashed.json"));
}

TEST_CASE("crash marker: a terminate handler and each fatal signal leave one") {
  const scratch folder;
  CHECK(signal_of_child(folder.path, [] {
          segment_hold hold("pilot");
          hold.set(3);
          std::terminate();
        }) == SIGABRT);
  CHECK(take_crash_marker(folder.path).at("pilot") == 3);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    CHECK(signal_of_child(folder.path, [signal] {
            segment_hold hold("pilot");
            hold.set(4);
            ::raise(signal);
          }) == signal);
    CHECK(take_crash_marker(folder.path).at("pilot") == 4);
  }
}

TEST_CASE("crash marker: kill -9 and a plain end leave none") {
  const scratch folder;
  CHECK(signal_of_child(folder.path, [] {
          segment_hold hold("pilot");
          hold.set(5);
          ::raise(SIGKILL);
        }) == SIGKILL);
  CHECK(signal_of_child(folder.path, [] {}) == 0);
  CHECK(take_crash_marker(folder.path).empty());
}

TEST_CASE("crash marker: what is no marker counts for nothing and goes away") {
  const scratch folder;
  for (const char* text : {"", "{\"pilot\":", "[1,2]", "{\"pilot\":\"x\"}", "{\"pilot\":-1}"}) {
    std::ofstream(folder.path / "crashed.json") << text;
    CHECK(take_crash_marker(folder.path).empty());
    CHECK_FALSE(fs::exists(folder.path / "crashed.json"));
  }
}

TEST_CASE("crash marker: a slot is free again when its run is over") {
  for (int i = 0; i < 5'000; ++i) {
    segment_hold hold("run");
    hold.set(1);
  }
  for (const auto& slot : held_slots()) CHECK_FALSE((slot.taken.load() && slot.seq.load() == 1));
}
