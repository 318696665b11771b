// Input files of every wrong shape (reliability E3, P12): one line that says what is wrong, the right exit code, nothing made, no
// waiting for a FIFO and no gigabyte read.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <iostream>

using namespace longwave::tests;

namespace {

struct shape {
  std::string name;
  std::function<void(const fs::path&)> make;
};

void make_sparse(const fs::path& path, std::uintmax_t bytes) {
  write_file(path, "");
  fs::resize_file(path, bytes);
}

/// Shapes that no reader of text can use.
const std::vector<shape>& unusable() {
  static const std::vector<shape> shapes{
    {"missing", [](const fs::path&) {}},
    {"directory", [](const fs::path& p) { fs::create_directory(p); }},
    {"fifo", [](const fs::path& p) { ::mkfifo(p.c_str(), 0600); }},
    {"endless device", [](const fs::path& p) { fs::create_symlink("/dev/zero", p); }},
    {"symlink loop", [](const fs::path& p) { fs::create_symlink(p.filename(), p); }},
    {"dangling symlink", [](const fs::path& p) { fs::create_symlink("nowhere", p); }},
    {"one gigabyte, sparse", [](const fs::path& p) { make_sparse(p, 1ULL << 30); }},
    {"utf-16", [](const fs::path& p) { write_file(p, std::string("\xff\xfe{\0\"\0a\0\"\0:\0" "1\0}\0", 16)); }},
    {"NUL bytes", [](const fs::path& p) { write_file(p, std::string("{\"a\":\0\0}", 8)); }},
    {"invalid utf-8", [](const fs::path& p) { write_file(p, "{\"fault\":\"\xff\xfe\xfd\"}"); }},
    {"one byte", [](const fs::path& p) { write_file(p, "{"); }},
    {"deep nesting", [](const fs::path& p) { write_file(p, std::string(200'000, '[')); }},
    {"a long line", [](const fs::path& p) { write_file(p, "{\"x" + std::string(10 << 20, 'y') + "\":"); }},
    {"an escape sequence", [](const fs::path& p) { write_file(p, "\x1b]52;c;AAAA\x07 \x1b[31m{\"fault\":\"\x1b[2J\"}"); }},
  };
  return shapes;
}

/// Runs a command that must refuse; returns its stderr.
std::string refused(const std::vector<std::string>& args, const scratch_folder& folder, const std::vector<int>& codes) {
  fs::remove(folder / "said");
  auto command = args;
  command.insert(command.begin(), binary());
  process p(command, folder / "said");
  const auto end = p.wait_for(15'000);
  const auto said = read_file(folder / "said");
  CAPTURE(said.substr(0, 500));
  CHECK(end.has_value());
  if (!end) return said;
  CHECK(end->signal == 0);
  CHECK(std::count(codes.begin(), codes.end(), end->exit_code) == 1);
  if (end->exit_code) {
    CHECK(said.starts_with("longwave: "));
    CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  }
  CHECK(std::none_of(said.begin(), said.end(), [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
  CHECK(said.size() < 4'000);
  return said;
}

std::vector<std::string> broadcast(const scratch_folder& folder, const std::vector<std::string>& more) {
  std::vector<std::string> args{"broadcast", "--dj", "julie", "--duration", "2", "--seed", "1", "--progress", "none",
                                "--disk-floor", "0", "--output", (folder / "out").string()};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

/// A copy of the real pack to spoil.
fs::path copied_pack(const scratch_folder& folder) {
  fs::remove_all(folder / "packs");
  fs::create_directories(folder / "packs");
  for (const char* part : {"schema", "appalachia"})
    fs::copy(fs::path(LONGWAVE_SOURCE_DIR "/packs") / part, folder / "packs" / part, fs::copy_options::recursive);
  return folder / "packs" / "appalachia";
}

} // namespace

TEST_CASE("files: a fault plan of any shape is read or refused, and a refusal makes nothing") {
  scratch_folder folder;
  for (const auto& s : unusable()) {
    CAPTURE(s.name);
    fs::remove_all(folder / "plan");
    s.make(folder / "plan");
    refused(broadcast(folder, {"--fault-plan", (folder / "plan").string()}), folder, {64, 65, 78});
    CHECK_FALSE(fs::exists(folder / "out"));
  }
  for (const std::string good : {"", "\n\r\n", "\xef\xbb\xbf{\"segment\":1,\"fault\":\"nousage\"}\r\n"}) {
    fs::remove_all(folder / "plan");
    fs::remove_all(folder / "out");
    write_file(folder / "plan", good);
    CHECK(run(broadcast(folder, {"--fault-plan", (folder / "plan").string()}), folder / "log").exit_code < 12);
  }
}

TEST_CASE("files: a configuration file of any shape is read or refused, and a refusal makes nothing") {
  scratch_folder folder;
  for (const auto& s : unusable()) {
    CAPTURE(s.name);
    fs::remove_all(folder / "config.toml");
    s.make(folder / "config.toml");
    refused(broadcast(folder, {"--config", (folder / "config.toml").string()}), folder, {64, 78});
    CHECK_FALSE(fs::exists(folder / "out"));
  }
  for (const std::string bad : {"duration = \"x\"\n", "segments-per-hour = 0\n", "nobody = 1\n", "seed = 1\nseed = 2\n", "duration = -1\n",
                                "duration = 1e400\n", "dj = [1, [2]]\n"}) {
    CAPTURE(bad);
    fs::remove_all(folder / "config.toml");
    write_file(folder / "config.toml", bad);
    std::vector<std::string> args{"broadcast", "--progress", "none", "--disk-floor", "0", "--output", (folder / "out").string(), "--config",
                                  (folder / "config.toml").string()};
    refused(args, folder, {64, 78});
    CHECK_FALSE(fs::exists(folder / "out"));
  }
}

TEST_CASE("files: a pack with any file of any shape is refused with the file's name, and a refusal makes nothing") {
  scratch_folder folder;
  for (const char* file : {"pack.json", "profiles/julie.json", "stories/a-03.json", "topics/gossip.json", "grammar/en.json"})
    for (const auto& s : unusable()) {
      if (s.name == "missing" && std::string(file) == "stories/a-03.json") continue; // a folder of stories: the rest is a pack
      CAPTURE(file, s.name);
      const auto pack = copied_pack(folder);
      fs::remove(pack / file);
      s.make(pack / file);
      const auto said = refused(broadcast(folder, {"--pack", pack.string()}), folder, {64, 65});
      // Without a pack.json a folder is no pack, and a folder may stand where a profile does: then the folder is named.
      const bool no_pack = std::string(file) == "pack.json" && (s.name == "missing" || s.name.find("symlink") != std::string::npos);
      const bool folder_of_profiles = std::string(file) == "profiles/julie.json" && s.name == "directory";
      if (!no_pack && !folder_of_profiles) CHECK(said.find(fs::path(file).filename().string()) != std::string::npos);
      CHECK_FALSE(fs::exists(folder / "out"));
    }
}

TEST_CASE("files: duplicate ids, wrong types and numbers out of range in a pack name file and field") {
  scratch_folder folder;
  const auto spoil = [&](const char* file, const std::function<void(nlohmann::json&)>& change) {
    const auto pack = copied_pack(folder);
    auto j = nlohmann::json::parse(read_file(pack / file));
    change(j);
    write_file(pack / file, j.dump());
    const auto said = refused(broadcast(folder, {"--pack", pack.string()}), folder, {64, 65});
    CHECK(said.find(fs::path(file).filename().string()) != std::string::npos);
    CHECK_FALSE(fs::exists(folder / "out"));
  };
  spoil("pack.json", [](auto& j) { j["format"] = 2; });
  spoil("pack.json", [](auto& j) { j["stories"] = {"stories", "stories"}; });
  spoil("pack.json", [](auto& j) { j["stories"] = {"../../../../etc"}; });
  spoil("pack.json", [](auto& j) { j["kind"] = 5; });
  spoil("profiles/julie.json", [](auto& j) { j["name"] = 7; });
  spoil("profiles/julie.json", [](auto& j) { j["name"] = "\x1b[31mJulie"; });
  spoil("profiles/julie.json", [](auto& j) { j.erase("name"); });
  spoil("stories/a-03.json", [](auto& j) { j["stories"][1]["story_id"] = j["stories"][0]["story_id"]; });
  spoil("stories/a-03.json", [](auto& j) { j["stories"][0]["acts"] = nlohmann::json::array(); });
  spoil("stories/a-03.json", [](auto& j) { j["stories"][0]["year_min"] = "x"; });
  spoil("grammar/en.json", [](auto& j) { j["rules"] = nlohmann::json::array(); });
}

TEST_CASE("files: scripts to be validated of any shape are judged or refused with 65") {
  scratch_folder folder;
  for (const auto& s : unusable()) {
    CAPTURE(s.name);
    for (const char* name : {"script.json", "script.jsonl"}) {
      fs::remove_all(folder / name);
      s.make(folder / name);
      refused({"validate", "--dj", "julie", (folder / name).string()}, folder, {65});
    }
  }
  for (const char* name : {"fifo", "endless device", "directory", "symlink loop", "one gigabyte, sparse"})
    for (const auto& s : unusable())
      if (s.name == name) {
        CAPTURE(s.name);
        fs::remove_all(folder / "script.txt");
        s.make(folder / "script.txt");
        refused({"validate", "--dj", "julie", (folder / "script.txt").string()}, folder, {65});
      }
}

TEST_CASE("files: a key file of any shape is refused before anything is asked of a server") {
  scratch_folder folder;
  const auto try_key = [&](const std::string& name) {
    CAPTURE(name);
    refused(broadcast(folder, {"--backend", "openai", "--model", "m", "--endpoint", "http://127.0.0.1:9", "--api-key-file", (folder / "key").string()}),
            folder, {78});
    CHECK_FALSE(fs::exists(folder / "out"));
  };
  for (const auto& s : unusable()) {
    if (s.name == "one byte" || s.name == "deep nesting" || s.name == "a long line") continue; // a key may look like anything printable
    fs::remove_all(folder / "key");
    s.make(folder / "key");
    std::error_code loops; // as a symlink loop has no status
    if (fs::is_regular_file(folder / "key", loops)) fs::permissions(folder / "key", fs::perms::owner_read);
    try_key(s.name);
  }
  for (const std::string bad : {"", "\n", "one\ntwo\n", "key\r\nX-Injected: 1\n", "with\x01" "control\n"}) {
    fs::remove_all(folder / "key");
    write_file(folder / "key", bad);
    fs::permissions(folder / "key", fs::perms::owner_read | fs::perms::owner_write);
    try_key(bad);
  }
  write_file(folder / "key", "sound\n");
  fs::permissions(folder / "key", fs::perms::owner_read | fs::perms::group_read);
  try_key("group may read");
}

TEST_CASE("files: nothing that was refused took much memory") {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  std::cout << "file_test: the largest child took " << used.ru_maxrss / 1'024 << " MB\n";
  CHECK(used.ru_maxrss < 400 * 1'024);
}
