// A long run of the real binary: memory, open files and threads are flat (P10).
//
// LONGWAVE_SOAK_SEGMENTS sets the length (9,600: twenty times thirty days); `make soak` takes 100,000.
#include "tests/support/running_engine.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

using namespace longwave::tests;

namespace {

struct reading {
  std::uint64_t segments = 0;
  long rss_kb = 0, files = 0, threads = 0;
};

reading read(const running_engine& e) { return {e.done(), e.of_process("VmRSS"), e.open_files(), e.of_process("Threads")}; }

} // namespace

TEST_CASE("soak: memory, open files and threads stay flat") {
  const char* wanted = std::getenv("LONGWAVE_SOAK_SEGMENTS");
  const std::uint64_t total = wanted ? std::strtoull(wanted, nullptr, 10) : 9'600;
  running_engine e("{\"fault\":\"nousage\",\"call\":1}\n", {"--enable-stories", "--clock", "virtual"});
  std::vector<reading> readings;
  const std::uint64_t step = std::max<std::uint64_t>(total / 20, 1);
  while (readings.empty() || readings.back().segments < total) {
    REQUIRE_FALSE(e.engine->wait_for(50));
    const auto now = read(e);
    if (now.segments < (readings.size() + 1) * step) continue;
    readings.push_back(now);
    std::cout << "soak: " << now.segments << " segments, RSS " << now.rss_kb << " kB, " << now.files << " files, " << now.threads
              << " threads" << std::endl;
  }
  // The first half fills caches, the database's memtable and the window of the last 5,000 texts.
  const auto& early = readings[std::max<std::size_t>(readings.size() * 11 / 20, 1)];
  const auto& late = readings.back();
  const auto bytes_a_segment = static_cast<double>(late.rss_kb - early.rss_kb) * 1'024.0 / static_cast<double>(late.segments - early.segments);
  std::cout << "soak: " << bytes_a_segment << " bytes of RSS a segment after the first half\n";
  CHECK(bytes_a_segment < 1'024);
  CHECK(late.files <= early.files + 64); // the database keeps at most 64 table files open
  CHECK(late.threads == early.threads);
  CHECK(e.stop_and_verify() == process_end{0, 0});
}
