// The house rules as a test: what is claimed about the tree is looked for in the tree.
#include "messages/error.hpp"
#include "storage/keys.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = LONGWAVE_SOURCE_DIR;

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<fs::path> sources(const std::vector<std::string>& rooms) {
  std::vector<fs::path> found;
  for (const auto& room : rooms)
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      const auto extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp") found.push_back(entry.path());
    }
  return found;
}

std::string name_of(const fs::path& path) { return path.lexically_relative(root).string(); }

const std::vector<std::string> product{"messages", "storage", "actors", "cli"};
const std::vector<std::string> everything{"messages", "storage", "actors", "cli", "tests", "bench"};

/// Files in which time, waiting and chance may be met: the seams.
bool is_seam(const std::string& name) {
  static const std::vector<std::string> seams{"actors/clock.cpp", "actors/generator/backends/http", "cli/"};
  for (const auto& seam : seams)
    if (name.rfind(seam, 0) == 0) return true;
  return false;
}

} // namespace

TEST_CASE("tidy: every source file opens with a sentence that says what it is") {
  for (const auto& path : sources(everything)) {
    INFO(name_of(path));
    CHECK(read(path).rfind("// ", 0) == 0);
  }
}

TEST_CASE("tidy: rooms depend one way") {
  const std::map<std::string, int> order{{"messages", 0}, {"storage", 1}, {"actors", 2}, {"cli", 3}};
  const std::regex include("#include \"(messages|storage|actors|cli)/");
  for (const auto& path : sources(product)) {
    const auto name = name_of(path);
    const int own = order.at(name.substr(0, name.find('/')));
    const auto text = read(path);
    for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
      INFO(name << " includes " << (*at)[1]);
      CHECK(order.at((*at)[1]) <= own);
    }
  }
}

TEST_CASE("tidy: RocksDB is known to storage alone, CAF to messages and actors, Beast to its three places") {
  for (const auto& path : sources(product)) {
    const auto name = name_of(path);
    const auto text = read(path);
    INFO(name);
    if (text.find("#include <rocksdb/") != std::string::npos) CHECK(name.rfind("storage/", 0) == 0);
    if (text.find("#include <caf/") != std::string::npos)
      CHECK((name.rfind("messages/", 0) == 0 || name.rfind("actors/", 0) == 0));
    if (text.find("#include <boost/beast") != std::string::npos)
      CHECK((name.rfind("actors/generator/backends/http", 0) == 0 || name.rfind("cli/control_", 0) == 0));
  }
}

TEST_CASE("tidy: decisions know no actors, store, log, file or clock") {
  const std::vector<std::string> folders{"actors/validator/", "actors/retry/", "actors/supervisor/"};
  const std::vector<std::string> foreign{"#include <caf/", "#include <rocksdb/", "#include <boost/beast", "#include <spdlog/",
                                         "#include <fstream>", "#include \"storage/", "#include \"actors/clock.hpp\""};
  for (const auto& path : sources({"actors"})) {
    const auto name = name_of(path);
    const auto text = read(path);
    for (const auto& folder : folders) {
      if (name.rfind(folder, 0) != 0) continue;
      for (const auto& word : foreign) {
        INFO(name << " has " << word);
        CHECK(text.find(word) == std::string::npos);
      }
    }
  }
}

TEST_CASE("tidy: nothing reads the time, waits or draws chance outside the seams") {
  const std::regex forbidden(R"(::now\(\)|sleep_for|sleep_until|\busleep\(|\brand\(\)|random_device|mt19937)");
  for (const auto& path : sources(product)) {
    const auto name = name_of(path);
    if (is_seam(name)) continue;
    INFO(name);
    CHECK_FALSE(std::regex_search(read(path), forbidden));
  }
}

TEST_CASE("tidy: no test waits by the clock") {
  const std::regex forbidden(R"(sleep_for\(|sleep_until\(|usleep\()");
  for (const auto& path : sources({"tests"})) {
    // The HTTP client talks to a server in another process: its tests have to let that one get on.
    if (path.filename() == "tidy_test.cpp" || name_of(path).rfind("tests/support/", 0) == 0 ||
        name_of(path).rfind("tests/actors/generator/backends/", 0) == 0)
      continue;
    INFO(name_of(path));
    CHECK_FALSE(std::regex_search(read(path), forbidden));
  }
}

TEST_CASE("tidy: every file has its noun") {
  const std::regex empty_name(R"((util|utils|common|helper|helpers|manager|misc)[^/]*\.(hpp|cpp)$)");
  for (const auto& path : sources(everything)) {
    INFO(name_of(path));
    CHECK_FALSE(std::regex_search(path.filename().string(), empty_name));
  }
}

TEST_CASE("tidy: every error code has a heading in docs/errors.md") {
  const auto page = read(root / "docs/errors.md");
  for (int n = 0; n < 256; ++n) {
    const auto code = static_cast<longwave::error_code>(n);
    const std::string name(longwave::to_string(code));
    if (name == "internal" && code != longwave::error_code::internal) continue; // no such number
    INFO(name);
    CHECK(page.find("## " + name + "\n") != std::string::npos);
  }
}

TEST_CASE("tidy: every key prefix is described in docs/storage.md") {
  const auto page = read(root / "docs/storage.md");
  for (const auto prefix : longwave::storage::all_prefixes) {
    const std::string quoted = std::string("`") + static_cast<char>(prefix) + "`";
    INFO(quoted);
    CHECK(page.find(quoted) != std::string::npos);
  }
}

TEST_CASE("tidy: every broken variant applies, and is listed with its promise and its test") {
  const auto list = read(root / "docs/reliability.md");
  for (const auto& entry : fs::directory_iterator(root / "tests/mutants")) {
    if (entry.path().extension() != ".mutant") continue;
    INFO(name_of(entry.path()));
    std::map<std::string, std::string> field;
    std::istringstream in(read(entry.path()));
    for (std::string line; std::getline(in, line);)
      if (const auto colon = line.find(": "); colon != std::string::npos) field.emplace(line.substr(0, colon), line.substr(colon + 2));
    const auto text = "\n" + read(root / field["file"]);
    const auto line = "\n" + field["old"] + "\n";
    const auto at = text.find(line);
    CHECK(at != std::string::npos);
    if (at != std::string::npos) CHECK(text.find(line, at + 1) == std::string::npos);
    const auto number = entry.path().filename().string().substr(0, 2);
    const std::regex row("\\| " + number + " \\| [^\n]*\\| " + field["# promise"] + " \\|");
    CHECK(std::regex_search(list, row));
  }
}

TEST_CASE("tidy: lines stay within 160 columns and headers are included once") {
  for (const auto& path : sources(product)) {
    INFO(name_of(path));
    // A JSON document and prompts in raw strings.
    if (name_of(path) == "cli/openapi.cpp" || name_of(path) == "actors/generator/prompt_defaults.cpp") continue;
    std::istringstream in(read(path));
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.size() > 160) FAIL_CHECK("line " << number << " has " << line.size() << " bytes");
    }
    if (path.extension() == ".hpp") CHECK(read(path).find("#pragma once") != std::string::npos);
  }
}
