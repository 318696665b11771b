// Keys never leave this file but as return values: no log, no status, no message holds one.
#include "cli/api_key.hpp"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace longwave::cli {

namespace {

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
  std::ifstream in(path);
  if (!in) return key_failure(path, "it may not be read", "check its owner and mode");
  std::string key, more;
  std::getline(in, key);
  if (!key.empty() && key.back() == '\r') key.pop_back();
  if (std::getline(in, more)) return key_failure(path, "has a second line", "leave only the key in it");
  if (key.empty()) return key_failure(path, "is empty", "put the key alone on its first line");
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
