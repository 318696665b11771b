// Reports from real stores: counts from the records, verdict, review sample, and text that Markdown must not obey.
#include "actors/monitor/report.hpp"

#include "../../storage/store_test_data.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <functional>

using namespace longwave;
using namespace longwave::storage;
using storage::testing::commit_one;
using storage::testing::open_store;
using storage::testing::read_all;
using storage::testing::scratch_folder;
using storage::testing::test_run;

namespace {

/// Commits `count` records, each shaped by `shape`; the last commit sets the run's state.
void commit_records(store& s, test_run& run, int count, const std::function<void(segment_record&)>& shape,
                    const std::string& state = "completed") {
  for (int i = 0; i < count; ++i) {
    auto record = run.record("Text number " + std::to_string(run.head.seq + 1) + ".");
    shape(record);
    link_record(record, run.head.hash);
    commit_batch batch;
    batch.run = run.config.run_id;
    batch.epoch = run.head.epoch;
    batch.seq = record.seq;
    batch.prev_hash = run.head.hash;
    batch.record_line = record_line(record);
    run.head.seq = record.seq;
    run.head.hash = record.hash;
    if (i + 1 == count) run.head.state = state;
    batch.head = run.head;
    auto done = commit_one(s, batch);
    if (!done) throw std::runtime_error(to_string(done.error()));
  }
}

struct reported {
  scratch_folder folder;
  test_run run{"pilot"};
  std::unique_ptr<store> db;

  explicit reported(std::int64_t hours) {
    run.config.duration_hours = hours;
    run.config.validation_enabled = true;
    run.config.seed = 7;
    db = open_store(folder.path / "store");
    if (auto made = db->create_run(run.config, run.head); !made) throw std::runtime_error(to_string(made.error()));
  }

  nlohmann::ordered_json report(std::optional<int> day = std::nullopt) {
    auto built = build_report(*db, "pilot", day);
    if (!built) throw std::runtime_error(to_string(built.error()));
    return built.value();
  }
};

nlohmann::ordered_json criterion_of(const nlohmann::ordered_json& report, const std::string& name) {
  for (const auto& c : report["criteria"])
    if (c["name"] == name) return c;
  return nullptr;
}

void skip(segment_record& r) {
  r.status = record_status::skipped;
  r.text.clear();
  r.skip_reason = "max_retries_exceeded";
  r.attempts = 3;
  r.attempt_outcomes = {"rejected", "rejected", "rejected"};
}

} // namespace

TEST_CASE("a finished broadcast without a fault is a SUCCESS", "[report]") {
  reported r(112);
  r.run.head.totals = {{"pauses", 1}, {"stops", 1}, {"resumes", 1}, {"starts_again", 1}, {"recoveries", 2}};
  commit_records(*r.db, r.run, 112, [](segment_record&) {});
  const auto j = r.report();
  CHECK(j["verdict"] == "SUCCESS");
  CHECK(criterion_of(j, "segments_generated")["value"] == 112);
  CHECK(criterion_of(j, "segments_generated")["target"] == 107);
  CHECK(criterion_of(j, "cache_hit_rate")["value"].is_null());
  CHECK(criterion_of(j, "cache_hit_rate")["met"] == true);
  CHECK(j["totals"]["segments_done"] == 112);
  CHECK(j["totals"]["pauses"] == 1);
  CHECK(j["totals"]["stops"] == 1);
  CHECK(j["totals"]["resumes"] == 2);
  CHECK(j["totals"]["recoveries"] == 2);
  CHECK(j["days"].size() == 7);
  CHECK(r.report(3)["days"].size() == 1);
  CHECK(r.report(3)["segments_of_day"].size() == 16);
}

TEST_CASE("106 of 112 are too few, 100 cross the abort line", "[report]") {
  const auto lost = GENERATE(5, 6, 11, 12);
  reported r(112);
  commit_records(*r.db, r.run, 112, [&](segment_record& record) {
    if (record.seq <= static_cast<std::uint64_t>(lost)) {
      skip(record);
      record.attempt_outcomes.back() = "transport"; // lost to the backend: no verdict of the validator
    }
  });
  const auto j = r.report();
  const auto c = criterion_of(j, "segments_generated");
  CAPTURE(lost);
  CHECK(c["met"] == (lost <= 5));
  CHECK(c["aborts"] == (lost >= 12));
  CHECK(j["verdict"] == (lost <= 5 ? "SUCCESS" : "INVALID"));
  CHECK(criterion_of(j, "validation_pass_rate")["value"] == 1);
  CHECK(j["skipped"].size() == static_cast<std::size_t>(lost));
}

TEST_CASE("an accepted text with a critical violation makes the run INVALID", "[report]") {
  reported r(16);
  commit_records(*r.db, r.run, 16, [](segment_record& record) {
    if (record.seq == 3)
      record.violations.push_back({"forbidden_faction", "lore", severity::critical, "Named.", "NCR"});
  });
  CHECK(r.report()["verdict"] == "INVALID");
  CHECK(r.report()["violations"]["by_category"]["lore"] == 1);
}

TEST_CASE("repetition and rejected segments make it CONDITIONAL", "[report]") {
  reported r(112);
  commit_records(*r.db, r.run, 112, [](segment_record& record) {
    if (record.seq <= 6) record.variety.flags = {"opening"};
    if (record.seq > 6 && record.seq <= 30) record.variety.flags = {"location"};
  });
  const auto j = r.report();
  CHECK(j["verdict"] == "CONDITIONAL");
  CHECK(criterion_of(j, "repetition_rate")["value"] == Approx(0.0536));
  CHECK(j["variety"]["flagged"] == 30);
}

TEST_CASE("the review sample is reproducible and made of accepted segments", "[report]") {
  reported pilot(112);
  commit_records(*pilot.db, pilot.run, 112, [](segment_record& record) {
    if (record.seq % 40 == 0) skip(record);
  });
  const auto sample = pilot.report()["review_sample"].get<std::vector<std::uint64_t>>();
  CHECK(sample.size() == 10);
  CHECK(std::is_sorted(sample.begin(), sample.end()));
  CHECK(std::adjacent_find(sample.begin(), sample.end()) == sample.end());
  for (const auto seq : sample) CHECK(seq % 40 != 0);
  CHECK(pilot.report()["review_sample"] == sample);

  reported month(480);
  commit_records(*month.db, month.run, 480, [](segment_record&) {});
  const auto days = month.report()["review_sample"].get<std::vector<std::uint64_t>>();
  REQUIRE(days.size() == 30);
  for (std::size_t day = 0; day < days.size(); ++day) CHECK((days[day] - 1) / 16 == day);
}

TEST_CASE("a story run without a count is judged by nothing it was not asked for", "[report]") {
  scratch_folder folder;
  test_run run("stories");
  run.config.kind = run_kind::stories;
  run.config.dj.clear();
  auto db = open_store(folder.path / "store");
  REQUIRE(db->create_run(run.config, run.head));
  commit_records(
    *db, run, 3, [](segment_record& record) { record.type = "story"; }, "stopped");
  const auto built = build_report(*db, "stories");
  REQUIRE(built);
  CHECK(built.value()["verdict"] == "SUCCESS");
  CHECK(criterion_of(built.value(), "total_hours")["value"].is_null());
  CHECK(built.value()["totals"]["segments_planned"].is_null());
}

TEST_CASE("generated text has no meaning in the report's Markdown", "[report]") {
  reported r(16);
  commit_records(*r.db, r.run, 16, [](segment_record& record) {
    if (record.seq != 2) return;
    record.variety.flags = {"opening"};
    record.variety.opening = "a | <b>bold</b> [x](y) `z`\n# head";
  });
  const auto page = report_markdown(r.report());
  CHECK(page.find("Verdict: ") != std::string::npos);
  CHECK(page.find("segments_generated") != std::string::npos);
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(page.find("\n# head") == std::string::npos);
  CHECK(page.find("a \\| \\<b\\>") != std::string::npos);
}

TEST_CASE("report.json and report.md are written whole", "[report]") {
  reported r(16);
  commit_records(*r.db, r.run, 16, [](segment_record&) {});
  REQUIRE(write_report(*r.db, "pilot", r.folder.path));
  CHECK(nlohmann::ordered_json::parse(read_all(r.folder.path / "report.json")) == r.report());
  CHECK(read_all(r.folder.path / "report.md").find("Verdict: SUCCESS") != std::string::npos);
}

TEST_CASE("a run that the store does not have gives no report", "[report]") {
  reported r(16);
  const auto built = build_report(*r.db, "nobody");
  REQUIRE_FALSE(built);
}
