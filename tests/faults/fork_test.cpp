// Forks, retries, garbage and reviews by the real binary: the original keeps every byte, the fork becomes the original.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace longwave::tests;

namespace {

std::vector<std::string> broadcast(const fs::path& output, int hours, std::vector<std::string> more = {}) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", std::to_string(hours), "--seed", "8",
                                "--enable-stories", "--enable-validation", "--progress", "none", "--disk-floor", "0",
                                "--output", output.string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::map<std::string, std::string> everything(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = read_file(entry.path());
  return files;
}

nlohmann::json answer_of(std::vector<std::string> args, const fs::path& log, int exit_code = 0) {
  fs::remove(log);
  REQUIRE(run(std::move(args), log) == process_end{exit_code, 0});
  return nlohmann::json::parse(read_file(log));
}

} // namespace

TEST_CASE("fork: at every kept checkpoint the fork is sound, becomes the original, and the original keeps every byte") {
  scratch_folder folder;
  const auto output = folder / "original";
  REQUIRE(run(broadcast(output, 48), folder / "log") == process_end{0, 0});
  const auto before = everything(output);
  REQUIRE(run({"inspect", output.string(), "checkpoints", "--json"}, folder / "checkpoints") == process_end{0, 0});
  const auto checkpoints = read_lines(folder / "checkpoints");
  REQUIRE(checkpoints.size() > 20);
  int forks = 0;
  for (std::size_t i = 0; i < checkpoints.size(); i += 7) {
    const auto id = checkpoints[i]["id"].get<std::string>();
    INFO(id);
    const auto to = folder / ("fork-" + std::to_string(i));
    const auto said = answer_of({"fork", output.string(), "--at", id, "--to", to.string(), "--json"}, folder / "fork");
    CHECK(said["seq"] == checkpoints[i]["seq"]);
    CHECK(run({"verify", to.string()}, folder / "verify") == process_end{0, 0});
    CHECK(run(broadcast(to, 48, {"--resume"}), folder / "resume") == process_end{0, 0});
    CHECK((identity_of(to) == identity_of(output)));
    CHECK(run({"verify", to.string()}, folder / "verify") == process_end{0, 0});
    ++forks;
  }
  CHECK((everything(output) == before));
  std::printf("fork_test: %d forks became their original\n", forks);
}

TEST_CASE("fork: of a story run on the virtual clock every byte of the output is the same, names and dates too") {
  scratch_folder folder;
  const auto output = folder / "tales";
  const auto stories = [&](const fs::path& to) {
    return std::vector<std::string>{"stories", "--max-stories", "12", "--interval-seconds", "60", "--clock", "virtual",
                                    "--seed", "3", "--progress", "none", "--disk-floor", "0", "--run-id", "tales",
                                    "--output", to.string(), "--resume"};
  };
  REQUIRE(run(stories(output), folder / "log") == process_end{0, 0});
  REQUIRE(run({"fork", output.string(), "--at", "5", "--to", (folder / "fork").string()}, folder / "log") == process_end{0, 0});
  REQUIRE(run(stories(folder / "fork"), folder / "log") == process_end{0, 0});
  CHECK(read_file(folder / "fork" / "segments.jsonl") == read_file(output / "segments.jsonl"));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(output)) {
    const auto name = entry.path().filename().string();
    if (name.rfind("horror_story_", 0) != 0) continue;
    CHECK(read_file(entry.path()) == read_file(folder / "fork" / name));
    ++files;
  }
  CHECK(files == 24);
}

TEST_CASE("fork: beside a living engine and from a snapshot") {
  scratch_folder folder;
  const auto output = folder / "live";
  write_file(folder / "plan", "{\"fault\":\"slow\",\"ms\":20}\n");
  process engine([&] {
    auto args = broadcast(output, 480, {"--fault-plan", (folder / "plan").string()});
    args.insert(args.begin(), binary());
    return args;
  }(), folder / "log");
  // The engine keeps its newest 24 checkpoints only and does not wait: each try takes the newest there is.
  const auto newest = [&](std::vector<std::string> of) -> std::int64_t {
    of.insert(of.begin(), "inspect");
    of.insert(of.end(), {"checkpoints", "--json"});
    fs::remove(folder / "list");
    if (run(std::move(of), folder / "list") != process_end{0, 0}) return 0;
    const auto kept = read_lines(folder / "list");
    return kept.empty() ? 0 : kept.back()["seq"].get<std::int64_t>();
  };
  process_end forked{69, 0};
  for (int i = 0; i < 300 && forked != process_end{0, 0}; ++i)
    if (const auto seq = newest({output.string()}); seq >= 20)
      forked = run({"fork", output.string(), "--at", std::to_string(seq), "--to", (folder / "fork").string()}, folder / "fork.log");
  CHECK(forked == process_end{0, 0});
  CHECK(run({"snapshot", output.string(), "--to", (folder / "snap").string()}, folder / "log2") == process_end{0, 0});
  const auto seq = newest({"--snapshot", (folder / "snap").string()});
  CHECK(seq >= 20);
  CHECK(run({"fork", "--snapshot", (folder / "snap").string(), "--at", std::to_string(seq), "--to", (folder / "other").string()},
            folder / "log2") == process_end{0, 0});
  engine.send(SIGTERM);
  REQUIRE(engine.wait_for(60'000) == process_end{0, 0});
  CHECK(run({"verify", (folder / "fork").string()}, folder / "log2") == process_end{0, 0});
  CHECK(run({"verify", (folder / "other").string()}, folder / "log2") == process_end{0, 0});
  // The snapshot is the younger one; all three begin alike.
  CHECK((identity_of(folder / "other").rfind(identity_of(folder / "fork"), 0) == 0));
  CHECK((identity_of(output).rfind(identity_of(folder / "other"), 0) == 0));
}

TEST_CASE("retry: a skipped segment is tried again in a fork without the fault plan, and its run stays as it was") {
  scratch_folder folder;
  const auto output = folder / "original";
  write_file(folder / "plan", "{\"segment\":5,\"fault\":\"http500\"}\n");
  REQUIRE(run(broadcast(output, 16, {"--clock", "virtual", "--fault-plan", (folder / "plan").string()}), folder / "log") ==
          process_end{11, 0}); // 15 of 16 are below the line
  const auto before = everything(output);
  const auto to = folder / "again";
  const auto said = answer_of({"retry", output.string(), "--segment", "5", "--to", to.string(), "--json"}, folder / "retry");
  CHECK(said["seq"] == 4);
  CHECK(said["left_behind"] == 12);
  REQUIRE(run(broadcast(to, 16, {"--resume"}), folder / "log") == process_end{0, 0});
  const auto lines = read_lines(to / "segments.jsonl");
  REQUIRE(lines.size() == 16);
  CHECK(lines[4]["status"] == "accepted");
  const auto report = answer_of({"report", to.string(), "--json"}, folder / "report");
  CHECK(report["review"]["continuity"] == std::vector<int>{5, 6, 7, 8, 9, 10, 11, 12, 13, 14});
  CHECK((everything(output) == before));
}

TEST_CASE("fork and retry: what cannot be done leaves nothing behind") {
  scratch_folder folder;
  const auto output = folder / "original";
  REQUIRE(run(broadcast(output, 4), folder / "log") == process_end{0, 0});
  const auto before = everything(folder.path());
  const auto to = (folder / "to").string();
  CHECK(run({"fork", output.string(), "--at", "5", "--to", to}, "/dev/null") == process_end{69, 0});
  CHECK(run({"fork", output.string(), "--at", "no-such", "--to", to}, "/dev/null") == process_end{69, 0});
  CHECK(run({"fork", output.string(), "--at", "2"}, "/dev/null") == process_end{64, 0});
  CHECK(run({"fork", output.string(), "--at", "2", "--to", output.string()}, "/dev/null") == process_end{73, 0});
  CHECK(run({"fork", output.string(), "--at", "2", "--to", "/proc/no"}, "/dev/null").exit_code >= 73);
  CHECK(run({"retry", output.string(), "--segment", "0", "--to", to}, "/dev/null") == process_end{64, 0});
  CHECK(run({"retry", output.string(), "--segment", "5", "--to", to}, "/dev/null") == process_end{69, 0});
  CHECK((everything(folder.path()) == before));
}

TEST_CASE("gc: a dry run changes nothing, a real one frees what nobody needs, and the run goes on") {
  scratch_folder folder;
  const auto output = folder / "run";
  REQUIRE(run(broadcast(output, 180), folder / "log") == process_end{0, 0});
  write_file(output / ".segments.jsonl.77.tmp", "half");
  write_file(output / "segments/day001/h06-9-gossip.md", "of no record");
  write_file(output / "segments/day001/my notes.md", "mine");
  fs::create_directories(output / ".longwave/snapshots");
  REQUIRE(run({"snapshot", output.string()}, folder / "log") == process_end{0, 0});
  const auto before = everything(output);
  const auto twin = folder / "twin";
  fs::copy(output, twin, fs::copy_options::recursive);
  const auto planned = answer_of({"gc", output.string(), "--dry-run", "--json"}, folder / "dry");
  CHECK((everything(output) == before));
  CHECK(planned["by_kind"]["temporary"]["count"] == 1);
  CHECK(planned["by_kind"]["orphaned_file"]["count"] == 1);
  CHECK(planned["by_kind"]["state_version"]["count"] > 0);
  CHECK(planned["kept"]["snapshots"]["count"] == 1);
  const auto done = answer_of({"gc", output.string(), "--json"}, folder / "gc");
  CHECK(done["by_kind"] == planned["by_kind"]);
  CHECK(done["store_bytes_after"] < done["store_bytes_before"]);
  CHECK_FALSE(fs::exists(output / ".segments.jsonl.77.tmp"));
  CHECK_FALSE(fs::exists(output / "segments/day001/h06-9-gossip.md"));
  CHECK(fs::exists(output / "segments/day001/my notes.md"));
  CHECK(answer_of({"gc", output.string(), "--json"}, folder / "gc")["by_kind"].empty());
  CHECK(run({"verify", output.string()}, folder / "log") == process_end{0, 0});
  REQUIRE(run(broadcast(output, 190, {"--resume"}), folder / "log") == process_end{0, 0});
  REQUIRE(run(broadcast(twin, 190, {"--resume"}), folder / "log") == process_end{0, 0});
  CHECK((identity_of(output) == identity_of(twin)));
}

TEST_CASE("gc: with several runs in one store no run's files are judged by another's records") {
  scratch_folder folder;
  const auto data = (folder / "data").string();
  REQUIRE(run(broadcast(folder / "a", 6, {"--data-dir", data}), folder / "log") == process_end{0, 0});
  REQUIRE(run(broadcast(folder / "b", 2, {"--data-dir", data}), folder / "log") == process_end{0, 0});
  const auto a = everything(folder / "a"), b = everything(folder / "b");
  REQUIRE(run({"gc", (folder / "a").string()}, folder / "log") == process_end{0, 0});
  REQUIRE(run({"gc", (folder / "b").string()}, folder / "log") == process_end{0, 0});
  CHECK(everything(folder / "a") == a);
  CHECK(everything(folder / "b") == b);
  CHECK(run({"verify", (folder / "a").string()}, folder / "log") == process_end{0, 0});
}

TEST_CASE("review: flags record durably, the report counts them, and the folders hold every accepted segment") {
  scratch_folder folder;
  const auto output = folder / "run";
  REQUIRE(run(broadcast(output, 16), folder / "log") == process_end{0, 0});
  CHECK(read_lines(output / "review/index.jsonl").size() == 16);
  for (const auto* name : {"approved", "rejected", "review/quality", "review/voice", "review/lore", "review/pacing", "review/format"})
    CHECK(fs::is_directory(output / "review" / name));
  const auto listed = answer_of({"review", output.string(), "--json"}, folder / "list");
  REQUIRE(listed["items"].size() == 10);
  const auto report = answer_of({"report", output.string(), "--json"}, folder / "report");
  std::vector<int> sample;
  for (const auto& item : listed["items"]) sample.push_back(item["seq"]);
  CHECK(report["review_sample"] == sample);
  CHECK(report["totals"]["reviewed"] == 0);
  const auto first = std::to_string(sample[0]), second = std::to_string(sample[1]);
  REQUIRE(run({"review", output.string(), "--approve", first, "--reject", second, "--issue", "voice", "--note", "flat"},
              folder / "log") == process_end{0, 0});
  // All or nothing: 17 does not exist.
  CHECK(run({"review", output.string(), "--approve", "3,17"}, "/dev/null") == process_end{69, 0});
  CHECK(run({"review", output.string(), "--reject", "3", "--issue", "looks"}, "/dev/null") == process_end{64, 0});
  const auto after = answer_of({"report", output.string(), "--json"}, folder / "report");
  CHECK(after["totals"]["reviewed"] == 2);
  CHECK(after["totals"]["review_approved"] == 1);
  CHECK(after["review"]["sample_reviewed"] == 2);
  CHECK(after["review"]["by_issue"]["voice"] == 1);
  CHECK(read_lines(output / "reviews.jsonl").size() == 2);
  CHECK(run({"verify", output.string()}, folder / "log") == process_end{0, 0});
  // What a person said cannot be made again: a backup holds it.
  const auto backup = folder / "backup", back = folder / "back";
  REQUIRE(run({"backup", output.string(), "--to", backup.string()}, folder / "log") == process_end{0, 0});
  REQUIRE(run({"restore", backup.string(), "--to", back.string()}, folder / "log") == process_end{0, 0});
  CHECK(read_file(back / "reviews.jsonl") == read_file(output / "reviews.jsonl"));
  CHECK(answer_of({"report", back.string(), "--json"}, folder / "report")["totals"]["reviewed"] == 2);
}
