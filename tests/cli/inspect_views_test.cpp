// The views of `longwave inspect`: which segments are listed, what a checkpoint shows.
#include "cli/inspect_views.hpp"

#include "../storage/store_test_data.hpp"

#include <catch2/catch.hpp>

using namespace longwave;
using namespace longwave::cli;
using storage::testing::scratch_folder;
using storage::testing::store_with;
using storage::testing::test_run;

namespace {

std::vector<std::uint64_t> listed(const storage::store& s, const segment_filter& filter) {
  std::vector<std::uint64_t> seqs;
  REQUIRE(segments_view(s, "pilot", filter, [&](const std::string& line) {
    seqs.push_back(nlohmann::json::parse(line)["seq"].get<std::uint64_t>());
  }));
  return seqs;
}

} // namespace

TEST_CASE("segments can be listed from a number, from the end and by status", "[inspect_views]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 5);
  using seqs = std::vector<std::uint64_t>;
  CHECK(listed(*s, {}) == seqs{1, 2, 3, 4, 5});
  CHECK(listed(*s, {4, std::nullopt, ""}) == seqs{4, 5});
  CHECK(listed(*s, {1, 2, ""}) == seqs{4, 5});
  CHECK(listed(*s, {1, 2, "accepted"}) == seqs{4, 5});
  CHECK(listed(*s, {1, 99, ""}) == seqs{1, 2, 3, 4, 5});
  CHECK(listed(*s, {1, 0, ""}).empty());
  CHECK(listed(*s, {9, std::nullopt, ""}).empty());
  CHECK(listed(*s, {1, std::nullopt, "skipped"}).empty());
}

TEST_CASE("a checkpoint shows the state as it was there", "[inspect_views]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 2);
  auto batch = run.next();
  checkpoint_record c;
  c.kind = checkpoint_kind::hourly;
  c.seq = 3;
  c.position = {1, 8, 1, "2102-10-23"};
  c.id = checkpoint_id(c.position, 3, c.kind);
  c.at = "2000-01-01T00:00:00.000000Z";
  c.head = run.head.hash;
  batch.checkpoints = {c};
  batch.changes = {{"variety", "3"}, {"memory/1", R"({"seq":3})"}, {"stories", R"({"completed":1})"}};
  REQUIRE(storage::testing::commit_one(*s, batch));
  REQUIRE(storage::testing::commit_one(*s, run.next()));

  const auto list = checkpoints_view(*s, "pilot");
  REQUIRE(list);
  REQUIRE(list.value().size() == 1);
  CHECK(list.value()[0]["id"] == c.id);
  CHECK(list.value()[0]["kind"] == "hourly");
  CHECK(list.value()[0]["valid"] == true);

  const auto view = checkpoint_view(*s, "pilot", c.id);
  REQUIRE(view);
  const auto& j = view.value();
  for (const auto* name : {"checkpoint_id", "created_at", "dj", "position", "segments", "schema_version"})
    CHECK(j["metadata"].contains(name));
  CHECK(j["metadata"]["segments"] == 3);
  CHECK(j["broadcast_state"]["variety"] == 3);
  CHECK(j["story_state"]["stories"]["completed"] == 1);
  CHECK(j["session_context"]["memory/1"]["seq"] == 3);
  CHECK(checkpoint_view(*s, "pilot", "nothing").error().code == error_code::not_found);
}

TEST_CASE("without its pack a run shows its pieces as they are", "[inspect_views]") {
  scratch_folder folder;
  test_run run("pilot"); // its pack hash is empty: no pack fits
  auto s = store_with(folder.path / "store", run, 1);
  std::string note;
  const auto world = world_view(*s, "pilot", note);
  REQUIRE(world);
  CHECK(world.value()["variety"] == 1);
  CHECK_FALSE(note.empty());
  CHECK(story_view(*s, "pilot", "nothing", note).error().code == error_code::not_found);
  CHECK(run_view(*s, "pilot").value()["segments_done"] == 1);
  CHECK(runs_view(*s).value()[0]["run_id"] == "pilot");
}
