// Keys from files, credentials and the environment.
#include "cli/api_key.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace longwave;
using namespace longwave::cli;
namespace fs = std::filesystem;

namespace {

struct key_folder {
  key_folder() {
    std::string name = (fs::temp_directory_path() / "longwave-key-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~key_folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text, fs::perms mode = fs::perms::owner_read) {
    const auto file = path / name;
    std::ofstream(file) << text;
    fs::permissions(file, mode);
    return file.string();
  }
  fs::path path;
};

/// Sets a variable for one test.
struct variable {
  variable(const char* n, const std::string& value) : name(n) { ::setenv(name, value.c_str(), 1); }
  ~variable() { ::unsetenv(name); }
  const char* name;
};

} // namespace

TEST_CASE("api key: a file's only line is the key, without the newline at its end") {
  key_folder folder;
  CHECK(read_key_file(folder.write("a", "secret\n")).value() == "secret");
  CHECK(read_key_file(folder.write("b", "secret")).value() == "secret");
  CHECK(read_key_file(folder.write("c", "secret\r\n")).value() == "secret");
}

TEST_CASE("api key: a file that is readable by others, empty, missing, no file or of two lines is refused") {
  key_folder folder;
  const auto refused = [](const std::string& path, const std::string& why) {
    const auto key = read_key_file(path);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == error_code::bad_config);
    INFO(to_string(key.error()));
    CHECK(to_string(key.error()).find(why) != std::string::npos);
    CHECK(to_string(key.error()).find("secret") == std::string::npos);
  };
  refused(folder.write("a", "secret\nmore\n"), "second line");
  refused(folder.write("b", "secret\n\n"), "second line");
  refused(folder.write("c", ""), "empty");
  refused(folder.write("d", "\n"), "empty");
  refused(folder.write("e", "secret", fs::perms::owner_read | fs::perms::group_read), "others");
  refused(folder.write("f", "secret", fs::perms::owner_read | fs::perms::others_read), "others");
  refused((folder.path / "none").string(), "does not exist");
  refused(folder.path.string(), "regular");
}

TEST_CASE("api key: file over credential over environment, and the kind's own variable last") {
  key_folder folder, credentials;
  CHECK(find_api_key("anthropic", "").value().empty());
  variable own("ANTHROPIC_API_KEY", "from-own");
  CHECK(find_api_key("anthropic", "").value() == "from-own");
  CHECK(find_api_key("openai", "").value().empty());
  variable general("LONGWAVE_API_KEY", "from-general");
  CHECK(find_api_key("anthropic", "").value() == "from-general");
  variable place("CREDENTIALS_DIRECTORY", credentials.path.string());
  CHECK(find_api_key("anthropic", "").value() == "from-general");
  credentials.write("longwave-api-key", "from-credential\n");
  CHECK(find_api_key("anthropic", "").value() == "from-credential");
  credentials.write("longwave-anthropic-key", "from-own-credential\n");
  CHECK(find_api_key("anthropic", "").value() == "from-own-credential");
  CHECK(find_api_key("openai", "").value() == "from-credential");
  CHECK(find_api_key("anthropic", folder.write("k", "from-file")).value() == "from-file");
  credentials.write("longwave-ollama-key", "two\nlines\n");
  CHECK_FALSE(find_api_key("ollama", ""));
}
