// What the watch says is what is there, however files come and go.
#include "actors/monitor/pause_files.hpp"

#include "messages/random.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <vector>

using namespace longwave;
using namespace longwave::tests;
namespace fs = std::filesystem;

namespace {

void touch(const fs::path& path) { std::ofstream(path) << "x"; }

} // namespace

TEST_CASE("pause files: seen at the next look, however they come and go", "[pause]") {
  scratch_folder folder;
  const auto a = folder.path() / "a", b = folder.path() / "b";
  fs::create_directories(a);
  fs::create_directories(b);
  touch(b / "PAUSE");
  pause_files watch;
  CHECK_FALSE(watch.present(a));
  CHECK(watch.present(b));
  CHECK(watch.watches_all());
  CHECK_FALSE(watch.look());
  touch(a / "PAUSE.txt");
  touch(a / "other");
  CHECK_FALSE(watch.look());
  CHECK_FALSE(watch.present(a));
  fs::rename(a / "other", a / "PAUSE");
  fs::rename(b / "PAUSE", b / "later");
  CHECK(watch.look());
  CHECK_FALSE(watch.look());
  CHECK(watch.present(a));
  CHECK_FALSE(watch.present(b));
  fs::remove(a / "PAUSE");
  watch.look();
  CHECK_FALSE(watch.present(a));
  watch.forget(a);
  touch(a / "PAUSE");
  watch.look();
  CHECK(watch.present(a)); // asked anew
}

TEST_CASE("pause files: a folder that goes, moves or comes later", "[pause]") {
  scratch_folder folder;
  const auto a = folder.path() / "a", moved = folder.path() / "moved";
  pause_files watch;
  CHECK_FALSE(watch.present(a));
  CHECK_FALSE(watch.watches_all()); // what is not there is looked for
  fs::create_directories(a);
  touch(a / "PAUSE");
  watch.look();
  CHECK(watch.present(a));
  fs::rename(a, moved);
  watch.look();
  CHECK_FALSE(watch.present(a));
  CHECK(watch.present(moved));
  fs::create_directories(a);
  watch.look();
  CHECK_FALSE(watch.present(a));
  touch(a / "PAUSE");
  watch.look();
  CHECK(watch.present(a));
  fs::remove_all(a);
  watch.look();
  CHECK_FALSE(watch.present(a));
}

TEST_CASE("pause files: of 300 folders each is known, more changes than the kernel keeps included", "[pause]") {
  scratch_folder folder;
  random_stream random(3, 0, 0, "pause_files_test");
  pause_files watch;
  std::vector<bool> there(300, false);
  const auto name = [&](std::size_t i) { return folder.path() / std::to_string(i); };
  for (std::size_t i = 0; i < there.size(); ++i) fs::create_directories(name(i));
  for (int round = 0; round < 40; ++round) {
    const auto changes = random.below(round == 20 ? 20'000 : 50); // the kernel keeps 16,384
    for (std::uint64_t c = 0; c < changes; ++c) {
      const auto i = random.below(there.size());
      if (there[i]) fs::remove(name(i) / "PAUSE");
      else touch(name(i) / "PAUSE");
      there[i] = !there[i];
    }
    watch.look();
    for (std::size_t i = 0; i < there.size(); ++i) {
      INFO("round " << round << ", folder " << i);
      REQUIRE(watch.present(name(i)) == there[i]);
    }
  }
}
