// Odd words on the command line and odd files, with the real binary: one clear line, the right exit code, nothing made.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace longwave::tests;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

constexpr process_end done{0, 0}, bad_usage{64, 0}, bad_data{65, 0}, taken{73, 0};

/// What a call said on stdout and stderr together, and how it ended.
struct answer {
  process_end end;
  std::string said;
};

answer ask(const words& args) {
  scratch_folder logs;
  const auto end = run(args, logs / "log");
  return {end, read_file(logs / "log")};
}

bool says(const answer& a, const std::string& part) { return a.said.find(part) != std::string::npos; }

/// A short run that has ended, in a folder of this name.
std::string short_run(const scratch_folder& folder, const std::string& name) {
  const auto output = (folder / name).string();
  REQUIRE(run({"broadcast", "--dj", "julie", "--duration", "4", "--seed", "3", "--clock", "virtual", "--progress", "none", "--disk-floor", "0",
               "--skip-preflight", "--output", output},
              folder / (name + ".log")) == done);
  return output;
}

/// A starter pack with one of its files changed.
template <class Change>
fs::path pack_with(const scratch_folder& folder, const std::string& file, const Change& change) {
  const auto pack = folder / "world";
  fs::remove_all(pack);
  REQUIRE(ask({"packs", "new", pack.string()}).end == done);
  auto document = json::parse(read_file(pack / file));
  change(document);
  write_file(pack / file, document.dump());
  return pack;
}

} // namespace

TEST_CASE("packs check: a grammar that would stop in the middle of a run is a fault, with the rule and the fact") {
  const scratch_folder folder;
  auto pack = pack_with(folder, "grammar/en.json", [](json& g) { g["rules"]["hello"] = {"{no.such.fact}"}; });
  auto got = ask({"packs", "check", pack.string()});
  INFO(got.said);
  CHECK(got.end == bad_data);
  CHECK(says(got, "there is no fact no.such.fact"));
  CHECK(says(got, "no alternative of rule hello fits"));
  pack = pack_with(folder, "grammar/en.json", [](json& g) { g["rules"]["hello"] = json::parse(R"([{"text": "Hi.", "when": {"dj": "Somebody Else"}}])"); });
  got = ask({"packs", "check", pack.string()});
  CHECK(got.end == bad_data);
  CHECK(says(got, "no alternative of rule hello fits (Robin (2150, Tarrow), "));
}

TEST_CASE("packs check: a date that no calendar has and a shortcut of two DJs are refused, and start no run") {
  const scratch_folder folder;
  auto pack = pack_with(folder, "profiles/robin.json", [](json& p) { p["start_date"] = "2150-02-31"; });
  const auto start = [&] {
    return ask({"broadcast", "--pack", pack.string(), "--dj", "robin", "--duration", "1", "--progress", "none", "--output", (folder / "out").string()});
  };
  for (const auto& got : {ask({"packs", "check", pack.string()}), start()}) {
    INFO(got.said);
    CHECK(got.end == bad_data);
    CHECK(says(got, "robin.json: start_date: \"2150-02-31\" is no day of the calendar"));
  }
  pack = pack_with(folder, "pack.json", [](json& p) { p["profiles"] = {"profiles/robin.json", "profiles/wren.json"}; });
  auto wren = json::parse(read_file(pack / "profiles/robin.json"));
  wren["name"] = "Wren (2150, Tarrow)";
  write_file(pack / "profiles/wren.json", wren.dump());
  for (const auto& got : {ask({"packs", "check", pack.string()}), start()}) {
    INFO(got.said);
    CHECK(got.end == bad_data);
    CHECK(says(got, "wren.json: shortcuts: \"robin\" means Robin (2150, Tarrow) already"));
  }
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("packs new: no name is refused, a name with blanks is shown as a shell takes it") {
  const scratch_folder folder;
  CHECK(ask({"packs", "new", ""}).end == bad_usage);
  const auto got = ask({"packs", "new", (folder / "it's new").string()});
  CHECK(got.end == done);
  CHECK(says(got, "--pack '" + folder.path().string() + "/it'\\''s new' --dj robin"));
}

TEST_CASE("backup and restore: nothing is put into a backup, which stays whole") {
  const scratch_folder folder;
  const auto output = short_run(folder, "a");
  const auto backup = (folder / "backup").string();
  REQUIRE(ask({"backup", output, "--to", backup}).end == done);
  for (const auto& args : {words{"restore", backup, "--to", backup + "/inside"}, words{"restore", backup, "--to", backup},
                           words{"backup", output, "--to", backup + "/deep/er"}}) {
    const auto got = ask(args);
    INFO(got.said);
    CHECK(got.end == taken);
  }
  CHECK_FALSE(fs::exists(backup + "/inside"));
  CHECK_FALSE(fs::exists(backup + "/deep"));
  CHECK(ask({"backup", "--check", backup}).end == done);
  // A file of that name that is somebody else's forbids nothing.
  write_file(folder / "MANIFEST.json", "{}");
  CHECK(ask({"restore", backup, "--to", (folder / "b").string()}).end == done);
}

TEST_CASE("validate: a file without scripts is not called sound") {
  const scratch_folder folder;
  const auto file = folder / "none.json";
  for (const auto* nothing : {"[]", "{\"segments\": []}"}) {
    write_file(file, nothing);
    const auto got = ask({"validate", "--dj", "julie", file.string()});
    INFO(got.said);
    CHECK(got.end == bad_data);
    CHECK(says(got, "it holds no scripts"));
  }
}

TEST_CASE("review: numbers that are none are named in a short line, one named twice is one verdict") {
  const scratch_folder folder;
  const auto output = short_run(folder, "a");
  for (const auto* odd : {"0", "a", "3-7", "-3", "1.5", "99999999999999999999999"}) {
    const auto got = ask({"review", output, "--approve", odd});
    INFO(got.said);
    CHECK(got.end == bad_usage);
    CHECK(says(got, "is no segment number"));
    CHECK(got.said.size() < 200);
  }
  CHECK_FALSE(fs::exists(fs::path(output) / "reviews.jsonl"));
  const auto got = ask({"review", output, "--approve", "2,2,2"});
  CHECK(got.end == done);
  CHECK(read_lines(fs::path(output) / "reviews.jsonl").size() == 1);
}

TEST_CASE("weather: what belongs to set is refused with show and clear") {
  const scratch_folder folder;
  const auto output = short_run(folder, "a");
  for (const words& args : {words{"weather", "clear", output, "--intensity", "severe"}, words{"weather", "show", output, "--temperature", "3"}}) {
    const auto got = ask(args);
    INFO(got.said);
    CHECK(got.end == bad_usage);
    CHECK(says(got, "--intensity and --temperature go with set"));
  }
}

TEST_CASE("inspect: a folder that is called like a view is shown the way out") {
  const scratch_folder folder;
  const auto before = fs::current_path();
  short_run(folder, "segments");
  fs::current_path(folder.path());
  const auto got = ask({"inspect", "segments", "stories"});
  const auto right = ask({"inspect", "./segments", "stories"});
  fs::current_path(before);
  CHECK(got.end == bad_usage);
  CHECK(says(got, "a folder of that name is ./segments"));
  CHECK(right.end == done);
}

TEST_CASE("a model without a backend: the offline run says that nobody asks it") {
  const scratch_folder folder;
  words call{"broadcast", "--dj", "julie", "--duration", "1", "--seed", "3", "--clock", "virtual", "--progress", "none", "--disk-floor", "0",
             "--output", (folder / "plain").string()};
  const std::string said = "--model llama is asked by nobody: the backend is offline";
  const auto plain = ask(call);
  CHECK(plain.end == done);
  CHECK(!says(plain, "asked by nobody"));
  call.back() = (folder / "model").string();
  call.insert(call.end(), {"--model", "llama"});
  const auto got = ask(call);
  INFO(got.said);
  CHECK(got.end == done);
  CHECK(says(got, said));
}
