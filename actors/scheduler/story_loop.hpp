// Story runs: which skeleton the next story is built on (domain 13, 14).
#pragma once

#include "messages/story.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace longwave {

/// Draws skeletons, never the same twice in a row. The cluster of system stories gets rarer the more of the last ten
/// accepted ones came from it, but never impossible. Plain value.
class story_loop {
public:
  /// @param skeletons must outlive the object
  /// @param fixed     a template id to use always; empty = draw
  story_loop(std::uint64_t seed, const std::vector<story_skeleton>& skeletons, std::string fixed)
    : seed_(seed), skeletons_(&skeletons), fixed_(std::move(fixed)) {}

  /// The skeleton of story `seq`; null when the pack has none, not the fixed one, or none that may be taken. Pure.
  /// @param may    which skeletons may be taken; empty = all. A fixed one is always taken.
  /// @param again  0, or which further draw for the same story this is
  const story_skeleton* choose(std::uint64_t seq, const std::function<bool(const story_skeleton&)>& may = {},
                               int again = 0) const;

  /// A story ended.
  void settled(const std::string& template_id, bool accepted);

  /// The one piece, "templates".
  nlohmann::json piece() const;
  /// Throws nlohmann::json::exception when the piece is malformed.
  void load(const nlohmann::json& piece);

private:
  double weight(const story_skeleton& s, double cluster_weight) const;

  std::uint64_t seed_;
  const std::vector<story_skeleton>* skeletons_;
  std::string fixed_;
  /// Of the last story, accepted or not.
  std::string last_;
  /// Of the last ten accepted, newest last.
  std::vector<std::string> recent_;
};

} // namespace longwave
