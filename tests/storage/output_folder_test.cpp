// Tests of files in the output folder: atomic writes, the segment log, the engine lock, story files.
#include "storage/output_folder.hpp"

#include "storage/derived_files.hpp"
#include "store_test_data.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

using namespace longwave;
using namespace longwave::storage;
using namespace longwave::storage::testing;

namespace {

/// Real files, but the n-th call of all fails with an error of choice.
class failing_calls final : public file_calls {
public:
  explicit failing_calls(int fail_at, int error, bool short_write = false)
    : left_(fail_at), error_(error), short_write_(short_write) {}
  int open(const char* p, int f, unsigned m) override { return fail() ? -1 : system_file_calls().open(p, f, m); }
  long write(int fd, const void* b, std::size_t n) override {
    if (!fail()) return system_file_calls().write(fd, b, n);
    if (short_write_ && n > 1) return system_file_calls().write(fd, b, n / 2);
    return -1;
  }
  int sync(int fd) override { return fail() ? -1 : system_file_calls().sync(fd); }
  int close(int fd) override {
    const bool failed = fail();
    const int closed = system_file_calls().close(fd);
    if (failed) errno = error_;
    return failed ? -1 : closed;
  }
  int rename(const char* a, const char* b) override { return fail() ? -1 : system_file_calls().rename(a, b); }
  int truncate(int fd, std::int64_t n) override { return fail() ? -1 : system_file_calls().truncate(fd, n); }
  bool reached() const { return left_ <= 0; }

private:
  bool fail() {
    if (--left_ != 0) return false;
    errno = error_;
    return true;
  }
  int left_;
  int error_;
  bool short_write_;
};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

} // namespace

TEST_CASE("an atomic write that fails at any call leaves the old file and no temporary", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "LIVE_STATUS.json";
  REQUIRE(write_file_atomically(system_file_calls(), path, "old"));
  for (int n = 1;; ++n) {
    failing_calls calls(n, ENOSPC);
    const auto done = write_file_atomically(calls, path, "new");
    if (done) {
      CHECK_FALSE(calls.reached());
      break;
    }
    CHECK(done.error().code == error_code::disk_full);
    CHECK(read_all(path) == "old");
    CHECK(files_in(folder.path) == 1);
  }
  CHECK(read_all(path) == "new");
}

TEST_CASE("a durable write makes missing folders and reports a failed flush", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "segments" / "day001" / "x.md";
  REQUIRE(write_file_atomically(system_file_calls(), path, "text", true));
  CHECK(read_all(path) == "text");
  failing_calls calls(3, EIO); // open, write, flush
  const auto done = write_file_atomically(calls, path, "other", true);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == error_code::io_failed);
  CHECK(read_all(path) == "text");
}

TEST_CASE("the segment log cuts a torn line and appends whole ones", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "segments.jsonl";
  write_all(path, "{\"seq\":1,\"hash\":\"a\"}\n{\"seq\":2,\"ha");
  auto log = segment_log::open(system_file_calls(), path);
  REQUIRE(log);
  CHECK(log.value()->size() == 21);
  REQUIRE(log.value()->append({"{\"seq\":2,\"hash\":\"b\"}", "{\"seq\":3,\"hash\":\"c\"}"}));
  REQUIRE(log.value()->sync());
  CHECK(log.value()->size() == 63);
  CHECK(read_all(path).size() == 63);
  const auto tail = read_log_tail(path);
  REQUIRE(tail);
  CHECK(tail.value().seq == 3);
  CHECK(tail.value().hash == "c");
  CHECK(tail.value().complete_bytes == 63);
}

TEST_CASE("a log append that fails leaves all lines or none", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "segments.jsonl";
  write_all(path, "{\"seq\":1,\"hash\":\"a\"}\n");
  const auto before = read_all(path);
  SECTION("refused") {
    failing_calls calls(2, ENOSPC);
    auto log = segment_log::open(calls, path);
    const auto done = log.value()->append({"line"});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == error_code::disk_full);
    CHECK(read_all(path) == before);
    REQUIRE(log.value()->append({"line"}));
    CHECK(read_all(path) == before + "line\n");
  }
  SECTION("short") {
    failing_calls calls(2, ENOSPC, true);
    auto log = segment_log::open(calls, path);
    CHECK(log.value()->append({"a longer line"}).error().code == error_code::disk_full);
    CHECK(read_all(path) == before);
    REQUIRE(log.value()->append({"line"}));
    CHECK(read_all(path) == before + "line\n");
  }
}

TEST_CASE("the tail of any log is found from its end", "[storage]") {
  scratch_folder folder;
  const auto path = folder.path / "segments.jsonl";
  CHECK(read_log_tail(path).value().seq == 0);
  write_all(path, "");
  CHECK(read_log_tail(path).value().seq == 0);
  write_all(path, "torn only");
  CHECK(read_log_tail(path).value().complete_bytes == 0);
  const auto line = [](int seq, std::size_t text) {
    return "{\"hash\":\"h\",\"seq\":" + std::to_string(seq) + ",\"text\":\"" + std::string(text, 'x') + "\"}\n";
  };
  for (const std::size_t text : {0ul, 65000ul, 65536ul, 200000ul, 1000000ul}) {
    write_all(path, line(1, text) + line(2, text) + "torn" + std::string(text, 'y'));
    const auto tail = read_log_tail(path);
    REQUIRE(tail);
    CHECK(tail.value().seq == 2);
    CHECK(tail.value().complete_bytes == 2 * line(1, text).size());
  }
  for (const auto* bad : {"nonsense\n", "{\"seq\":-1,\"hash\":\"h\"}\n", "{\"seq\":1}\n", "\n", "[]\n"}) {
    write_all(path, bad);
    REQUIRE_FALSE(read_log_tail(path));
    CHECK(read_log_tail(path).error().code == error_code::store_damaged);
  }
  write_all(path, line(1, 2 << 20));
  CHECK(read_log_tail(path).error().code == error_code::store_damaged);
}

TEST_CASE("one engine a folder, named by its pid", "[storage]") {
  scratch_folder folder;
  const auto data = folder.path / ".longwave";
  CHECK(engine_lock::holder(data) == 0);
  {
    auto lock = engine_lock::take(data);
    REQUIRE(lock);
    CHECK(engine_lock::holder(data) == ::getpid());
    const auto second = engine_lock::take(data);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == error_code::store_locked);
    CHECK(second.error().why.find(std::to_string(::getpid())) != std::string::npos);
    CHECK(engine_lock::holder(data) == ::getpid());
  }
  CHECK(engine_lock::holder(data) == 0);
  CHECK(engine_lock::take(data));
}

TEST_CASE("names and texts of segment files", "[storage]") {
  segment_record r;
  r.type = "weather";
  r.position = {1, 6, 1, "2102-10-23"};
  r.text = "Rain.";
  CHECK(segment_file_name(r) == "segments/day001/h06-1-weather.md");
  CHECK(segment_file_text(r) == "# Day 1, 06:00 - weather\n\nRain.\n");
  CHECK(story_file_stem("2000-01-02T03:04:05.678901Z", 7) == "horror_story_20000102_030405_0007");
  CHECK(story_file_stem("", 12345) == "horror_story_00000000_000000_12345");
}

TEST_CASE("front matter quotes whatever a title or text holds", "[storage]") {
  segment_record r;
  r.seq = 1;
  r.text = "# The \"door\": a\\b\nFirst line\twith\x1b[31m red.\n\nSecond.";
  r.accepted_at = "2000-01-01T00:00:00.000000Z";
  r.variety.topics = {"doors", "horror"};
  const auto text = story_file_text(r, "", "some: model", 0.8);
  CHECK(text.starts_with("---\ntitle: \"The \\\"door\\\": a\\\\b\"\ndate: \"2000-01-01T00:00:00.000000Z\"\n"));
  CHECK(text.find("description: \"First line with\\x1B[31m red. Second.\"\n") != std::string::npos);
  CHECK(text.find("  - \"doors\"\n") != std::string::npos);
  CHECK(text.find("model: \"some: model\"\ntemperature: 0.8\ndraft: false\n---\n\n# The") != std::string::npos);
  r.text.clear();
  for (int i = 0; i < 300; ++i) r.text += "\xea\xb0\x80";
  const auto korean = story_file_text(r, "", "m", 1);
  CHECK(korean.find("wordCount: 300\n") != std::string::npos);
  const auto begin = korean.find("description: \"") + 14;
  CHECK(korean.find('"', begin) - begin == 600);
}

TEST_CASE("story metadata keeps what it is given and adds what it knows", "[storage]") {
  segment_record r;
  r.seq = 2;
  r.text = "# T\nBody";
  r.accepted_at = "2000-01-01T00:00:00Z";
  r.usage = token_usage{1, 2};
  const auto given = R"({"model":"m","skeleton_template":{"template_id":"t"}})";
  const auto j = nlohmann::json::parse(story_metadata_text(r, given));
  CHECK(j["model"] == "m");
  CHECK(j["skeleton_template"]["template_id"] == "t");
  CHECK(j["title"] == "T");
  CHECK(j["usage"]["total_tokens"] == 3);
  CHECK(j["id"] == "horror_story_20000101_000000_0002");
  r.usage.reset();
  CHECK(nlohmann::json::parse(story_metadata_text(r, "not json"))["usage"].is_null());
}

TEST_CASE("derived files follow kind, status and switches", "[storage]") {
  auto config = test_config("a");
  segment_record r;
  r.seq = 1;
  r.type = "news";
  r.text = "x";
  CHECK(derived_files(config, r).size() == 1);
  config.segment_files = false;
  CHECK(derived_files(config, r).empty());
  config.kind = run_kind::stories;
  const auto pair = derived_files(config, r);
  REQUIRE(pair.size() == 2);
  CHECK(pair[0].path.string().ends_with("_metadata.json"));
  CHECK(pair[1].path.extension() == ".md");
  CHECK(derived_files(config, r, [](const auto&, const auto&) { return "{}"; })[0].content == "{}");
  r.status = record_status::skipped;
  CHECK(derived_files(config, r).empty());
}

TEST_CASE("free space is told for folders that exist", "[storage]") {
  CHECK(free_bytes("/").value() > 0);
  CHECK_FALSE(free_bytes("/no/such/folder"));
}
