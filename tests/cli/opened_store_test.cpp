// Opening for a look: the run that is meant, dead engines, living ones, snapshots.
#include "cli/opened_store.hpp"

#include "../storage/store_test_data.hpp"
#include "storage/output_folder.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

using namespace longwave;
using namespace longwave::cli;
using storage::testing::scratch_folder;
using storage::testing::store_with;
using storage::testing::test_run;

namespace {

result<opened_store> look_at(const scratch_folder& folder) {
  store_request request;
  request.folder = folder.path.string();
  return open_store(request);
}

} // namespace

TEST_CASE("the run is the named one, the folder's own, or the only one", "[opened_store]") {
  const std::vector<std::string> runs{"one", "two"};
  CHECK(choose_run(runs, "two", "one").value() == "two");
  CHECK(choose_run(runs, "", "one").value() == "one");
  CHECK(choose_run({"one"}, "", "").value() == "one");
  const auto several = choose_run(runs, "", "");
  REQUIRE_FALSE(several);
  CHECK(several.error().code == error_code::bad_usage);
  CHECK(several.error().why == "one, two");
  CHECK(choose_run(runs, "three", "").error().code == error_code::not_found);
  CHECK(choose_run({}, "", "").error().code == error_code::not_found);
}

TEST_CASE("a folder without a store is no run", "[opened_store]") {
  scratch_folder folder;
  CHECK(look_at(folder).error().code == error_code::not_found);
  std::filesystem::create_directories(folder.path / ".longwave");
  CHECK(look_at(folder).error().code == error_code::not_found);
}

TEST_CASE("a dead engine's store is read without being changed", "[opened_store]") {
  scratch_folder folder;
  test_run run("pilot");
  store_with(folder.path / ".longwave" / "store", run, 5).reset();
  const auto before = storage::testing::contents(folder.path);
  {
    auto opened = look_at(folder);
    REQUIRE(opened);
    CHECK_FALSE(opened.value().live());
    CHECK(opened.value().run == "pilot");
    CHECK(opened.value().db->head("pilot").value().seq == 5);
    CHECK(output_folder_of(opened.value()).value() == folder.path);
  }
  CHECK(storage::testing::contents(folder.path) == before);
}

TEST_CASE("a living engine is followed, and nothing stays behind", "[opened_store]") {
  scratch_folder folder;
  test_run run("pilot");
  const auto lock = storage::engine_lock::take(folder.path / ".longwave");
  REQUIRE(lock);
  auto writer = store_with(folder.path / ".longwave" / "store", run, 5);
  std::filesystem::path scratch;
  {
    auto opened = look_at(folder);
    REQUIRE(opened);
    CHECK(opened.value().live());
    CHECK(opened.value().engine_pid == ::getpid());
    scratch = opened.value().scratch->path();
    REQUIRE(storage::testing::commit_one(*writer, run.next()));
    REQUIRE(opened.value().db->refresh());
    CHECK(opened.value().db->head("pilot").value().seq == 6);
  }
  CHECK_FALSE(std::filesystem::exists(scratch));
}

TEST_CASE("a snapshot opens by itself", "[opened_store]") {
  scratch_folder folder;
  test_run run("pilot");
  auto writer = store_with(folder.path / ".longwave" / "store", run, 3);
  REQUIRE(writer->snapshot(folder.path / "copy"));
  REQUIRE(storage::testing::commit_one(*writer, run.next()));
  auto opened = open_store({".", (folder.path / "copy").string(), "", true});
  REQUIRE(opened);
  CHECK(opened.value().db->head("pilot").value().seq == 3);
}
