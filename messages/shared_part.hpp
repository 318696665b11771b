// Parts that are made once and shared by whoever needs the same.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace longwave {

/// The part that is made from what `key` names: the living one, or a new one by `make`. Lives as long as somebody holds it.
/// One table a type in the whole process; may be called from any thread, one makes at a time.
/// @param key   names everything that the part depends on
/// @param make  gives a std::shared_ptr<const Part>; null is handed on and not kept
template <class Part, class Make>
std::shared_ptr<const Part> shared_part(const std::string& key, Make make) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Part>> known;
  const std::lock_guard guard(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  auto& place = known[key];
  if (auto same = place.lock()) return same;
  std::shared_ptr<const Part> fresh = make();
  if (fresh) place = fresh;
  return fresh;
}

} // namespace longwave
