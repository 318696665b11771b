// A stack that overflowed left no crash marker: the handler had no stack to run on.
#include "actors/engine.hpp"
#include "actors/held_segments.hpp"
#include "cli/crash_marker.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

using namespace longwave;
namespace fs = std::filesystem;

namespace {

/// Deep enough for any stack; what it returns depends on every level, so that none is left out.
[[gnu::noinline]] std::uint64_t descend(std::uint64_t depth) {
  volatile char level[4096] = {};
  level[depth % sizeof level] = static_cast<char>(depth);
  return depth == 0 ? 0 : descend(depth - 1) + static_cast<std::uint64_t>(level[0]);
}

class overflowing final : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override { ::_exit(descend(1 << 20) == 1 ? 1 : 2); }
};

} // namespace

TEST_CASE("crash marker: a stack that overflows in an actor's thread names the segment that was held") {
  std::string name = (fs::temp_directory_path() / "longwave-test-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()));
  const fs::path folder = name;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    cli::watch_for_crashes(folder);
    segment_hold held("pilot");
    held.set(23);
    scheduling how;
    engine_config config(how);
    caf::actor_system system(config);
    system.spawn<overflowing>();
    system.await_all_actors_done();
    ::_exit(3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
  const auto held = cli::take_crash_marker(folder);
  CHECK(held == std::map<std::string, std::uint64_t>{{"pilot", 23}});
  fs::remove_all(folder);
}
