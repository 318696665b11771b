// What a person does with a folder that was damaged or moved, by the real binary: start, verify, repair, and go on.
// Found on the way: `verify` on a store whose log was emptied ended with 69; a refused start renewed MANIFEST, OPTIONS
// and LOG; a moved folder was taken for one without its store; `repair` wrote plain metadata for stories.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace longwave::tests;

namespace {

std::vector<std::string> hours(const fs::path& output, int count) {
  return {"broadcast", "--dj", "julie", "--duration", std::to_string(count), "--seed", "8", "--progress", "none",
          "--disk-floor", "0", "--output", output.string(), "--resume"};
}

fs::path newest_log(const fs::path& output) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(output / ".longwave/store"))
    if (entry.path().extension() == ".log" && entry.path() > newest) newest = entry.path();
  return newest;
}

std::map<std::string, std::string> everything(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "engine.lock") files[entry.path().string()] = read_file(entry.path());
  return files;
}

} // namespace

TEST_CASE("damage: an emptied log of the store is refused with 74, by verify too, and repaired from segments.jsonl") {
  scratch_folder folder;
  const auto output = folder / "run";
  REQUIRE(run(hours(output, 6), folder / "log") == process_end{0, 0});
  write_file(newest_log(output), "");
  const auto before = everything(output);
  CHECK(run({"verify", output.string()}, folder / "verify") == process_end{74, 0});
  CHECK(run(hours(output, 8), folder / "start") == process_end{74, 0});
  CHECK(read_file(folder / "start").find("longwave repair") != std::string::npos);
  CHECK(everything(output) == before);
  const auto saved = folder / "saved";
  CHECK(run({"repair", output.string(), "--to", saved.string()}, folder / "repair") == process_end{0, 0});
  CHECK(identity_of(saved) == identity_of(output));
  CHECK(run({"verify", saved.string()}, folder / "verify2") == process_end{0, 0});
}

TEST_CASE("damage: a flipped bit in the store's log is refused, named, and repaired to the longest sound prefix") {
  scratch_folder folder;
  const auto output = folder / "run";
  REQUIRE(run(hours(output, 6), folder / "log") == process_end{0, 0});
  const auto log = newest_log(output);
  auto bytes = read_file(log);
  bytes[bytes.size() / 2] ^= 4;
  write_file(log, bytes);
  const auto before = everything(output);
  CHECK(run(hours(output, 8), folder / "start") == process_end{74, 0});
  CHECK(run({"verify", output.string()}, folder / "verify") == process_end{74, 0});
  CHECK(everything(output) == before);
  const auto saved = folder / "saved";
  CHECK(run({"repair", output.string(), "--to", saved.string()}, folder / "repair") == process_end{0, 0});
  CHECK(read_file(folder / "repair").find("kept") != std::string::npos);
  CHECK(run({"verify", saved.string()}, folder / "verify2") == process_end{0, 0});
}

TEST_CASE("damage: a segments.jsonl that is ahead of the store is refused and nothing is changed") {
  scratch_folder folder;
  const auto output = folder / "run";
  REQUIRE(run(hours(output, 6), folder / "log") == process_end{0, 0});
  auto text = read_file(output / "segments.jsonl");
  const auto last = text.rfind("\"seq\":6");
  REQUIRE(last != std::string::npos);
  text[last + 6] = '7';
  write_file(output / "segments.jsonl", text);
  const auto before = everything(output);
  CHECK(run(hours(output, 8), folder / "start") == process_end{74, 0});
  CHECK(everything(output) == before);
}

TEST_CASE("moved folder: status, verify, report and --resume work where it lies now") {
  scratch_folder folder;
  const auto there = folder / "there";
  REQUIRE(run(hours(there, 8), folder / "log") == process_end{0, 0});
  REQUIRE(run(hours(folder / "here", 6), folder / "log") == process_end{0, 0});
  const auto moved = folder / "moved";
  fs::rename(folder / "here", moved);
  CHECK(run({"status", moved.string()}, folder / "status") == process_end{0, 0});
  CHECK(run({"verify", moved.string()}, folder / "verify") == process_end{0, 0});
  CHECK(run({"report", moved.string()}, folder / "report").exit_code <= 11);
  REQUIRE(run(hours(moved, 8), folder / "resume") == process_end{0, 0});
  CHECK_FALSE(fs::exists(folder / "here"));
  CHECK(identity_of(moved) == identity_of(there));
  CHECK(run({"verify", moved.string()}, folder / "verify") == process_end{0, 0});
}

TEST_CASE("repair: the pair of a story is written as publishing wrote it") {
  scratch_folder folder;
  const auto output = folder / "run", saved = folder / "saved";
  REQUIRE(run({"stories", "--max-stories", "2", "--seed", "3", "--clock", "virtual", "--progress", "none", "--disk-floor",
               "0", "--output", output.string()},
              folder / "log") == process_end{0, 0});
  REQUIRE(run({"repair", output.string(), "--to", saved.string()}, folder / "repair") == process_end{0, 0});
  std::size_t pairs = 0;
  for (const auto& entry : fs::directory_iterator(output)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("horror_story_") || !entry.is_regular_file()) continue;
    ++pairs;
    CHECK(read_file(saved / name) == read_file(entry.path()));
  }
  CHECK(pairs == 4);
  CHECK(run({"verify", saved.string()}, folder / "verify") == process_end{0, 0});
}
