// A writer that was killed between its temporary file and the rename left the temporary for ever, because start-up
// looked for them in the output folder only and not below `segments/`. Found by kill_point_test.
#include "storage/recovery.hpp"
#include "tests/storage/store_test_data.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;

TEST_CASE("recovery: a temporary that a dead writer left below segments/ is removed") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / ".longwave" / "store", run, 3);
  REQUIRE(recover_output(*s, "pilot", folder.path, system_file_calls()));
  const auto left = folder.path / "segments/day001/.h06-1-weather.md.4711.tmp";
  std::ofstream(left) << "half";
  REQUIRE(recover_output(*s, "pilot", folder.path, system_file_calls()));
  CHECK_FALSE(std::filesystem::exists(left));
}
