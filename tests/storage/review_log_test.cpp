// reviews.jsonl: what was said stays said, half lines go, lines of nobody are counted, writers do not mix.
#include "storage/review_log.hpp"

#include "store_test_data.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <thread>

using namespace longwave;
using namespace longwave::storage;
using storage::testing::scratch_folder;

namespace {

review_verdict said_of(std::uint64_t seq, bool approved = true) {
  review_verdict v;
  v.run_id = "pilot";
  v.seq = seq;
  v.hash = "h" + std::to_string(seq);
  v.approved = approved;
  v.note = "one\ntwo \x1b[31m";
  v.at = "2026-01-31T12:00:00.000000Z";
  return v;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("reviews: a later verdict replaces an earlier one, and nothing is rewritten", "[review]") {
  scratch_folder folder;
  CHECK(read_reviews(folder.path).value().verdicts.empty());
  REQUIRE(append_reviews(system_file_calls(), folder.path, {said_of(1), said_of(2)}));
  const auto before = bytes_of(review_path(folder.path));
  REQUIRE(append_reviews(system_file_calls(), folder.path, {said_of(1, false)}));
  CHECK(bytes_of(review_path(folder.path)).rfind(before, 0) == 0);
  const auto read = read_reviews(folder.path).value();
  CHECK(read.verdicts.size() == 3);
  const auto latest = read.latest("pilot");
  REQUIRE(latest.size() == 2);
  CHECK_FALSE(latest.at(1).approved);
  CHECK(latest.at(2).note == "one\ntwo \x1b[31m");
  CHECK(read.latest("another").empty());
}

TEST_CASE("reviews: a half line is not there and is cut, a line that is no verdict is counted", "[review]") {
  scratch_folder folder;
  REQUIRE(append_reviews(system_file_calls(), folder.path, {said_of(1)}));
  std::ofstream(review_path(folder.path), std::ios::app) << "nonsense\n{\"seq\":-1}\n{\"run_id\":\"pilot\",\"se";
  const auto torn = read_reviews(folder.path).value();
  CHECK(torn.verdicts.size() == 1);
  CHECK(torn.unreadable == 2);
  REQUIRE(append_reviews(system_file_calls(), folder.path, {said_of(2)}));
  const auto healed = read_reviews(folder.path).value();
  CHECK(healed.verdicts.size() == 2);
  CHECK(healed.unreadable == 2);
}

TEST_CASE("reviews: writers at the same time lose nothing", "[review]") {
  scratch_folder folder;
  std::vector<std::thread> writers;
  for (std::uint64_t w = 0; w < 4; ++w)
    writers.emplace_back([&, w] {
      for (std::uint64_t i = 1; i <= 20; ++i)
        if (!append_reviews(system_file_calls(), folder.path, {said_of(w * 100 + i)})) std::abort();
    });
  for (auto& writer : writers) writer.join();
  const auto read = read_reviews(folder.path).value();
  CHECK(read.latest("pilot").size() == 80);
  CHECK(read.unreadable == 0);
}

TEST_CASE("reviews: a disk that refuses leaves none of the lines", "[review]") {
  /// The real calls, of which one write stops half way.
  class full_disk final : public file_calls {
  public:
    int open(const char* path, int flags, unsigned mode) override { return real.open(path, flags, mode); }
    long write(int fd, const void* bytes, std::size_t count) override {
      if (writes++ == 0) return real.write(fd, bytes, count / 2);
      errno = ENOSPC;
      return -1;
    }
    int sync(int fd) override { return real.sync(fd); }
    int close(int fd) override { return real.close(fd); }
    int rename(const char* from, const char* to) override { return real.rename(from, to); }
    int truncate(int fd, std::int64_t length) override { return real.truncate(fd, length); }
    file_calls& real = system_file_calls();
    int writes = 0;
  };
  scratch_folder folder;
  REQUIRE(append_reviews(system_file_calls(), folder.path, {said_of(1)}));
  const auto before = bytes_of(review_path(folder.path));
  full_disk disk;
  const auto refused = append_reviews(disk, folder.path, {said_of(2), said_of(3)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::disk_full);
  CHECK(bytes_of(review_path(folder.path)) == before);
}
