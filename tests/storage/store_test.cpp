// Tests of the store: commit rules, reading back, versions, pruning, refusals, followers and snapshots.
#include "storage/store.hpp"

#include "storage/chain.hpp"
#include "storage/checkpoint.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store_json.hpp"
#include "store_test_data.hpp"

#include <catch2/catch.hpp>
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <filesystem>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;

namespace {

/// Opens the raw database behind a store, to damage or inspect it.
std::unique_ptr<rocksdb::DB> raw_database(const std::filesystem::path& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder.string(), &db);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return std::unique_ptr<rocksdb::DB>(db);
}

checkpoint_record checkpoint_at(const test_run& run, checkpoint_kind kind) {
  const slot_position at{1, 6, 1, "2102-10-23"};
  return {checkpoint_id(at, run.head.seq, kind), kind, run.head.seq, at, "2000-01-01T00:00:00Z", run.head.hash};
}

} // namespace

TEST_CASE("what is committed is loaded after a re-open", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  {
    auto s = store_with(folder.path / "store", run, 2);
    auto batch = run.next("Rain.");
    batch.changes = {{"gossip", R"({"a":1})"}, {"story/x", "null"}};
    batch.head.totals["pauses"] = 2;
    batch.head.pause_reasons = {"control"};
    batch.checkpoints = {checkpoint_at(run, checkpoint_kind::hourly)};
    batch.next_attempt = attempt_note{4, 1, 0, 4, 0, 0, nlohmann::json::array()};
    batch.published = 2;
    REQUIRE(commit_one(*s, batch));
  }
  auto s = open_store(folder.path / "store");
  auto loaded = s->load("pilot");
  REQUIRE(loaded);
  const auto& l = loaded.value();
  CHECK(l.head.seq == 3);
  CHECK(l.head.hash == run.head.hash);
  CHECK(l.head.totals["pauses"] == 2);
  CHECK(l.head.pause_reasons == std::vector<std::string>{"control"});
  CHECK(l.config.dj == run.config.dj);
  CHECK(l.state.size() == 3); // with the newest checkpoint
  CHECK(l.state.at("gossip") == nlohmann::json{{"a", 1}});
  CHECK(l.state.at("variety") == 2);
  REQUIRE(l.open_attempt);
  CHECK(l.open_attempt->seq == 4);
  CHECK(l.published == 2);
  CHECK(s->runs().value() == std::vector<std::string>{"pilot"});
  CHECK(s->provenance("pilot", 3).value() == R"({"plan":{}})");
  CHECK(s->segment_line("pilot", 3).value().find("Rain.") != std::string::npos);
  CHECK(s->segment_line("pilot", 4).error().code == error_code::not_found);
  CHECK(s->load("other").error().code == error_code::not_found);
  CHECK(s->checkpoints("pilot").value().size() == 1);
  // The run goes on after the re-open.
  CHECK(commit_one(*s, run.next()));
}

// RocksDB asks for 13 MB in advance where it may: every start took them from the disk, full or not.
TEST_CASE("an open store takes no more space than is written to it", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 2);
  std::uintmax_t taken = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path / "store")) {
    struct stat found {};
    REQUIRE(::stat(entry.path().c_str(), &found) == 0);
    taken += static_cast<std::uintmax_t>(found.st_blocks) * 512;
  }
  CHECK(taken > 0);
  CHECK(taken < 1'000'000);
}

TEST_CASE("a repeated commit is answered with success and writes nothing", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 1);
  const auto second = run.next();
  const auto third = run.next();
  REQUIRE(commit_one(*s, second));
  REQUIRE(commit_one(*s, third));
  const auto writes = s->counters().synced_writes;
  CHECK(commit_one(*s, second));
  CHECK(commit_one(*s, third));
  CHECK(s->counters().synced_writes == writes);
  CHECK(s->head("pilot").value().seq == 3);
  auto other = second;
  other.head.hash = std::string(64, 'f');
  CHECK(commit_one(*s, other).error().code == error_code::wrong_state);
}

TEST_CASE("gaps, wrong chains, stale epochs and unknown runs fail alone", "[storage]") {
  scratch_folder folder;
  test_run a("a");
  test_run b("b");
  auto s = store_with(folder.path / "store", a, 1);
  REQUIRE(s->create_run(b.config, b.head));
  auto skipped = a;
  skipped.next();
  const auto gap = skipped.next();
  auto broken = test_run(a).next();
  broken.prev_hash = std::string(64, '0');
  auto stranger = test_run("stranger").next();
  auto leap = test_run(a).next(); // a gap that the chain does not show
  leap.seq += 1;
  leap.head.seq += 1;
  const auto good = b.next();
  const auto results = s->commit({&gap, &good, &broken, &stranger, &leap});
  REQUIRE(results.size() == 5);
  CHECK(results[0].error().code == error_code::internal);
  CHECK(results[1]);
  CHECK(results[2].error().code == error_code::internal);
  CHECK(results[3].error().code == error_code::not_found);
  REQUIRE_FALSE(results[4]);
  CHECK(results[4].error().code == error_code::internal);
  CHECK(s->head("a").value().seq == 1);
  CHECK(s->head("b").value().seq == 1);

  // A new scheduler takes the run over by a change of the head alone; the old one's commits are refused from then on.
  const auto old = test_run(a).next();
  commit_batch takeover;
  takeover.run = "a";
  takeover.epoch = 1;
  takeover.head = a.head;
  takeover.head.epoch = 1;
  REQUIRE(commit_one(*s, takeover));
  CHECK(commit_one(*s, old).error().code == error_code::wrong_state);
  auto renewed = old;
  renewed.epoch = 1;
  CHECK(commit_one(*s, renewed));
  CHECK(s->head("a").value().epoch == 1);
}

TEST_CASE("many runs share one synced write", "[storage]") {
  scratch_folder folder;
  auto s = open_store(folder.path / "store");
  std::vector<test_run> runs;
  for (int i = 0; i < 16; ++i) {
    runs.emplace_back("run-" + std::to_string(i));
    REQUIRE(s->create_run(runs.back().config, runs.back().head));
  }
  const auto before = s->counters();
  std::vector<commit_batch> batches;
  for (auto& run : runs) batches.push_back(run.next());
  batches.push_back(runs[3].next()); // and two segments of one run
  std::vector<const commit_batch*> pointers;
  for (const auto& batch : batches) pointers.push_back(&batch);
  for (const auto& done : s->commit(pointers)) CHECK(done);
  CHECK(s->counters().synced_writes == before.synced_writes + 1);
  CHECK(s->counters().wal_syncs == before.wal_syncs + 1);
  CHECK(s->head("run-3").value().seq == 2);
  CHECK(s->runs().value().size() == 16);
  CHECK(s->create_run(runs[0].config, runs[0].head).error().code == error_code::run_exists);
}

TEST_CASE("who wants to know is told of each commit that is written, before the sync that makes it durable", "[storage]") {
  scratch_folder folder;
  auto s = open_store(folder.path / "store");
  test_run a("a"), b("b");
  for (const auto* run : {&a, &b}) REQUIRE(s->create_run(run->config, run->head));
  const auto first = a.next(), second = a.next(), other = b.next();
  auto gap = b.next();
  gap.seq += 1;
  gap.head.seq += 1;
  const auto syncs = s->counters().synced_writes, wal_syncs = s->counters().wal_syncs;
  std::vector<std::size_t> told;
  const auto results = s->commit({&first, &gap, &other, &second}, [&](std::size_t i) {
    told.push_back(i);
    CHECK(s->counters().synced_writes == syncs);
  });
  CHECK(told == std::vector<std::size_t>{0, 2, 3}); // what is refused is not there
  CHECK(s->counters().synced_writes == syncs + 1);
  CHECK_FALSE(results[1]);
  for (const auto i : {0, 2, 3}) CHECK(results[static_cast<std::size_t>(i)]);
  told.clear();
  CHECK(s->commit({&first}, [&](std::size_t i) { told.push_back(i); }).front());
  CHECK(told.empty()); // it was there already
  CHECK(s->counters().wal_syncs == wal_syncs + 1);
  s.reset();
  s = open_store(folder.path / "store");
  CHECK(s->head("a").value().seq == 2);
  CHECK(s->head("b").value().seq == 1);
}

TEST_CASE("notes survive, and count only for the open segment", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  {
    auto s = store_with(folder.path / "store", run, 1);
    auto head = run.head;
    head.calls = 5;
    REQUIRE(s->note_attempt("pilot", {2, 2, 1, 5, 0, 0, {{{"class", "stall"}}}}, &head));
    CHECK(s->counters().synced_writes == 2);
  }
  auto s = open_store(folder.path / "store");
  auto loaded = s->load("pilot");
  REQUIRE(loaded);
  REQUIRE(loaded.value().open_attempt);
  CHECK(loaded.value().open_attempt->attempt == 2);
  CHECK(loaded.value().open_attempt->history.size() == 1);
  CHECK(loaded.value().head.calls == 5);
  REQUIRE(commit_one(*s, run.next()));
  CHECK_FALSE(s->load("pilot").value().open_attempt);
  auto stale = run.head;
  stale.seq = 1;
  CHECK(s->note_attempt("pilot", {}, &stale).error().code == error_code::wrong_state);
}

TEST_CASE("state can be read as of any segment, and removals hide", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 0);
  for (int i = 1; i <= 30; ++i) {
    auto batch = run.next();
    if (i % 10 == 5) batch.changes.push_back({"story/a", i == 25 ? "null" : std::to_string(i)});
    REQUIRE(commit_one(*s, batch));
  }
  const auto at = [&](std::uint64_t seq) { return s->state_at("pilot", seq).value(); };
  CHECK(at(0).empty());
  CHECK(at(7)["variety"] == 7);
  CHECK(at(4).count("story/a") == 0);
  CHECK(at(14)["story/a"] == 5);
  CHECK(at(15)["story/a"] == 15);
  CHECK(at(25).count("story/a") == 0);
  CHECK(at(30)["variety"] == 30);
}

TEST_CASE("pruning keeps what retained checkpoints and the head read", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 0);
  for (int i = 1; i <= 60; ++i) {
    auto batch = run.next();
    batch.checkpoints = {checkpoint_at(run, checkpoint_kind::hourly)};
    if (i == 10) batch.changes.push_back({"story/gone", "1"});
    if (i == 20) batch.changes.push_back({"story/gone", "null"});
    if (i == 50) batch.checkpoints.push_back(checkpoint_at(run, checkpoint_kind::manual));
    REQUIRE(commit_one(*s, batch));
  }
  REQUIRE(s->prune("pilot"));
  const auto kept = s->checkpoints("pilot").value();
  REQUIRE(kept.size() == 25);
  CHECK(kept.front().record.seq == 37);
  CHECK(s->load("pilot").value().state.at("variety") == 60);
  for (std::uint64_t seq = 37; seq <= 60; ++seq) CHECK(s->state_at("pilot", seq).value()["variety"] == seq);
  const auto dropped = s->state_at("pilot", 20);
  REQUIRE_FALSE(dropped);
  CHECK(dropped.error().code == error_code::not_found);
  int gone = 0;
  REQUIRE(s->keys([&](const std::string& key, std::size_t) {
    gone += key.find("story/gone") != std::string::npos;
    return true;
  }));
  CHECK(gone == 0);
  REQUIRE(s->prune("pilot"));
  CHECK(s->checkpoints("pilot").value().size() == 25);
}

TEST_CASE("retention keeps the newest of each kind", "[storage]") {
  std::vector<checkpoint_record> list;
  const auto add = [&](checkpoint_kind kind, int count) {
    for (int i = 0; i < count; ++i) {
      checkpoint_record c;
      c.kind = kind;
      c.seq = list.size();
      list.push_back(c);
    }
  };
  add(checkpoint_kind::hourly, 30);
  add(checkpoint_kind::daily, 8);
  add(checkpoint_kind::weekly, 100);
  add(checkpoint_kind::pause, 60);
  add(checkpoint_kind::manual, 41);
  const auto drop = checkpoints_to_drop(list);
  CHECK(drop == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 30, 138});
  CHECK(checkpoints_to_drop({}).empty());
}

TEST_CASE("segments come in order, and holes are damage", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  { auto s = store_with(folder.path / "store", run, 20); }
  {
    auto s = open_store(folder.path / "store");
    std::vector<std::uint64_t> seen;
    REQUIRE(s->segments("pilot", 5, 9, [&](std::uint64_t seq, const std::string&) {
      seen.push_back(seq);
      return true;
    }));
    CHECK(seen == std::vector<std::uint64_t>{5, 6, 7, 8, 9});
    int count = 0;
    REQUIRE(s->segments("pilot", 0, UINT64_MAX, [&](std::uint64_t, const std::string&) { return ++count < 3; }));
    CHECK(count == 3);
  }
  raw_database(folder.path / "store")->Delete({}, segment_key("pilot", 7));
  auto s = open_store(folder.path / "store");
  CHECK(s->load("pilot"));
  const auto hole = s->segments("pilot", 1, 20, [](std::uint64_t, const std::string&) { return true; });
  REQUIRE_FALSE(hole);
  CHECK(hole.error().code == error_code::store_damaged);
}

TEST_CASE("a head and a last segment that disagree are damage", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  { auto s = store_with(folder.path / "store", run, 5); }
  const auto damage = [&](const std::string& key, std::optional<std::string> value) {
    auto db = raw_database(folder.path / "store");
    if (value)
      db->Put({}, key, *value);
    else
      db->Delete({}, key);
    db.reset();
    auto s = open_store(folder.path / "store");
    const auto loaded = s->load("pilot");
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == error_code::store_damaged);
    CHECK(loaded.error().remedy.find("longwave repair") != std::string::npos);
  };
  SECTION("last segment lost") { damage(segment_key("pilot", 5), std::nullopt); }
  SECTION("head lost") { damage(head_key("pilot"), std::nullopt); }
  SECTION("head older") {
    auto head = run.head;
    head.seq = 4;
    damage(head_key("pilot"), sealed(head_text(head, 0)));
  }
  SECTION("other hash") {
    auto head = run.head;
    head.hash[0] = head.hash[0] == '0' ? '1' : '0';
    damage(head_key("pilot"), sealed(head_text(head, 0)));
  }
  SECTION("flipped bit in a state record") { damage(state_key("pilot", "variety", 5), std::string("\1brokenvalue")); }
}

TEST_CASE("a damaged checkpoint is listed as such and needed by nobody", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  {
    auto s = store_with(folder.path / "store", run, 1);
    auto batch = run.next();
    batch.checkpoints = {checkpoint_at(run, checkpoint_kind::daily)};
    REQUIRE(commit_one(*s, batch));
  }
  raw_database(folder.path / "store")->Put({}, checkpoint_key("pilot", 2, 1), "junk");
  auto s = open_store(folder.path / "store");
  const auto listed = s->checkpoints("pilot").value();
  REQUIRE(listed.size() == 1);
  CHECK_FALSE(listed[0].valid);
  CHECK(listed[0].record.seq == 2);
  CHECK(listed[0].record.kind == checkpoint_kind::daily);
  CHECK(s->load("pilot"));
  CHECK(s->prune("pilot"));
}

TEST_CASE("foreign folders and databases are refused untouched", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  SECTION("some files") {
    std::filesystem::create_directories(path);
    write_all(path / "letter.txt", "hello");
  }
  SECTION("another program's database") { raw_database(path)->Put({}, "key", "value"); }
  SECTION("another program's database with families") {
    auto db = raw_database(path);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    REQUIRE(db->CreateColumnFamily({}, "more", &family).ok());
    db->DestroyColumnFamilyHandle(family);
  }
  const auto before = contents(path);
  for (const bool read_only : {false, true}) {
    store_options options;
    options.read_only = read_only;
    const auto opened = store::open(path, options);
    REQUIRE_FALSE(opened);
    CHECK((opened.error().code == error_code::store_foreign ||
           (read_only && opened.error().code == error_code::not_found)));
    CHECK(contents(path) == before);
  }
}

TEST_CASE("pieces in a bundle are read as themselves and win over those that stood alone", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 0);
  auto first = run.next();
  first.changes = {{"counters", R"({"accepted":7})"}, {"gossip", "1"}};
  auto second = run.next();
  second.changes = {{"each", R"({"counters":{"accepted":8},"show":[2]})"}};
  for (const auto* batch : {&first, &second}) REQUIRE(s->commit({batch}).front());
  const auto at_first = s->state_at("pilot", 1), now = s->state_at("pilot", 2);
  REQUIRE(at_first);
  REQUIRE(now);
  CHECK(at_first.value() == std::map<std::string, nlohmann::json>{{"counters", {{"accepted", 7}}}, {"gossip", 1}});
  CHECK(now.value() == std::map<std::string, nlohmann::json>{
                         {"counters", {{"accepted", 8}}}, {"gossip", 1}, {"show", nlohmann::json::array({2})}});
}

TEST_CASE("a newer schema is refused with every byte in place", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  { auto s = store_with(path, run, 3); }
  SECTION("by its marker") { write_all(path / "SCHEMA", "longwave store, schema 3\n"); }
  SECTION("by its key alone, as in a snapshot") { std::filesystem::remove(path / "SCHEMA"); }
  raw_database(path)->Put({}, meta_key("schema"), sealed(R"({"schema":3})"));
  const auto before = contents(path);
  for (const bool read_only : {false, true}) {
    store_options options;
    options.read_only = read_only;
    const auto opened = store::open(path, options);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == error_code::store_newer);
    CHECK(contents(path) == before);
  }
}

TEST_CASE("a store that is not there is not made by looking", "[storage]") {
  scratch_folder folder;
  store_options options;
  options.create = false;
  CHECK(store::open(folder.path / "store", options).error().code == error_code::not_found);
  options.create = true;
  options.read_only = true;
  CHECK(store::open(folder.path / "store", options).error().code == error_code::not_found);
  CHECK_FALSE(std::filesystem::exists(folder.path / "store"));
}

TEST_CASE("lost database files are damage, never an empty start", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  { auto s = store_with(path, run, 3); }
  std::string gone;
  SECTION("CURRENT") { gone = "CURRENT"; }
  SECTION("the manifest") { gone = "MANIFEST-"; }
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().filename().string().starts_with(gone)) std::filesystem::remove(entry.path());
  const auto opened = store::open(path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == error_code::store_damaged);
  CHECK(opened.error().remedy.find("longwave repair") != std::string::npos);
}

TEST_CASE("a marked store whose log vanished is damage, never an empty start", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  { auto s = store_with(path, run, 3); }
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".log") std::filesystem::remove(entry.path());
  const auto opened = store::open(path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == error_code::store_damaged);
}

TEST_CASE("a flipped bit in the middle of the log is damage, never a store with fewer segments", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  { auto s = store_with(path, run, 12); }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".log") log = entry.path();
  const auto sound = read_all(log);
  REQUIRE(sound.size() > 4'000);
  for (const auto at : {sound.size() / 3, sound.size() / 2}) {
    auto spoilt = sound;
    spoilt[at] ^= 4;
    write_all(log, spoilt);
    const auto opened = store::open(path);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == error_code::store_damaged);
  }
}

TEST_CASE("a store closed with much in its log leaves the next reader none to replay", "[storage][regression]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  const auto log_bytes = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.path().extension() == ".log") bytes += entry.file_size();
    return bytes;
  };
  { auto s = store_with(path, run, 3); }
  CHECK(log_bytes() > 0); // little is left where it is: a short run ends without writing a table
  {
    auto s = open_store(path);
    for (int i = 0; i < 30; ++i) REQUIRE(commit_one(*s, run.next(std::string(50'000, 'r'))));
    CHECK(log_bytes() > (1 << 20));
    s->settle(); // the same where an engine comes to rest, and commits go on after it
    CHECK(log_bytes() < (1 << 20));
    const auto before = log_bytes();
    REQUIRE(commit_one(*s, run.next("short")));
    CHECK(log_bytes() > before);
    const auto kept = log_bytes();
    s->settle(); // so little is not worth a table
    CHECK(log_bytes() == kept);
    for (int i = 0; i < 30; ++i) REQUIRE(commit_one(*s, run.next(std::string(50'000, 'r'))));
    CHECK(log_bytes() > (1 << 20));
  }
  CHECK(log_bytes() == 0);
  store_options reading;
  reading.create = false;
  reading.read_only = true;
  auto read = store::open(path, reading);
  REQUIRE(read);
  CHECK(read.value()->head("pilot").value().seq == 64);
  CHECK(open_store(path)->head("pilot").value().hash == run.head.hash);
}

TEST_CASE("an unreadable marker is only a missing shortcut", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  test_run run("pilot");
  { auto s = store_with(path, run, 3); }
  for (const auto* text : {"", "junk", "longwave store, schema x\n", "longwave store, schema 2"}) {
    write_all(path / "SCHEMA", text);
    CHECK(open_store(path)->head("pilot").value().seq == 3);
    CHECK(read_all(path / "SCHEMA") == "longwave store, schema 2\n");
  }
}

TEST_CASE("a creation that was cut off is begun again", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "store";
  SECTION("before CURRENT") {
    std::filesystem::create_directories(path);
    write_all(path / "LOCK", "");
    write_all(path / "LOG", "x");
    write_all(path / "MANIFEST-000001", "");
  }
  SECTION("before the first write") { raw_database(path); }
  test_run run("pilot");
  auto s = store_with(path, run, 1);
  CHECK(s->head("pilot").value().seq == 1);
}

TEST_CASE("a second writer is refused by name", "[storage]") {
  scratch_folder folder;
  auto s = open_store(folder.path / "store");
  const auto second = store::open(folder.path / "store");
  REQUIRE_FALSE(second);
  CHECK(second.error().code == error_code::store_locked);
}

TEST_CASE("a follower sees new commits after a refresh", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 2);
  store_options options;
  options.secondary = true;
  options.secondary_path = folder.path / "follower" / "1";
  auto follower = open_store(folder.path / "store", options);
  CHECK(follower->load("pilot").value().head.seq == 2);
  REQUIRE(commit_one(*s, run.next()));
  REQUIRE(follower->refresh());
  CHECK(follower->load("pilot").value().head.seq == 3);
  CHECK(commit_one(*follower, run.next()).error().code == error_code::wrong_state);
}

TEST_CASE("a snapshot opens read-only and stays as it was", "[storage]") {
  scratch_folder folder;
  test_run run("pilot");
  auto s = store_with(folder.path / "store", run, 3);
  const auto copy = folder.path / "snapshot";
  REQUIRE(s->snapshot(copy));
  CHECK(s->snapshot(copy).error().code == error_code::output_unwritable);
  REQUIRE(commit_one(*s, run.next()));
  store_options options;
  options.read_only = true;
  const auto before = contents(copy);
  {
    auto frozen = open_store(copy, options);
    CHECK(frozen->load("pilot").value().head.seq == 3);
    CHECK(frozen->snapshot(folder.path / "x").error().code == error_code::wrong_state);
  }
  CHECK(contents(copy) == before);
  CHECK(open_store(copy)->load("pilot").value().head.seq == 3);
}

TEST_CASE("heads and notes are stored as the library would dump them", "[storage]") {
  run_head head;
  head.seq = 3;
  head.hash = std::string(zero_hash);
  head.pause_reasons = {"control", "quota"};
  head.elapsed_ms = -1;
  head.epoch = 4;
  head.totals = {{"pauses", 1}};
  CHECK(head_text(head, 4) == dump(nlohmann::json(head)));
  CHECK(dump(nlohmann::json(nlohmann::json(head).get<run_head>())) == dump(nlohmann::json(head)));
  attempt_note note{1, 2, 3, 4, 5, 6, {{"a", 1}}};
  CHECK(note_text(note) == dump(nlohmann::json(note)));
  CHECK(note_text({}) == dump(nlohmann::json(attempt_note{})));
  CHECK(nlohmann::json(nlohmann::json(note).get<attempt_note>()) == nlohmann::json(note));
}
