// Everything that is refused before a run begins: one line that says why, the right exit code, nothing created (C29, C30).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <set>

using namespace longwave::tests;

namespace {

using words = std::vector<std::string>;

constexpr int done = 0, usage = 64, data = 65, unavailable = 69, cannot_create = 73, configuration = 78;

words with(words front, const words& more) {
  front.insert(front.end(), more.begin(), more.end());
  return front;
}

/// What a call of the binary said, stdout and stderr together, and how it ended.
struct answer {
  process_end end;
  std::string said;
};

answer ask(const words& args) {
  scratch_folder logs;
  const auto end = run(args, logs / "log", 60'000);
  return {end, read_file(logs / "log")};
}

std::string joined(const words& args) {
  std::string all;
  for (const auto& word : args) all += (all.empty() ? "" : " ") + word;
  return all;
}

/// Refused: the code, and nothing said but one line that begins with the program's name and holds `says`.
void check_refused(const words& args, int code, const std::string& says = "") {
  const auto got = ask(args);
  INFO("longwave " << joined(args) << "\n" << got.said);
  CHECK(got.end == process_end{code, 0});
  CHECK(std::count(got.said.begin(), got.said.end(), '\n') == 1);
  CHECK(got.said.rfind("longwave: ", 0) == 0);
  CHECK(got.said.find(says) != std::string::npos);
}

/// The folder's files with their bytes; the database's own notes of having been opened are not the user's.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> all;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator(); ++it) {
    if (it->path().filename() == ".longwave") {
      it.disable_recursion_pending();
      continue;
    }
    all[it->path().string()] = it->is_regular_file() ? read_file(it->path()) : "";
  }
  return all;
}

words small(const fs::path& output) {
  return {"broadcast",    "--dj", "julie",    "--seed",       "1", "--progress", "none",
          "--disk-floor", "0",    "--output", output.string()};
}

words small_stories(const fs::path& output) {
  return {"stories", "--seed", "1", "--progress", "none", "--disk-floor", "0", "--output", output.string()};
}

struct refusal {
  words args;
  int code;
  std::string says;
};

} // namespace

TEST_CASE("usage: numbers, words and combinations of a broadcast that cannot be used") {
  scratch_folder folder;
  const std::vector<refusal> refusals{
    {{}, usage, "--duration"},
    {{"--duration", "0"}, usage, "--duration 0"},
    {{"--duration", "-1"}, usage, "--duration -1"},
    {{"--duration", "two"}, usage, "--duration two"},
    {{"--duration", "1.5"}, usage, "--duration 1.5"},
    {{"--duration", "2h"}, usage, "--duration 2h"},
    {{"--duration", "2000001"}, usage, "2000000"},
    {{"--duration", "99999999999999999999"}, usage, "--duration"},
    {{"--duration="}, usage, "--duration"},
    {{"--duration", "2", "--days", "1"}, usage, "--days"},
    {{"--duration", "2", "--hours", "2"}, usage, ""},
    {{"--days", "0"}, usage, "--days 0"},
    {{"--days", "125001"}, usage, "--days"},
    {{"--duration", "2", "stray"}, usage, "stray"},
    {{"--seed", "1", "2", "--duration", "2"}, usage, "2"},
    {{"--duration", "2", "--no-such-flag"}, usage, "--no-such-flag"},
    {{"--duration", "2", "--max-stories", "3"}, usage, "--max-stories"},
    {{"--duration", "2", "--segments-per-hour", "0"}, usage, "--segments-per-hour"},
    {{"--duration", "2", "--segments-per-hour", "61"}, usage, "--segments-per-hour"},
    {{"--duration", "2", "--start-hour", "24"}, usage, "--start-hour"},
    {{"--duration", "2", "--start-hour", "-1"}, usage, "--start-hour"},
    {{"--duration", "2", "--start-date", "2102-13-01"}, usage, "--start-date"},
    {{"--duration", "2", "--start-date", "2102-02-29"}, usage, "--start-date"},
    {{"--duration", "2", "--start-date", "2102-2-1"}, usage, "YYYY-MM-DD"},
    {{"--duration", "2", "--enable-stories", "--disable-stories"}, usage, "contradict"},
    {{"--duration", "2", "--enable-validation", "--no-validation"}, usage, "contradict"},
    {{"--duration", "2", "--validation-mode", "strict"}, usage, "--validation-mode"},
    {{"--duration", "2", "--checkpoint-interval", "0"}, usage, "--checkpoint-interval"},
    {{"--duration", "2", "--max-attempts", "0"}, usage, "--max-attempts"},
    {{"--duration", "2", "--max-attempts", "21"}, usage, "--max-attempts"},
    {{"--duration", "2", "--call-timeout", "0"}, usage, "--call-timeout"},
    {{"--duration", "2", "--pause-grace", "-1"}, usage, "--pause-grace"},
    {{"--duration", "2", "--stall-after", "0"}, usage, "--stall-after"},
    {{"--duration", "2", "--on-failure-limit", "die"}, usage, "--on-failure-limit"},
    {{"--duration", "2", "--clock", "fast"}, usage, "--clock"},
    {{"--duration", "2", "--seed", "-1"}, usage, "--seed"},
    {{"--duration", "2", "--seed", "18446744073709551616"}, usage, "--seed"},
    {{"--duration", "2", "--run-id", "Pilot"}, usage, "--run-id"},
    {{"--duration", "2", "--run-id", "a/b"}, usage, "--run-id"},
    {{"--duration", "2", "--run-id", "."}, usage, "--run-id"},
    {{"--duration", "2", "--workers", "0"}, usage, "--workers"},
    {{"--duration", "2", "--workers", "65"}, usage, "--workers"},
    {{"--duration", "2", "--workers", "2x"}, usage, "--workers"},
    {{"--duration", "2", "--progress", "loud"}, usage, "--progress"},
    {{"--duration", "2", "--log-level", "trace"}, usage, "--log-level"},
    {{"--duration", "2", "--segment-files", "maybe"}, usage, "--segment-files"},
    {{"--duration", "2", "--disk-floor", "-1"}, usage, "--disk-floor"},
    {{"--duration", "2", "--listen", "nonsense"}, usage, "nonsense"},
    {{"--duration", "2", "--listen", "0.0.0.0:0"}, usage, "loopback"},
    {{"--duration", "2", "--backend", "parrot"}, usage, "--backend"},
    {{"--duration", "2", "--backend", "ollama"}, configuration, "--endpoint"},
    {{"--duration", "2", "--backend", "openai", "--endpoint", "http://127.0.0.1:1"}, configuration, "--model"},
    {{"--duration", "2", "--backend", "openai", "--endpoint", "ftp://host", "--model", "m"}, configuration, "http"},
    {{"--duration", "2", "--backend", "openai", "--endpoint", "http://127.0.0.1:1", "--model", "m", "--api-key-file",
      "/no/key"},
     configuration,
     "/no/key"},
    {{"--duration", "2", "--model", "m", "--endpoint", "http://127.0.0.1:1"}, configuration, "--backend"},
    {{"--duration", "2", "--backend", "openai", "--model", "m", "--endpoint", "http://localhost:1", "--endpoint", "http://LOCALHOST:1/v1"},
     configuration,
     "twice"},
    {{"--duration", "2", "--backend", "openai", "--model", "a\nb", "--endpoint", "http://127.0.0.1:1"}, configuration, "control characters"},
    {{"--duration", "2", "--price", "m input=1 output=2", "--price", "m input=2 output=2"}, usage, "already"},
    {{"--duration", "2", "--log-prompts", "/proc/none"}, cannot_create, "--log-prompts"},
    {{"--duration", "2", "--config", "/no/such.toml"}, configuration, "/no/such.toml"},
    {{"--duration", "2", "--fault-plan", "/no/plan"}, data, "/no/plan"},
    {{"--duration", "2", "--pack", "/no/pack"}, data, "/no/pack"},
    {{"--duration", "2", "--pack", "midnight"}, usage, "julie"},
  };
  for (const auto& r : refusals) check_refused(with(small(folder / "out"), r.args), r.code, r.says);
  CHECK(fs::is_empty(folder.path()));
  std::cout << "usage_test: " << refusals.size() << " broadcasts refused, nothing created\n";
}

TEST_CASE("usage: what was written where a key does not belong is not repeated") {
  scratch_folder folder;
  const words server{"--duration", "2", "--backend", "openai", "--model", "m"};
  write_file(folder / "pool.toml", "[[endpoint]]\nurl = \"http://127.0.0.1:1\"\napi-key = \"geheim\"\n");
  for (const auto& more : {words{"--endpoint", "http://127.0.0.1:1 api-key=geheim"}, words{"--endpoint", "http://127.0.0.1:1 geheim"},
                           words{"--endpoint", "http://user:geheim@127.0.0.1:1"}, words{"--config", folder / "pool.toml"}}) {
    const auto got = ask(with(with(small(folder / "out"), server), more));
    INFO(got.said);
    CHECK(got.end == process_end{configuration, 0});
    CHECK(std::count(got.said.begin(), got.said.end(), '\n') == 1);
    CHECK(got.said.find("geheim") == std::string::npos);
  }
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("usage: numbers and words of a story run that cannot be used") {
  scratch_folder folder;
  const std::vector<refusal> refusals{
    {{"--max-stories", "0"}, usage, "--max-stories 0"},
    {{"--max-stories", "-3"}, usage, "--max-stories -3"},
    {{"--max-stories", "three"}, usage, "--max-stories three"},
    {{"--max-stories", "1.5"}, usage, "--max-stories"},
    {{"--max-stories", "99999999999999999999"}, usage, "--max-stories"},
    {{"--duration-seconds", "0"}, usage, "--duration-seconds"},
    {{"--duration-seconds", "-5"}, usage, "--duration-seconds"},
    {{"--interval-seconds", "-1"}, usage, "--interval-seconds"},
    {{"--interval-seconds", "often"}, usage, "--interval-seconds"},
    {{"--target-length", "299"}, usage, "--target-length"},
    {{"--target-length", "10001"}, usage, "--target-length"},
    {{"--lang", "fr"}, usage, "--lang"},
    {{"--template", "T-NONE-000"}, usage, "T-SYS-001"},
    {{"--dj", "julie"}, usage, "--dj"},
    {{"--duration", "3"}, usage, "--duration"},
    {{"--pack", "appalachia"}, data, "skeletons"},
  };
  for (const auto& r : refusals) check_refused(with(small_stories(folder / "out"), r.args), r.code, r.says);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("usage: the other verbs refuse alike") {
  scratch_folder folder;
  const auto none = folder / "none";
  const std::vector<refusal> refusals{
    {{"dance"}, usage, "dance"},
    {{"status", none}, unavailable, "no run"},
    {{"pause", none}, unavailable, "no run"},
    {{"resume", none}, unavailable, "no run"},
    {{"stop", none}, unavailable, "no run"},
    {{"report", none}, unavailable, "no run"},
    {{"verify", none}, unavailable, "no run"},
    {{"inspect", none}, unavailable, "no run"},
    {{"status", "--no-such-flag"}, usage, "--no-such-flag"},
    {{"stop", none, "--mode", "hard"}, usage, "hard"},
    {{"export", none, "--format", "doc"}, usage, "doc"},
    {{"calendar", "--days", "0"}, usage, "--days"},
    {{"calendar", "--start-date", "someday"}, usage, "someday"},
    {{"validate", "script.txt"}, usage, "--dj"},
    {{"validate", "--dj", "julie", none}, data, "none"},
    {{"validate", "--dj", "nobody", none}, usage, "nobody"},
  };
  for (const auto& r : refusals) check_refused(r.args, r.code, r.says);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("usage: an unknown DJ is answered with the list of those there are") {
  scratch_folder folder;
  check_refused({"broadcast", "--dj", "nobody", "--duration", "2", "--output", folder / "out"}, usage,
                "Julie (2102, Appalachia)");
  check_refused({"broadcast", "--dj", "", "--duration", "2", "--output", folder / "out"}, usage);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("usage: a refusal with --json is one problem document") {
  scratch_folder folder;
  const auto got = ask({"broadcast", "--dj", "nobody", "--duration", "2", "--json", "--output", folder / "out"});
  INFO(got.said);
  CHECK(got.end == process_end{usage, 0});
  const auto problem = nlohmann::json::parse(got.said);
  CHECK(problem.at("code") == "unknown_dj");
  CHECK(problem.at("exit_code") == usage);
  CHECK(problem.at("detail").get<std::string>().find("Julie") != std::string::npos);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("usage: --help lists every flag with its default and touches nothing") {
  scratch_folder folder;
  const auto broadcast = ask({"broadcast", "--help", "--output", folder / "out"});
  CHECK(broadcast.end == process_end{done, 0});
  for (const char* part :
       {"--duration", "--days", "--max-attempts", "[3]", "--checkpoint-interval", "[1]", "--start-hour", "[6]",
        "--call-timeout", "[60]", "--backend", "[offline]", "--on-failure-limit", "[pause]", "--fault-plan"})
    CHECK(broadcast.said.find(part) != std::string::npos);
  const auto stories = ask({"stories", "--help"});
  CHECK(stories.end == process_end{done, 0});
  for (const char* part : {"--max-stories", "--duration-seconds", "--interval-seconds", "[0]", "--lang", "[en]"})
    CHECK(stories.said.find(part) != std::string::npos);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("usage: a configuration file is read, and refused when it says what no flag says") {
  scratch_folder folder;
  const auto file = folder / "run.toml";
  write_file(file, "duration = 3\nseed = 77\nenable-validation = true\n");
  REQUIRE(ask(with(small(folder / "good"), {"--config", file.string()})).end == process_end{done, 0});
  const auto status = nlohmann::json::parse(read_file(folder / "good/LIVE_STATUS.json"));
  CHECK(status.at("progress").at("segments_planned") == 3);
  CHECK(status.at("seed") == 1); // the flag wins over the file
  write_file(file, "duration = 3\nno-such-name = 1\n");
  check_refused(with(small(folder / "bad"), {"--config", file.string()}), configuration, "no-such-name");
  for (const char* second_line :
       {"duration = = 3", "duration", "duration = 3\nduration = 4", "[section]\nduration = 3", "duration = 3.5"}) {
    write_file(file, "seed = 77\n" + std::string(second_line) + "\n");
    check_refused(with(small(folder / "bad"), {"--config", file.string()}), configuration, "line");
  }
  CHECK_FALSE(fs::exists(folder / "bad"));
}

TEST_CASE("usage: an output that cannot be written is refused with 73") {
  scratch_folder folder;
  write_file(folder / "file", "a file, not a folder\n");
  check_refused(with(small(folder / "file"), {"--duration", "2"}), cannot_create, "file");
  check_refused(with(small(folder / "file/below"), {"--duration", "2"}), cannot_create, "file");
  if (::geteuid() != 0) { // root may write everywhere
    fs::create_directory(folder / "locked");
    fs::permissions(folder / "locked", fs::perms::owner_read | fs::perms::owner_exec);
    check_refused(with(small(folder / "locked/out"), {"--duration", "2"}), cannot_create, "locked");
  }
  CHECK(read_file(folder / "file") == "a file, not a folder\n");
}

TEST_CASE("usage: a folder with segments but without their store is not touched") {
  scratch_folder folder;
  fs::create_directory(folder / "out");
  write_file(folder / "out/segments.jsonl", "{}\n");
  const auto before = files_in(folder.path());
  check_refused(with(small(folder / "out"), {"--duration", "2"}), cannot_create, "segments.jsonl");
  check_refused(with(small(folder / "out"), {"--duration", "2", "--resume"}), cannot_create, "segments.jsonl");
  CHECK(files_in(folder.path()) == before);
  CHECK_FALSE(fs::exists(folder / "out/.longwave"));
}

TEST_CASE("usage: a fault plan is refused with 65, the line and what is wrong with it") {
  scratch_folder folder;
  const auto plan = folder / "plan.jsonl";
  const std::vector<std::pair<std::string, std::string>> faults{
    {"{\"segment\":\"x\",\"fault\":\"slow\"}", "\"segment\""},
    {"{\"fault\":\"earthquake\"}", "\"fault\" is unknown: \"earthquake\""},
    {"{\"fault\":\"crash:nobody\"}", "\"fault\" names no actor"},
    {"{\"fault\":\"crash\"}", "\"fault\" needs an actor"},
    {"{\"segment\":3}", "\"fault\" is missing"},
    {"{\"fault\":\"slow\",\"ms\":-1}", "\"ms\""},
    {"{\"fault\":\"slow\",\"sgement\":3}", "\"sgement\""},
    {"{\"fault\":\"slow\",\"segment\":\"9-5\"}", "\"segment\""},
    {"{\"fault\":\"slow\",\"probability\":2}", "\"probability\""},
    {"[1,2]", "must be a JSON object"},
    {"{\"fault\":", "no valid JSON"},
  };
  for (const auto& [line, says] : faults) {
    write_file(plan, "{\"segment\":1,\"fault\":\"slow\",\"ms\":1}\n\n" + line + "\n");
    check_refused(with(small(folder / "out"), {"--duration", "2", "--fault-plan", plan.string()}), data,
                  "line 3: " + says);
  }
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("usage: a pack is refused with 65, the file and the field") {
  scratch_folder folder;
  const fs::path source = fs::path(LONGWAVE_SOURCE_DIR) / "packs";
  const auto pack = folder / "packs/appalachia";
  fs::create_directory(folder / "packs");
  fs::copy(source, folder / "packs", fs::copy_options::recursive);
  const auto args = with(small(folder / "out"), {"--duration", "2", "--pack", pack.string()});
  const auto spoil = [&](const fs::path& file, const std::string& good, const std::string& bad) {
    const auto sound = read_file(pack / file);
    const auto at = sound.find(good);
    REQUIRE(at != std::string::npos);
    write_file(pack / file, std::string(sound).replace(at, good.size(), bad));
    check_refused(args, data, file.string());
    const auto said = ask(args).said;
    write_file(pack / file, sound);
    return said;
  };
  CHECK(spoil("profiles/julie.json", "\"temporal_cutoff_year\": 2102", "\"temporal_cutoff_year\": \"soon\"")
          .find("temporal_cutoff_year") != std::string::npos);
  CHECK(spoil("profiles/julie.json", "\"name\":", "\"nmae\":").find("nmae") != std::string::npos);
  CHECK(spoil("profiles/julie.json", "\"forbidden_factions\"", "\"forbidden_factoins\"").find("forbidden_factoins") !=
        std::string::npos);
  CHECK(spoil("pack.json", "\"format\": 1", "\"format\": 99").find("format") != std::string::npos);
  spoil("pack.json", "{", "");
  CHECK(spoil("pack.json", "profiles/julie.json", "profiles/nobody.json").find("nobody.json") != std::string::npos);
  fs::remove(pack / "pack.json");
  check_refused(args, data, "appalachia");
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE(
  "usage: a folder that holds a run is refused without --resume and unchanged with it once the run has finished") {
  scratch_folder folder;
  const auto output = folder / "out";
  const auto three = with(small(output), {"--duration", "3"});
  REQUIRE(ask(three).end == process_end{done, 0});
  const auto before = files_in(output);
  check_refused(three, cannot_create, "3 of 3");
  check_refused(small_stories(output), cannot_create, "--resume");

  for (int again = 0; again < 2; ++again) {
    const auto got = ask(with(three, {"--resume"}));
    INFO(got.said);
    CHECK(got.end == process_end{done, 0});
    CHECK(got.said.find("already complete") != std::string::npos);
  }
  const auto without_flags = ask({"broadcast", "--resume", "--output", output});
  CHECK(without_flags.end == process_end{done, 0});
  CHECK(files_in(output) == before);

  const std::vector<refusal> differences{
    {{"--seed", "2"}, cannot_create, "seed was 1 and is now 2"},
    {{"--start-hour", "7"}, cannot_create, "start_hour was 6 and is now 7"},
    {{"--segments-per-hour", "2"}, cannot_create, "segments_per_hour was 1 and is now 2"},
    {{"--enable-stories"}, cannot_create, "stories"},
    {{"--enable-validation"}, cannot_create, "validation"},
    {{"--max-attempts", "4"}, cannot_create, "max_attempts was 3 and is now 4"},
    {{"--start-date", "2102-01-01"}, cannot_create, "start_date was 2102-10-23 and is now 2102-01-01"},
    {{"--duration", "2"}, cannot_create, "duration was 3 and is now 2"},
    {{"--backend", "openai", "--model", "m", "--endpoint", "http://127.0.0.1:1"},
     cannot_create,
     "backend was offline and is now openai"},
    {{"--run-id", "other"}, cannot_create, "not other"},
  };
  for (const auto& d : differences) check_refused(with(with(three, {"--resume"}), d.args), d.code, d.says);
  check_refused(with(small_stories(output), {"--resume"}), cannot_create, "broadcast");
  CHECK(files_in(output) == before);

  REQUIRE(ask(with(small(output), {"--duration", "5", "--resume"})).end == process_end{done, 0});
  CHECK(read_lines(output / "segments.jsonl").size() == 5);
}

TEST_CASE("usage: a second engine on the same folder is refused and names the first") {
  scratch_folder folder;
  const auto output = folder / "out";
  write_file(folder / "hold.jsonl", "{\"segment\":2,\"fault\":\"slow\",\"ms\":600000}\n");
  auto held = with(small(output), {"--duration", "3", "--fault-plan", folder / "hold.jsonl"});
  held.insert(held.begin(), binary());
  process first(held, folder / "log");
  for (int turn = 0; turn < 2'000 && read_file(output / "segments.jsonl").empty(); ++turn)
    REQUIRE_FALSE(first.wait_for(10));
  const auto before = read_file(output / "segments.jsonl");
  REQUIRE_FALSE(before.empty());
  for (const words& more : {words{}, words{"--resume"}}) {
    const auto args = with(with(small(output), {"--duration", "3"}), more);
    check_refused(args, cannot_create, std::to_string(first.pid()));
  }
  check_refused({"repair", output, "--to", folder / "copy"}, cannot_create, std::to_string(first.pid()));
  CHECK(read_file(output / "segments.jsonl") == before);
  CHECK_FALSE(first.wait_for(0));
  first.send(SIGKILL);
  REQUIRE(first.wait_for(10'000));
  // A dead engine's lock and socket are in nobody's way.
  REQUIRE(ask(with(with(small(output), {"--duration", "3"}), {"--resume"})).end == process_end{done, 0});
  CHECK(read_lines(output / "segments.jsonl").size() == 3);
}
