// Tests of start-up, audit and repair over whole output folders.
#include "storage/recovery.hpp"

#include "messages/status.hpp"
#include "storage/audit.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "store_test_data.hpp"

#include <catch2/catch.hpp>
#include <rocksdb/db.h>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;

namespace {

/// An output folder with a store of `count` segments and everything published.
struct finished_run {
  explicit finished_run(int count) : run("pilot") {
    s = store_with(store_path(), run, count);
    REQUIRE(recover_output(*s, "pilot", folder.path, system_file_calls()));
  }
  std::filesystem::path store_path() const { return folder.path / ".longwave" / "store"; }
  std::filesystem::path log() const { return folder.path / "segments.jsonl"; }
  result<recovery_report> recover() { return recover_output(*s, "pilot", folder.path, system_file_calls()); }
  audit_report verify() { return audit_run(*s, "pilot", folder.path, run.head.seq).value(); }
  void mark(std::uint64_t published) {
    commit_batch batch;
    batch.run = "pilot";
    batch.head = run.head;
    batch.published = published;
    REQUIRE(commit_one(*s, batch));
  }
  void raw(const std::function<void(rocksdb::DB&)>& change) {
    s.reset();
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open({}, store_path().string(), &db).ok());
    change(*db);
    delete db;
    s = open_store(store_path());
  }

  scratch_folder folder;
  test_run run;
  std::unique_ptr<store> s;
};

std::string without_last_lines(std::string text, int n) {
  for (; n > 0; --n) text.erase(text.rfind('\n', text.size() - 2) + 1);
  return text;
}

} // namespace

TEST_CASE("a missing log is rebuilt wholly, with its files", "[storage]") {
  finished_run f(150);
  const auto whole = contents(f.folder.path / "segments");
  const auto log = read_all(f.log());
  CHECK(whole.size() == 150);
  CHECK(std::count(log.begin(), log.end(), '\n') == 150);
  std::filesystem::remove(f.log());
  std::filesystem::remove_all(f.folder.path / "segments");
  const auto report = f.recover();
  REQUIRE(report);
  CHECK(report.value().lines_added == 150);
  CHECK(report.value().files_rewritten == 150);
  CHECK(read_all(f.log()) == log);
  CHECK(contents(f.folder.path / "segments") == whole);
  const auto again = f.recover();
  CHECK(again.value().lines_added == 0);
  CHECK(again.value().files_rewritten == 0);
}

TEST_CASE("a log that is behind or torn is completed", "[storage]") {
  finished_run f(10);
  f.mark(8);
  const auto log = read_all(f.log());
  write_all(f.log(), without_last_lines(log, 4) + "{\"seq\":7,\"to");
  const auto report = f.recover();
  REQUIRE(report);
  CHECK(report.value().lines_added == 4);
  CHECK(report.value().torn_bytes_cut == 12);
  CHECK(read_all(f.log()) == log);
}

TEST_CASE("a log that is ahead or differs is refused and left alone", "[storage]") {
  finished_run f(10);
  f.mark(4);
  const auto log = read_all(f.log());
  auto bad = log;
  SECTION("ahead") { bad += record_line(f.run.record("x")) + "\n"; }
  SECTION("another head") { bad.replace(bad.rfind(f.run.head.hash), 1, "z"); }
  SECTION("other text after the mark") {
    auto at = bad.find("quiet");
    for (int i = 0; i < 6; ++i) at = bad.find("quiet", at + 1);
    bad.replace(at, 5, "queer");
  }
  SECTION("no record") { bad += "junk\n"; }
  write_all(f.log(), bad);
  const auto report = f.recover();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == error_code::store_damaged);
  CHECK(report.error().remedy.find("longwave repair") != std::string::npos);
  CHECK(read_all(f.log()) == bad);
  CHECK_FALSE(f.verify().ok);
}

TEST_CASE("a start compares a log as a whole, and of a large one what is after the mark", "[storage]") {
  finished_run f(10);
  f.mark(4);
  const auto log = read_all(f.log());
  const auto changed_at = [&](int line) {
    auto bad = log;
    auto at = bad.find("quiet");
    for (int i = 1; i < line; ++i) at = bad.find("quiet", at + 1);
    write_all(f.log(), bad.replace(at, 5, "queer"));
  };
  const recovery_limits large{0};
  const auto start = [&](const recovery_limits& limits) { return check_start(*f.s, "pilot", f.folder.path, 30, limits); };
  CHECK(start({}));
  CHECK(start(large));
  changed_at(2);
  REQUIRE_FALSE(start({}));
  CHECK(start({}).error().code == error_code::store_damaged);
  CHECK(start({}).error().why == "line 2 differs from the stored one");
  CHECK(start(large));
  CHECK(f.recover());
  changed_at(7);
  CHECK_FALSE(start({}));
  CHECK_FALSE(start(large));
  CHECK_FALSE(f.recover());
  write_all(f.log(), "{}\n" + log);
  CHECK_FALSE(start({}));
  write_all(f.log(), without_last_lines(log, 8)); // shorter than the mark: it is written again
  CHECK(start({}));
  CHECK(start(large));
}

TEST_CASE("a log whose last line has another hash is refused, though all of it was published", "[storage]") {
  finished_run f(10);
  f.mark(10);
  auto bad = read_all(f.log());
  bad.replace(bad.rfind(f.run.head.hash), 1, "z");
  write_all(f.log(), bad);
  const auto report = f.recover();
  REQUIRE_FALSE(report);
  CHECK(report.error().code == error_code::store_damaged);
  CHECK(read_all(f.log()) == bad);
}

TEST_CASE("an empty or lost file after the mark is redone, one before it is left", "[storage]") {
  finished_run f(10);
  f.mark(5);
  const auto early = f.folder.path / "segments/day001/h06-1-gossip.md";
  const auto late = f.folder.path / "segments/day001/h15-1-gossip.md";
  write_all(early, "edited");
  write_all(late, "");
  CHECK(f.recover().value().files_rewritten == 1);
  CHECK(read_all(early) == "edited");
  CHECK_FALSE(read_all(late).empty());
}

TEST_CASE("verify finds nothing wrong with a sound run", "[storage]") {
  finished_run f(20);
  const auto report = f.verify();
  CHECK(report.ok);
  CHECK(report.differences.empty());
  CHECK(report.checked.at("records") == 20);
  CHECK(report.checked.at("lines") == 20);
  CHECK(report.checked.at("files") == 20);
}

TEST_CASE("verify names each difference", "[storage]") {
  finished_run f(20);
  const auto finds = [&](const std::string& what) {
    const auto report = f.verify();
    CHECK_FALSE(report.ok);
    bool found = false;
    for (const auto& line : report.differences) found = found || line.find(what) != std::string::npos;
    const auto first = report.differences.empty() ? std::string("none") : report.differences.front();
    INFO(first);
    CHECK(found);
  };
  SECTION("a file lost") {
    std::filesystem::remove(f.folder.path / "segments/day001/h08-1-gossip.md");
    finds("h08-1-gossip.md: missing");
  }
  SECTION("a file changed") {
    write_all(f.folder.path / "segments/day001/h08-1-gossip.md", "x");
    finds("h08-1-gossip.md: differs");
  }
  SECTION("a line changed") {
    auto log = read_all(f.log());
    log[log.find("quiet")] = 'Q';
    write_all(f.log(), log);
    finds("line 1 differs");
  }
  SECTION("lines lost") {
    write_all(f.log(), without_last_lines(read_all(f.log()), 2));
    finds("line 19 is missing");
  }
  SECTION("a record lost") {
    f.raw([](rocksdb::DB& db) { db.Delete({}, segment_key("pilot", 7)); });
    finds("segment 7");
  }
  SECTION("a record changed without its hash") {
    auto line = f.s->segment_line("pilot", 7).value();
    line.replace(line.find("quiet"), 5, "silly");
    f.raw([&](rocksdb::DB& db) { db.Put({}, segment_key("pilot", 7), sealed(line)); });
    finds("segment 7: its hash does not match its content");
  }
  SECTION("counters wrong") {
    commit_batch batch;
    batch.run = "pilot";
    batch.head = f.run.head;
    nlohmann::json counters = run_counters{};
    counters["accepted"] = 21;
    batch.changes = {{"counters", counters.dump()}};
    REQUIRE(commit_one(*f.s, batch));
    finds("counters: accepted is 21, the records give 20");
  }
  SECTION("a checkpoint with another head") {
    commit_batch batch;
    batch.run = "pilot";
    batch.head = f.run.head;
    batch.checkpoints = {{"checkpoint_x", checkpoint_kind::manual, 5, {}, "", std::string(64, '1')}};
    REQUIRE(commit_one(*f.s, batch));
    finds("checkpoint checkpoint_x");
  }
}

TEST_CASE("repair keeps a sound run whole", "[storage]") {
  finished_run f(30);
  f.s.reset();
  scratch_folder other;
  const auto report = repair_run(f.folder.path / ".longwave", "", other.path / "new");
  REQUIRE(report);
  REQUIRE(report.value().runs.size() == 1);
  CHECK(report.value().runs[0].kept == 30);
  CHECK(report.value().runs[0].state_kept);
  CHECK(report.value().runs[0].missing.empty());
  auto s = open_store(other.path / "new" / ".longwave" / "store");
  auto loaded = s->load("pilot");
  REQUIRE(loaded);
  CHECK(loaded.value().head.hash == f.run.head.hash);
  CHECK(loaded.value().state.at("variety") == 30);
  CHECK(audit_run(*s, "pilot", other.path / "new", 30).value().ok);
  CHECK(read_all(other.path / "new" / "segments.jsonl") == read_all(f.log()));
  s.reset();
  CHECK(repair_run(f.folder.path / ".longwave", "", other.path / "new").error().code == error_code::run_exists);
}

TEST_CASE("repair takes the longer of store and log", "[storage]") {
  finished_run f(30);
  scratch_folder other;
  const auto to = other.path / "new";
  SECTION("a hole in the store, a whole log") {
    f.raw([](rocksdb::DB& db) { db.Delete({}, segment_key("pilot", 12)); });
    f.s.reset();
    const auto report = repair_run(f.folder.path / ".longwave", "pilot", to);
    REQUIRE(report);
    CHECK(report.value().runs[0].kept == 30);
    CHECK(report.value().runs[0].source == "segments.jsonl");
    CHECK(report.value().runs[0].state_kept);
  }
  SECTION("both broken") {
    f.raw([](rocksdb::DB& db) { db.Delete({}, segment_key("pilot", 12)); });
    f.s.reset();
    write_all(f.log(), without_last_lines(read_all(f.log()), 13));
    const auto report = repair_run(f.folder.path / ".longwave", "pilot", to);
    REQUIRE(report);
    CHECK(report.value().runs[0].kept == 17);
    CHECK(report.value().runs[0].expected == 30);
    CHECK_FALSE(report.value().runs[0].state_kept);
    CHECK(open_store(to / ".longwave" / "store")->load("pilot").value().head.state == "failed");
  }
  SECTION("no store at all") {
    f.s.reset();
    std::filesystem::remove(f.store_path() / "CURRENT");
    for (const auto& e : std::filesystem::directory_iterator(f.store_path()))
      if (e.path().extension() == ".log") std::filesystem::remove(e.path());
    const auto before = contents(f.folder.path);
    const auto report = repair_run(f.folder.path / ".longwave", "", to);
    REQUIRE(report);
    CHECK(report.value().runs[0].run == "pilot");
    CHECK(report.value().runs[0].kept == 30);
    CHECK(contents(f.folder.path) == before);
  }
  SECTION("the log of the database cut in the middle") {
    f.s.reset();
    std::filesystem::remove(f.log());
    for (const auto& e : std::filesystem::directory_iterator(f.store_path()))
      if (e.path().extension() == ".log" && e.file_size() > 1000) {
        auto bytes = read_all(e.path());
        bytes[bytes.size() / 2] ^= 0x10;
        write_all(e.path(), bytes);
      }
    CHECK(store::open(f.store_path()).error().code == error_code::store_damaged);
    const auto report = repair_run(f.folder.path / ".longwave", "", to);
    REQUIRE(report);
    CHECK(report.value().runs[0].kept >= 10);
    CHECK(report.value().runs[0].kept < 30);
    CHECK_FALSE(report.value().runs[0].missing.empty());
  }
}
