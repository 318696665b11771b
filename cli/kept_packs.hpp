// Packs that a server has read and holds on to: runs that are handed over one after the other read a pack once.
#pragma once

#include "messages/error.hpp"
#include "messages/pack.hpp"

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace longwave::cli {

/// A pack is read anew as soon as anything below its folder, or in the schemas beside it, looks different: names, sizes,
/// times of change or inodes. What looks the same is not read again. All members may be called from any thread; one reads
/// at a time.
class kept_packs {
public:
  /// Keeps so many packs at most from now on, those used last; 0 keeps none and lets go of all.
  void keep(std::size_t most);

  /// The pack in a folder as its files are now. Fails as storage::load_pack does; a failure is not kept.
  result<std::shared_ptr<const content_pack>> read(const std::filesystem::path& folder);

private:
  struct entry {
    std::filesystem::path folder;
    std::string looks;
    std::shared_ptr<const content_pack> pack;
  };

  std::mutex mutex_;
  std::size_t most_ = 0;
  /// Used last comes first.
  std::list<entry> entries_;
};

/// Those of this process: none are kept until somebody says so.
kept_packs& packs_of_process();

} // namespace longwave::cli
