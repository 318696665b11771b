// Names of DJs: full, short, in part; unknown and ambiguous ones are refused with a list.
#include "cli/pack_search.hpp"

#include "../storage/store_test_data.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <stdlib.h>

using namespace longwave;
using namespace longwave::cli;
using storage::testing::scratch_folder;

namespace {

dj_profile named(const std::string& name, std::vector<std::string> shortcuts = {}) {
  dj_profile p;
  p.name = name;
  p.shortcuts = std::move(shortcuts);
  return p;
}

const std::vector<dj_profile> two{named("Julie (2102, Appalachia)", {"julie"}),
                                  named("Julian (2277, Capital)", {"julian"})};

std::string resolved(const std::string& name) {
  auto dj = resolve_dj(two, name);
  return dj ? dj.value().name : std::string();
}

} // namespace

TEST_CASE("a DJ is found by full name, shortcut or an unambiguous part, in any case", "[pack_search]") {
  CHECK(resolved("Julie (2102, Appalachia)") == two[0].name);
  CHECK(resolved("julie") == two[0].name);
  CHECK(resolved("JULIAN") == two[1].name);
  CHECK(resolved("appalachia") == two[0].name);
}

TEST_CASE("an unknown DJ is refused with all names, an ambiguous one with those that fit", "[pack_search]") {
  for (const auto* name : {"nobody", ""}) {
    const auto dj = resolve_dj(two, name);
    REQUIRE_FALSE(dj);
    CHECK(dj.error().code == error_code::unknown_dj);
    CHECK(dj.error().why.find(two[0].name) != std::string::npos);
    CHECK(dj.error().why.find(two[1].name) != std::string::npos);
  }
  const auto dj = resolve_dj(two, "juli");
  REQUIRE_FALSE(dj);
  CHECK(dj.error().code == error_code::unknown_dj);
  CHECK(dj.error().what.find("ambiguous") != std::string::npos);
}

TEST_CASE("LONGWAVE_PACK_PATH comes first, folders that do not exist are left out", "[pack_search]") {
  scratch_folder folder;
  const std::string before = ::getenv("LONGWAVE_PACK_PATH") ? ::getenv("LONGWAVE_PACK_PATH") : "";
  ::setenv("LONGWAVE_PACK_PATH", ("/does/not/exist:" + folder.path.string()).c_str(), 1);
  const auto path = pack_search_path();
  before.empty() ? ::unsetenv("LONGWAVE_PACK_PATH") : ::setenv("LONGWAVE_PACK_PATH", before.c_str(), 1);
  REQUIRE_FALSE(path.empty());
  CHECK(path.front() == folder.path);
  for (const auto& p : path) CHECK(p != "/does/not/exist");
}

TEST_CASE("the packs of the source tree hold Julie and the story pack", "[pack_search]") {
  const auto pack = pack_for("", "julie", run_kind::broadcast);
  REQUIRE(pack);
  CHECK(resolve_dj(pack.value(), "julie"));
  const auto stories = pack_for("", "", run_kind::stories);
  REQUIRE(stories);
  CHECK(stories.value().name == "midnight");
  CHECK_FALSE(pack_for("no-such-pack", "", run_kind::stories));
}

TEST_CASE("both faces of one DJ are found in the pack they share", "[pack_search]") {
  for (const auto& [asked, name] : std::vector<std::pair<std::string, std::string>>{
         {"travis", "Travis Miles (Nervous) (2287, Commonwealth)"},
         {"travis-nervous", "Travis Miles (Nervous) (2287, Commonwealth)"},
         {"travis-confident", "Travis Miles (Confident) (2287, Commonwealth)"},
         {"confident", "Travis Miles (Confident) (2287, Commonwealth)"},
         {"Travis Miles (Confident) (2287, Commonwealth)", "Travis Miles (Confident) (2287, Commonwealth)"}}) {
    INFO(asked);
    const auto pack = pack_for("", asked, run_kind::broadcast);
    REQUIRE(pack);
    CHECK(pack.value().name == "commonwealth");
    const auto dj = resolve_dj(pack.value(), asked);
    REQUIRE(dj);
    CHECK(dj.value().name == name);
  }
  const auto pack = pack_for("commonwealth", "miles", run_kind::broadcast);
  if (pack) CHECK_FALSE(resolve_dj(pack.value(), "miles")); // fits both
}

TEST_CASE("a full name or shortcut reads no pack behind the one that has it", "[pack_search]") {
  scratch_folder folder;
  namespace fs = std::filesystem;
  const auto make = [&](const char* name, const std::string& profile) {
    fs::create_directories(folder.path / name);
    std::ofstream(folder.path / name / "pack.json")
      << R"({"format":1,"name":")" << name << R"(","title":"t","version":"1","kind":"broadcast","profiles":["dj.json"]})";
    std::ofstream(folder.path / name / "dj.json") << profile;
  };
  std::ifstream profile(std::string(LONGWAVE_SOURCE_DIR) + "/packs/appalachia/profiles/julie.json");
  make("a", std::string(std::istreambuf_iterator<char>(profile), {}));
  make("b", "not JSON");
  const std::string before = ::getenv("LONGWAVE_PACK_PATH") ? ::getenv("LONGWAVE_PACK_PATH") : "";
  ::setenv("LONGWAVE_PACK_PATH", folder.path.c_str(), 1);
  const auto found = pack_for("", "JULIE", run_kind::broadcast);
  const auto part = pack_for("", "julie (21", run_kind::broadcast);
  const auto nobody = pack_for("", "nobody", run_kind::broadcast);
  before.empty() ? ::unsetenv("LONGWAVE_PACK_PATH") : ::setenv("LONGWAVE_PACK_PATH", before.c_str(), 1);
  INFO((found ? std::string() : to_string(found.error())));
  REQUIRE(found);
  CHECK(found.value().name == "a");
  CHECK(part);
  // The broken pack might have had them: it is named.
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().what.find("b/dj.json") != std::string::npos);
}
