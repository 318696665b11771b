// Reasons in force, and who lifts which.
#include "actors/supervisor/pause_reasons.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace longwave;

namespace {

const std::vector<std::string> all{"pause_file",   "control",      "consecutive_failures", "quality_gate",
                                   "disk_low",     "backend_down", "backend_busy",         "backend_config",
                                   "quota",        "budget",       "crash_loop"};

} // namespace

TEST_CASE("pause_reasons: they are listed in the fixed order, each once") {
  pause_reasons reasons;
  CHECK_FALSE(reasons.any());
  CHECK(reasons.list().empty());
  for (auto it = all.rbegin(); it != all.rend(); ++it) CHECK(reasons.add(*it));
  CHECK(reasons.list() == all);
  for (const auto& name : all) CHECK_FALSE(reasons.add(name));
  CHECK(reasons.list() == all);
}

TEST_CASE("pause_reasons: an unknown reason is refused") {
  pause_reasons reasons;
  CHECK_FALSE(reasons.add("mood"));
  CHECK_FALSE(reasons.remove("mood"));
  CHECK_FALSE(reasons.any());
  CHECK_FALSE(pause_reasons::known("mood"));
  CHECK(pause_reasons::known("budget"));
}

TEST_CASE("pause_reasons: the file and the control pause must both be lifted") {
  pause_reasons reasons;
  reasons.add("pause_file");
  reasons.add("control");
  CHECK_FALSE(reasons.clear_for_resume());
  CHECK(reasons.list() == std::vector<std::string>{"pause_file"});
  CHECK(reasons.remove("pause_file"));
  CHECK_FALSE(reasons.any());

  reasons.add("pause_file");
  reasons.add("control");
  CHECK(reasons.remove("pause_file"));
  CHECK(reasons.any());
  CHECK(reasons.clear_for_resume());
  CHECK_FALSE(reasons.any());
}

TEST_CASE("pause_reasons: resume lifts everything but the file") {
  for (const auto& name : all) {
    pause_reasons reasons;
    reasons.add(name);
    CHECK(reasons.has(name));
    CHECK(reasons.clear_for_resume() == (name != "pause_file"));
  }
}

TEST_CASE("pause_reasons: stored ones survive a restart, conditions are looked at anew") {
  const std::set<std::string> stored{"control",        "consecutive_failures", "quality_gate", "crash_loop",
                                     "budget",         "backend_config",       "quota"};
  for (const auto& name : all) {
    INFO(name);
    CHECK(pause_reasons::stored(name) == stored.contains(name));
  }
  CHECK_FALSE(pause_reasons::stored("mood"));
}

TEST_CASE("pause_reasons: wishes and what heals by itself need nobody") {
  const std::set<std::string> free{"pause_file", "control", "backend_down"};
  for (const auto& name : all) {
    INFO(name);
    CHECK(pause_reasons::needs_person(name) != free.contains(name));
    CHECK(pause_reasons::exit_code(name) == (name == "backend_config" ? 69 : 75));
  }
}
