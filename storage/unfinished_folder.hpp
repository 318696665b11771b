// What a writer that fails half-way takes away again.
#pragma once

#include <filesystem>
#include <system_error>
#include <utility>

namespace longwave::storage {

/// A folder that is removed with all its contents at the end of the scope unless it is kept. Best effort: what stays
/// behind has a name that nobody takes for finished.
class unfinished_folder {
public:
  explicit unfinished_folder(std::filesystem::path path) : path_(std::move(path)) {}
  ~unfinished_folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  unfinished_folder(const unfinished_folder&) = delete;
  unfinished_folder& operator=(const unfinished_folder&) = delete;

  void keep() { path_.clear(); }

private:
  std::filesystem::path path_;
};

} // namespace longwave::storage
