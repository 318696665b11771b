// The sample, the review folders on disk, and the report's count of a person's verdicts.
#include "actors/monitor/review.hpp"

#include "../../storage/store_test_data.hpp"
#include "actors/monitor/report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace longwave;
using namespace longwave::storage;
using storage::testing::commit_one;
using storage::testing::open_store;
using storage::testing::scratch_folder;
using storage::testing::test_run;
namespace fs = std::filesystem;

namespace {

/// Three accepted segments (good, weak, dull) and a skipped one.
struct reviewed {
  scratch_folder folder;
  test_run run{"pilot"};
  std::unique_ptr<store> db;

  reviewed() {
    run.config.duration_hours = 4;
    db = open_store(folder.path / "store");
    if (auto made = db->create_run(run.config, run.head); !made) throw std::runtime_error(to_string(made.error()));
    add("You are dear to me. I hope you know? What a night!", [](segment_record&) {});
    add("Rain fell. Carts crossed over.", [](segment_record& r) { r.violations = {{"year", "temporal", severity::quality, "A year.", "2200"}}; });
    add("Rain fell. Carts crossed over.", [](segment_record& r) { r.variety.flags = {"identical", "opening"}; });
    add("", [](segment_record& r) { r.status = record_status::skipped; });
  }

  template <class Shape>
  void add(const std::string& text, const Shape& shape) {
    auto record = run.record(text);
    shape(record);
    link_record(record, run.head.hash);
    commit_batch batch;
    batch.run = "pilot";
    batch.epoch = run.head.epoch;
    batch.seq = record.seq;
    batch.prev_hash = run.head.hash;
    batch.record_line = record_line(record);
    run.head.seq = record.seq;
    run.head.hash = record.hash;
    batch.head = run.head;
    if (auto done = commit_one(*db, batch); !done) throw std::runtime_error(to_string(done.error()));
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path / "review"))
      if (entry.is_regular_file()) found.push_back(entry.path().lexically_relative(folder.path / "review"));
    std::sort(found.begin(), found.end());
    return found;
  }
};

nlohmann::json json_at(const fs::path& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

} // namespace

TEST_CASE("review folders: approved, review by its issue, rejected, with metadata where a person should act", "[review]") {
  reviewed r;
  REQUIRE(write_review_folders(*r.db, "pilot", r.folder.path));
  const auto files = r.files();
  REQUIRE(files.size() == 6);
  CHECK(files[0].parent_path() == "approved");
  CHECK(files[1] == "index.jsonl");
  CHECK(files[2].parent_path() == "rejected");
  CHECK(files[4].parent_path() == "review/lore");
  const auto metadata = json_at(r.folder.path / "review" / files[4]);
  CHECK(metadata["seq"] == 2);
  CHECK(metadata["issues"][0]["kind"] == "lore");
  CHECK(metadata["engagement"]["score"] < 0.7);
  CHECK(metadata["engagement"]["score"] >= 0.5);
  CHECK(json_at(r.folder.path / "review" / files[2])["engagement"]["score"] < 0.5);
}

TEST_CASE("review folders: written again they are the same, old places are cleared, a person's files stay", "[review]") {
  reviewed r;
  REQUIRE(write_review_folders(*r.db, "pilot", r.folder.path));
  const auto first = r.files();
  std::ofstream(r.folder.path / "review/approved/day009-h01-1-old.md") << "of another run";
  std::ofstream(r.folder.path / "review/approved/my notes.txt") << "mine";
  REQUIRE(write_review_folders(*r.db, "pilot", r.folder.path));
  CHECK_FALSE(fs::exists(r.folder.path / "review/approved/day009-h01-1-old.md"));
  CHECK(fs::exists(r.folder.path / "review/approved/my notes.txt"));
  CHECK(r.files().size() == first.size() + 1);
}

TEST_CASE("review: the report counts verdicts on the very text, the last one of each segment", "[review]") {
  reviewed r;
  const auto hash = [&](std::uint64_t seq) {
    return nlohmann::json::parse(r.db->segment_line("pilot", seq).value())["hash"].get<std::string>();
  };
  review_file said;
  said.verdicts = {{"pilot", 1, hash(1), false, {"voice"}, "", "", ""},
                   {"pilot", 1, hash(1), true, {}, "", "", ""},
                   {"pilot", 2, hash(2), false, {"lore", "voice"}, "", "", ""},
                   {"pilot", 3, "of another text", true, {}, "", "", ""}};
  const auto report = build_report(*r.db, "pilot", std::nullopt, said).value();
  CHECK(report["totals"]["reviewed"] == 2);
  CHECK(report["totals"]["review_approved"] == 1);
  CHECK(report["totals"]["review_rejected"] == 1);
  CHECK(report["review"]["sample"] == 3);
  CHECK(report["review"]["sample_reviewed"] == 2);
  CHECK(report["review"]["rejected_segments"] == std::vector<int>{2});
  CHECK(report["review"]["by_issue"]["voice"] == 1);
  CHECK(report["review"]["folders"]["approved"] == 1);
  CHECK(report["review"]["folders"]["review"] == 1);
  CHECK(report["review"]["folders"]["rejected"] == 1);
}

TEST_CASE("review: items are the sample, or all that the score did not approve; skipped ones cannot be judged", "[review]") {
  reviewed r;
  CHECK(review_items(*r.db, "pilot", {}, review_scope::sample).value().size() == 3);
  CHECK(review_item_of(*r.db, "pilot", 4, {}).error().code == error_code::wrong_state);
  CHECK(review_item_of(*r.db, "pilot", 5, {}).error().code == error_code::not_found);
  CHECK(review_item_of(*r.db, "pilot", 2, {}).value().score->folder == review_folder::review);
}

TEST_CASE("review sample: one a day of a long run, stable for days that are over", "[review]") {
  run_config config;
  config.kind = run_kind::broadcast;
  config.duration_hours = 480;
  config.seed = 9;
  accepted_days days;
  for (int day = 1; day <= 10; ++day)
    for (std::uint64_t slot = 1; slot <= 16; ++slot) days[day].push_back(static_cast<std::uint64_t>(day - 1) * 16 + slot);
  const auto ten = review_sample(config, days);
  REQUIRE(ten.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK((ten[i] - 1) / 16 == i);
  for (std::uint64_t slot = 1; slot <= 16; ++slot) days[11].push_back(160 + slot);
  const auto eleven = review_sample(config, days);
  CHECK(std::equal(ten.begin(), ten.end(), eleven.begin()));
}
