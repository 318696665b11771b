// Keys never leave this file but as return values: no log, no status, no message holds one.
#include "cli/api_key.hpp"

#include "storage/input_file.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

namespace longwave::cli {

namespace {

/// A key is one short line.
constexpr std::uint64_t most_key_bytes = 64u << 10;

failure key_failure(const std::string& path, const std::string& why, const std::string& remedy) {
  return {error_code::bad_config, "key file " + path, why, remedy};
}

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? value : "";
}

} // namespace

result<std::string> read_key_file(const std::string& path) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0)
    return key_failure(path, "it does not exist or may not be read", "check --api-key-file");
  // A pipe or a device would hold the start up for ever.
  if (!S_ISREG(st.st_mode)) return key_failure(path, "it is no regular file", "check --api-key-file");
  if (st.st_mode & 077) return key_failure(path, "others may read it", "chmod 600 it");
  const auto file = storage::read_input_file(path, most_key_bytes);
  if (!file.why.empty()) return key_failure(path, file.why, "check its owner, mode and content");
  auto key = file.bytes.substr(0, file.bytes.find('\n'));
  if (key.size() + 1 < file.bytes.size()) return key_failure(path, "has a second line", "leave only the key in it");
  if (key.ends_with('\r')) key.pop_back();
  if (key.empty()) return key_failure(path, "is empty", "put the key alone on its first line");
  // It becomes a header line: what is no printable ASCII would be refused by every server, or split the header.
  if (std::any_of(key.begin(), key.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }))
    return key_failure(path, "holds no key of printable characters", "leave only the key in it");
  return key;
}

result<std::string> find_api_key(const std::string& kind, const std::string& file) {
  if (!file.empty()) return read_key_file(file);
  if (const auto folder = variable("CREDENTIALS_DIRECTORY"); !folder.empty()) {
    for (const auto& name : {"longwave-" + kind + "-key", std::string("longwave-api-key")}) {
      const auto path = std::filesystem::path(folder) / name;
      std::error_code ec;
      if (std::filesystem::exists(path, ec)) return read_key_file(path.string());
    }
  }
  std::string own = kind + "_API_KEY";
  for (char& c : own) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& name : {std::string("LONGWAVE_API_KEY"), own})
    if (auto key = variable(name); !key.empty()) return key;
  return std::string();
}

} // namespace longwave::cli
